"""What the one desk is told of this service's work items, and what it has done with them.

Intake calls these for its own items, and asks the other services by the routes of `internal.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, String, cast, func, literal, select, text, tuple_
from sqlmodel import Session

from shared import audit
from shared.database.columns import UtcDateTime
from shared.desk.actions import OF_A_PERSON, DeskActions, Fact, Kind, View
from shared.desk.commands import AskAgain, carry_out, carry_out_all
from shared.desk.items import BY_URGENCY, ERASED, WorkItem, group_with_key, item, item_of
from shared.desk.tables import DANGER_NOW, LOUD_ONES, work_items
from shared.errors import Forbidden, Invalid, NotFound, Problem, RuleBroken
from shared.events.desk import (
    AT_MOST,
    COLUMNS,
    AskAct,
    AskActOnAll,
    Asked,
    AskErased,
    AskItem,
    AskLines,
    AskLoud,
    AskPage,
    AskShow,
    Bundle,
    Carried,
    Erased,
    Found,
    Item,
    Line,
    Lines,
    Loud,
    LoudItem,
    Mistaken,
    Option,
    Outcome,
    PageOf,
    Position,
    Told,
)
from shared.events.finding import Waiting
from shared.security.service_tokens import Acting

C = work_items.c
OPEN = C.resolved_at.is_(None)
ON_A_LINE = (C.id, C.kind, C.reason, C.subject_id, C.details, C.opened_at, C.due_at)
NAMES = [column.name for column in ON_A_LINE]
WHEN_AND_WHAT = ("id", "kind", "reason", "subject_id", "opened_at", "due_at")
OF_A_BUNDLE = ("key", "kind", "reason", "number", "oldest", "newest", "since")
FIRST = (C.reason != DANGER_NOW, C.opened_at, C.id)
SHOWN = "reveal"


def lines(session: Session, desk: DeskActions, asked: AskLines, acting: Acting, at: datetime) -> Lines:
    """Return the open items, those of people in danger first, then the oldest, and the groups as bundles."""
    which = OPEN & (C.group_key.is_(None) if asked.group is None else C.group_key == asked.group)
    query = select(*ON_A_LINE).where(which).order_by(*FIRST).limit(AT_MOST)
    found, number = _table(session, query) if asked.in_table else _lines(session, query)
    grouped = _groups(session, asked.since) if asked.group is None else _one(session, asked.group)
    return Lines(
        **found,
        total=number if number < AT_MOST else _count(session, which),
        bundles=grouped,
        came=_count(session, C.opened_at >= asked.since) if asked.since else 0,
        reasons=desk.reasons,
        for_many=tuple(desk.kind(grouped[0].kind).for_many) if asked.group and grouped else (),
    )


def _lines(session: Session, query: Select[Any]) -> tuple[dict[str, Any], int]:
    rows = session.execute(query).all()
    return {"lines": tuple(Line.model_construct(**dict(zip(NAMES, row, strict=True))) for row in rows)}, len(
        rows
    )


def _table(session: Session, query: Select[Any]) -> tuple[dict[str, Any], int]:
    """Return the rows of this query as the database writes them down."""
    some = query.subquery()
    told = (some.c.details[name].astext for name in COLUMNS[len(WHEN_AND_WHAT) :])
    cells = func.json_build_array(*(_cell(some.c[name]) for name in WHEN_AND_WHAT), *told)
    table, number = session.execute(select(cast(func.json_agg(cells), String), func.count())).one()
    return {"table": table or "[]"}, number


def _cell(column: Any) -> Any:
    is_moment = isinstance(column.type, UtcDateTime)
    return cast(func.extract("epoch", column) * 1_000_000, BigInteger) if is_moment else column


def _groups(session: Session, since: datetime | None) -> tuple[Bundle, ...]:
    """Return the groups of open items: those of people in danger now first, then who waits longest."""
    newer = func.count().filter(C.opened_at >= since) if since else literal(0)
    counted = (func.count(), func.min(C.opened_at), func.max(C.opened_at), newer)
    query = select(C.group_key, C.kind, C.reason, *counted).where(OPEN, C.group_key.is_not(None))
    query = query.group_by(C.group_key, C.kind, C.reason)
    rows = session.execute(query.order_by(C.reason != DANGER_NOW, func.min(C.opened_at)).limit(AT_MOST)).all()
    alone = _details(session, [key for key, _, _, number, *_ in rows if number == 1])
    return tuple(
        Bundle(**dict(zip(OF_A_BUNDLE, row, strict=True)), details=alone.get(row[0], {})) for row in rows
    )


def _details(session: Session, groups: Sequence[str]) -> dict[str, Any]:
    """Return the details of the items that are alone in these groups."""
    query = select(C.group_key, C.details).where(OPEN, C.group_key.in_(groups))
    return dict(session.execute(query).tuples().all()) if groups else {}


def loud(session: Session, desk: DeskActions, asked: AskLoud, acting: Acting, at: datetime) -> Loud:
    """Return the open items about somebody's safety, the oldest first."""
    query = select(C.id, C.opened_at).where(text(LOUD_ONES)).order_by(C.opened_at, C.id).limit(AT_MOST)
    rows = session.execute(query).all()
    items = tuple(LoudItem(id=id, opened_at=opened_at) for id, opened_at in rows)
    return Loud(items=items, is_all=len(rows) < AT_MOST)


