from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from shared import audit
from shared.countries import DEFAULT
from shared.desk.actions import DeskActions, Kind, Question
from shared.desk.items import (
    WorkItem,
    count_of_group,
    ids_of_group,
    kinds_of_group,
    resolve,
    unresolved,
)
from shared.errors import Conflict, FieldError, Invalid, Problem, RuleBroken

# Items that one press of a button deals with.
AT_ONCE = 500


def carry_out(
    session: Session,
    desk: DeskActions,
    item_id: UUID,
    action: str,
    params: Mapping[str, str],
    *,
    at: datetime,
    by: str,
    who: str = "",
) -> WorkItem:
    """Do what a person decided and resolve the item, in one transaction; returns the item. Commits.

    `by` stays with the item, and `who` with the audit: a key has a name for the one and an id for the other.

    Raises NotFound, Conflict if it was resolved before, Invalid if the item does not have this action or the
    action lacks its parameter or an answer, and what the action raises.
    """
    found = unresolved(session, item_id)
    kind = desk.kind(found.kind)
    actions = kind.actions_of(found)
    if action not in actions:
        raise Invalid([_unknown_action(actions)])
    if wrong := [*_missing(kind, action, params), *_unanswered(kind, action, params, at)]:
        raise Invalid(wrong)
    # Resolve before acting: the action may take all about its subject off the list, which would overwrite who
    # decided, and it may put the same thing on the list again.
    resolve(session, item_id, action, at=at, by=by)
    actions[action](session, found, params, at=at, by=by)
    audit.record(session, who or _who(by), "work-item.resolve", f"work-item:{item_id}", at=at, why=action)
    session.commit()
    return found


def _who(by: str) -> str:
    """Return who did something, from what stays with the item: the name of a key is not for the audit."""
    return by if by.startswith("staff:") else "system"


@dataclass(frozen=True)
class Carried:
    """What became of many items: done, not done because something had changed, and left for the next time."""

    done: int
    refused: int
    left: int


class AskAgain(Conflict):
    """This must be asked a second time before it is done with so many at once."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"This is about the safety of people, and would be done with {number} items at once. Look at "
            "them first; if you are sure, send it again with `sure`: true.",
            slug="ask-again",
        )
        self.number = number


def carry_out_all(
    session: Session,
    desk: DeskActions,
    group: str,
    action: str,
    until: datetime,
    *,
    at: datetime,
    by: str,
    who: str = "",
    sure: bool = False,
) -> Carried:
    """Do what a person decided on all items of a group that they saw, each in a transaction of its own.

    Items that came after `until`, which nobody has seen, stay; so does what is above AT_ONCE. One for which
    it cannot be done stays too, and keeps no other from being done. Raises Invalid for an action that is not
    meant for many, and AskAgain for one that needs a second yes (`sure`).
    """
    _is_for_many(session, desk, group, action, until, sure=sure)
    done = refused = 0
    for item_id in ids_of_group(session, group, until, AT_ONCE):
        try:
            carry_out(session, desk, item_id, action, {}, at=at, by=by, who=who)
            done += 1
        except (Problem, RuleBroken):
            session.rollback()
            refused += 1
    return Carried(done, refused, count_of_group(session, group, until) - refused)


def _is_for_many(
    session: Session, desk: DeskActions, group: str, action: str, until: datetime, *, sure: bool
) -> None:
    kinds = [desk.kind(name) for name in kinds_of_group(session, group, until)]
    for kind in kinds:
        if action not in kind.for_many:
            raise Invalid([_unknown_action(kind.for_many)])
    if not sure and any(action in kind.asked_again for kind in kinds):
        raise AskAgain(count_of_group(session, group, until))


def _missing(kind: Kind, action: str, params: Mapping[str, str]) -> Iterator[FieldError]:
    needed = kind.parameter.get(action)
    if needed and not params.get(needed):
        yield FieldError(f"/{needed}", needed, "missing")


def _unanswered(kind: Kind, action: str, params: Mapping[str, str], at: datetime) -> Iterator[FieldError]:
    for one in kind.asks.get(action, ()):
        said = params.get(one.name, "")
        if code := _wrong_answer(one, said, at):
            yield FieldError(f"/{one.name}", one.name, code, values={"choices": ", ".join(one.choices)})


def _wrong_answer(question: Question, said: str, at: datetime) -> str | None:
    """Return the code of what is wrong with an answer, or None."""
    if not said:
        return f"{question.label}-missing"
    if question.words:
        return None if said.strip() else f"{question.label}-missing"
    if question.choices:
        return None if said in question.choices else "not-a-choice"
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return "date"
    return "day-to-come" if day > at.astimezone(ZoneInfo(DEFAULT.zone)).date() else None


def _unknown_action(actions: Mapping[str, object] | Sequence[str]) -> FieldError:
    return FieldError("/action", "action", "unknown-action", values={"choices": ", ".join(actions)})
