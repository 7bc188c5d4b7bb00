"""The desk's actions on each kind of work item; each room defines them for the kinds that it opens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session

from shared.desk.items import WorkItem


class Act(Protocol):
    def __call__(
        self, session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
    ) -> None:
        """Act in this transaction, which the desk commits together with the resolution of the item.

        Does not commit. Raises a Problem or RuleBroken if it cannot be done; the item then stays on the list.
        """
        ...


@dataclass(frozen=True)
class Fact:
    """One line that the desk needs to know. `label` is a key of the service's desk texts."""

    label: str
    value: str


# Facts that name or reach a person, or hold their words: shown to somebody who says why, which is noted.
OF_A_PERSON = frozenset(
    {"name", "phone", "email", "question", "requester", "sender", "address", "worker"}
    | {"wrote", "companions", "special-needs"}
)


@dataclass(frozen=True)
class Choice:
    """A value that an action may be given, with sentences that help to choose."""

    value: str
    label: str
    sentences: Sequence[str] = ()


@dataclass(frozen=True)
class View:
    """An item as the desk sees it. `choices` are by the action that needs one.

    `asker`: the advice request whose asker it is about. Intake, which has the desk, shows that person.
    """

    facts: Sequence[Fact] = ()
    choices: Mapping[str, Sequence[Choice]] = field(default_factory=dict)
    asker: UUID | None = None


@dataclass(frozen=True)
class Question:
    """What a person must say with an action: one of `choices`, own `words`, or else a day up to today.

    `label` is a key of the desk's facts; the words of a choice are those of that fact's value.
    """

    name: str
    label: str
    choices: Sequence[str] = ()
    words: bool = False


Describe = Callable[[Session, WorkItem, str], View]


@dataclass(frozen=True)
class Kind:
    """`actions` are in the order in which the desk sees them; `parameter` names what an action needs.

    `asks` are the questions that must be answered with an action. `only_for`: for which items there is an
    action that not all of the kind have. `for_many`: those that a person may carry
    out on a whole group at once; `asked_again`: those of them for which they are asked a second time first.
    """

    actions: Mapping[str, Act]
    describe: Describe
    parameter: Mapping[str, str] = field(default_factory=dict)
    asks: Mapping[str, Sequence[Question]] = field(default_factory=dict)
    for_many: Sequence[str] = ()
    asked_again: Sequence[str] = ()
    only_for: Mapping[str, Callable[[WorkItem], bool]] = field(default_factory=dict)

    def actions_of(self, item: WorkItem) -> dict[str, Act]:
        """Return what can be done with this item."""
        return {
            name: act
            for name, act in self.actions.items()
            if name not in self.only_for or self.only_for[name](item)
        }


def note_only(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    """Do nothing: the desk dealt with it elsewhere, and the item's resolution is all there is to store."""


SETTLED_BY_TELEPHONE = "settled-by-telephone"
# For an item of somebody who asked: the answer stands in the conversation.
SETTLED_IN_WRITING = "settled-in-writing"


class DeskActions:
    """The kinds of work items of one service, by name, and the forms of its reasons with a code in them."""

    def __init__(self, kinds: Mapping[str, Kind], reasons: Mapping[str, str] | None = None) -> None:
        self.kinds, self.reasons = kinds, reasons or {}

    @classmethod
    def of(cls, rooms: Iterable[Mapping[str, Kind]], reasons: Mapping[str, str] | None = None) -> DeskActions:
        """Join the kinds of several rooms. Raises ValueError for a kind that two of them claim."""
        kinds: dict[str, Kind] = {}
        for room in rooms:
            if twice := kinds.keys() & room.keys():
                raise ValueError(f"two rooms claim the desk's {', '.join(sorted(twice))}")
            kinds |= room
        return cls(kinds, reasons)

    def kind(self, name: str) -> Kind:
        """Return a kind by name; one that no room of this version knows can be settled by telephone."""
        return self.kinds.get(
            name, Kind({SETTLED_BY_TELEPHONE: note_only, SETTLED_IN_WRITING: note_only}, _details)
        )


def _details(session: Session, item: WorkItem, language: str) -> View:
    facts: list[Any] = [Fact(name, str(value)) for name, value in item.details.items()]
    return View(facts)