def erased(session: Session, desk: DeskActions, asked: AskErased, acting: Acting, at: datetime) -> Erased:
    """Return those of these items whose person was erased."""
    theirs = select(C.id).where(C.id.in_(asked.ids), C.dedupe_key.startswith(ERASED))
    return Erased(ids=tuple(session.execute(theirs).scalars()))


def _one(session: Session, group: str) -> tuple[Bundle, ...]:
    found = group_with_key(session, group)
    return (Bundle(**vars(found)),) if found else ()


def _count(session: Session, which: object) -> int:
    counted = select(func.count()).select_from(work_items).where(which)  # type: ignore[arg-type]
    return int(session.execute(counted).scalar_one())


def page(session: Session, desk: DeskActions, asked: AskPage, acting: Acting, at: datetime) -> PageOf:
    """Return items in full after a place in the list, and note that their words were read."""
    query = select(work_items).where(OPEN)
    if asked.kind is not None:
        query = query.where(C.kind == asked.kind)
    total = session.execute(query.with_only_columns(func.count(), maintain_column_froms=True)).scalar_one()
    if asked.after is not None:
        one = asked.after
        query = query.where(tuple_(*BY_URGENCY.columns) > tuple_(one.calm, one.below, one.opened_at, one.id))
    rows = session.execute(query.order_by(*BY_URGENCY.columns).limit(asked.limit))
    items = [item_of(row) for row in rows]
    if any(one.text for one in items):
        audit.record(session, acting.who, "reveal.words", "work-items", at=at, why="list")
    session.commit()
    return PageOf(items=tuple(in_full(desk, one) for one in items), total=total)


def position(one: Item) -> Position:
    """Return where an item stands in the order of `page`."""
    return Position(
        calm=one.reason != "danger-now", below=one.group is not None, opened_at=one.opened_at, id=one.id
    )


def found(session: Session, desk: DeskActions, asked: AskItem, acting: Acting, at: datetime) -> Found:
    """Return an item with what the desk needs to know, if it is here.

    What tells of a person is in it only if it was asked for.
    """
    one = _item(session, asked.id)
    if one is None:
        return Found()
    kind = desk.kind(one.kind)
    view = kind.describe(session, one, asked.language)
    if asked.read and one.text:
        note_reading(session, one, acting, at)
    return Found(items=(in_full(desk, one, kind, view, shown=asked.shown or asked.read),))


def note_reading(session: Session, one: WorkItem, acting: Acting, at: datetime) -> None:
    """Note that a program reads the words of an item. Commits."""
    audit.record(session, acting.who, f"{SHOWN}.words", f"work-item:{one.id}", at=at, why="read")
    session.commit()


def waiting_about(session: Session, about: Collection[UUID]) -> tuple[Waiting, ...]:
    """Return the open items that are about any of these."""
    written = [str(one) for one in about]
    named = C.details["requestId"].astext.in_(written) | C.details["referralId"].astext.in_(written)
    rows = session.execute(
        select(C.id, C.kind, C.reason).where(OPEN, C.subject_id.in_(about) | named).order_by(C.opened_at)
    )
    return tuple(Waiting(id=id, kind=kind, reason=reason) for id, kind, reason in rows)


