"""What the desk can do with a work item of each kind; each room says so of the kinds that it opens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlmodel import Session

from shared.desk.items import WorkItem


class Act(Protocol):
    def __call__(
        self, session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
    ) -> None:
        """Do it in this transaction, which the desk commits together with the resolution of the item.

        Raises a Problem or RuleBroken where it cannot be done; the item then stays on the list.
        """
        ...


@dataclass(frozen=True)
class Fact:
    """One line of what the desk needs to know. `label` is a key of the service's desk texts."""

    label: str
    value: str


@dataclass(frozen=True)
class Choice:
    """One of the values that an action may be given, with the sentences that help to choose."""

    value: str
    label: str
    sentences: Sequence[str] = ()


@dataclass(frozen=True)
class View:
    """What the desk sees of an item. `choices` belong to the action that asks for one.

    `elsewhere` gives facts that another service holds; it is called when no transaction is open.
    """

    facts: Sequence[Fact] = ()
    choices: Mapping[str, Sequence[Choice]] = field(default_factory=dict)
    elsewhere: Callable[[], Sequence[Fact]] | None = None


Describe = Callable[[Session, WorkItem, str], View]


@dataclass(frozen=True)
class Kind:
    """`actions` in the order in which the desk sees them; `parameter` names what an action must be given."""

    actions: Mapping[str, Act]
    describe: Describe
    parameter: Mapping[str, str] = field(default_factory=dict)


def note_only(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    """The desk has dealt with it outside the system; the item's own resolution is all there is to store."""


SETTLED_BY_TELEPHONE = "settled-by-telephone"


class DeskActions:
    """The kinds of work items of one service, by name, and the forms of its reasons with a code in them."""

    def __init__(self, kinds: Mapping[str, Kind], reasons: Mapping[str, str] | None = None) -> None:
        self.kinds, self.reasons = kinds, reasons or {}

    @classmethod
    def of(cls, rooms: Iterable[Mapping[str, Kind]], reasons: Mapping[str, str] | None = None) -> DeskActions:
        """Those of several rooms together. Raises ValueError for a kind that two of them claim."""
        kinds: dict[str, Kind] = {}
        for room in rooms:
            if twice := kinds.keys() & room.keys():
                raise ValueError(f"two rooms claim the desk's {', '.join(sorted(twice))}")
            kinds |= room
        return cls(kinds, reasons)

    def kind(self, name: str) -> Kind:
        """A kind that no room of this version knows can still be settled by a person."""
        return self.kinds.get(name, Kind({SETTLED_BY_TELEPHONE: note_only}, _details))


def _details(session: Session, item: WorkItem, language: str) -> View:
    facts: list[Any] = [Fact(name, str(value)) for name, value in item.details.items()]
    return View(facts)