def show(session: Session, desk: DeskActions, asked: AskShow, acting: Acting, at: datetime) -> Outcome:
    """Note that somebody looks at what an item tells of a person, and why. Commits."""
    one = _item(session, asked.id)
    if one is None:
        return _refusal(NotFound("There is no such item on this list."))
    view = desk.kind(one.kind).describe(session, one, "nl")
    for what in _told_of_a_person(one, view.facts):
        audit.record(session, acting.who, f"{SHOWN}.{what}", f"work-item:{one.id}", at=at, why=asked.why)
    session.commit()
    return Outcome(kind=one.kind)


def _told_of_a_person(one: WorkItem, facts: Iterable[Fact]) -> Sequence[str]:
    """Return what of a person an item tells, each once."""
    told = [fact.label for fact in facts if fact.label in OF_A_PERSON]
    return list(dict.fromkeys([*told, *(["words"] if one.text else [])]))


def act(session: Session, desk: DeskActions, asked: AskAct, acting: Acting, at: datetime) -> Outcome:
    """Carry out what somebody decided, and return what became of it. Commits."""
    if asked.id is None:
        return _refusal(NotFound("There is no such item on this list."))
    try:
        by, who = acting.signs, acting.who
        done = carry_out(session, desk, asked.id, asked.action, asked.params, at=at, by=by, who=who)
    except (Problem, RuleBroken) as refusal:
        session.rollback()
        return _refusal(refusal)
    return Outcome(kind=done.kind)


def act_on_all(
    session: Session, desk: DeskActions, asked: AskActOnAll, acting: Acting, at: datetime
) -> Carried:
    """Carry out what somebody decided on all items of a group that they saw. Commits."""
    if asked.until is None:
        return Carried(outcome=_refusal(Forbidden("This form is out of date. Open the page again.")))
    try:
        done = carry_out_all(
            session,
            desk,
            asked.group,
            asked.action,
            asked.until,
            at=at,
            by=acting.signs,
            who=acting.who,
            sure=asked.sure,
        )
    except AskAgain as question:
        return Carried(left=question.number, outcome=_refusal(question))
    except (Problem, RuleBroken) as refusal:
        session.rollback()
        return Carried(outcome=_refusal(refusal))
    return Carried(done=done.done, refused=done.refused, left=done.left)


def _refusal(refusal: Problem | RuleBroken) -> Outcome:
    if isinstance(refusal, RuleBroken):
        return Outcome(status=409, slug="rule-broken", detail=str(refusal))
    errors = refusal.errors if isinstance(refusal, Invalid) else ()
    return Outcome(
        status=refusal.status,
        slug=refusal.slug,
        detail=refusal.detail,
        mistakes=tuple(
            Mistaken(
                pointer=one.pointer,
                field=one.field,
                code=one.code,
                detail=one.detail,
                values={name: str(value) for name, value in one.values.items()},
            )
            for one in errors
        ),
    )


def _item(session: Session, item_id: UUID | None) -> WorkItem | None:
    try:
        return item(session, item_id) if item_id else None
    except NotFound:
        return None


def in_full(
    desk: DeskActions,
    one: WorkItem,
    kind: Kind | None = None,
    view: View | None = None,
    *,
    shown: bool = True,
) -> Item:
    """Return an item with what can be done with it, and what `view` tells of it."""
    kind, view = kind or desk.kind(one.kind), view or View()
    return Item(
        id=one.id,
        kind=one.kind,
        reason=one.reason,
        subject_id=one.subject_id,
        details=one.details,
        opened_at=one.opened_at,
        due_at=one.due_at,
        group=one.group,
        resolved_at=one.resolved_at,
        resolution=one.resolution,
        resolved_by=one.resolved_by,
        text=one.text if shown else None,
        has_text=bool(one.text),
        facts=tuple(_told(fact, shown) for fact in view.facts),
        asker=view.asker,
        choices={
            action: tuple(
                Option(value=choice.value, label=choice.label, sentences=tuple(choice.sentences))
                for choice in choices
            )
            for action, choices in view.choices.items()
        },
        actions=tuple(kind.actions_of(one)),
        needs=dict(kind.parameter),
        asks={
            action: tuple(
                Asked(name=q.name, label=q.label, choices=tuple(q.choices), words=q.words) for q in questions
            )
            for action, questions in kind.asks.items()
        },
        reasons=desk.reasons,
    )


def _told(fact: Fact, shown: bool) -> Told:
    return Told(label=fact.label, value=fact.value if shown or fact.label not in OF_A_PERSON else None)
