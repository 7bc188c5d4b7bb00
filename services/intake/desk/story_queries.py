"""What happened here with a person: questions, calls, call-backs and notes. Nothing here commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from services.intake.calls.numbers import index_of
from services.intake.calls.tables import Attempt, Call, CallBack, CallNote
from services.intake.conversations.tables import Written
from services.intake.desk.search_queries import CALL, REQUEST, requests_at
from services.intake.desk.tables import DeskNote
from services.intake.requests import queries as requests
from services.intake.requests.rules import FINAL
from services.intake.requests.tables import AdviceRequest
from shared.crypto import Unreadable
from shared.desk.looking import waiting_about
from shared.events.finding import MOST_TOLD, Happening, Story

BACK, NOTE = "call-back", "note"


@dataclass(frozen=True)
class Reached:
    """Where the person is reached whose story is told, and the advice requests that are theirs."""

    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    requests: tuple[UUID, ...] = ()


def reached(session: Session, kind: str, id: UUID) -> Reached | None:
    """Return where the person of an advice request or a call is reached; None if there is nobody there.

    What cannot be read leads no further than to itself.
    """
    return {REQUEST: _asker, CALL: _caller}[kind](session, id)


def at(session: Session, phones: tuple[str, ...], emails: tuple[str, ...]) -> Reached:
    """Return a person with the advice requests that came from these numbers and addresses."""
    return Reached(phones, emails, tuple(requests_at(session, phones, emails)))


def _asker(session: Session, id: UUID) -> Reached | None:
    there = select(col(AdviceRequest.id)).where(
        col(AdviceRequest.id) == id, col(AdviceRequest.erased_at).is_(None)
    )
    if session.scalars(there).one_or_none() is None:
        return None
    one = next(iter(requests.readable(session, [id])), None)
    phones, emails = _some(one.phone if one else None), _some(one.email if one else None)
    theirs = dict.fromkeys((id, *at(session, phones, emails).requests))
    return Reached(phones, emails, tuple(theirs))


def _caller(session: Session, id: UUID) -> Reached | None:
    try:
        call = session.get(Call, id)
    except Unreadable:
        return Reached()
    if call is None or call.erased_at is not None:
        return None
    found = at(session, _some(call.number), ())
    own = [call.request_id] if call.request_id else []
    return Reached(found.phones, found.emails, tuple(dict.fromkeys((*own, *found.requests))))


def _some(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def tell(session: Session, who: Reached, calls: Iterable[UUID] = (), *, shown: bool = False) -> Story:
    """Return what happened here, in no order; `calls` are theirs too, whatever number they came from."""
    called = _calls(session, who, calls, shown)
    backs = _backs(session, who)
    about = [*who.requests, *(one.id for one in (*called, *backs))]
    return Story(
        happened=(
            *_questions(session, who.requests, shown),
            *_written(session, who.requests, shown),
            *called,
            *_call_notes(session, [one.id for one in called], shown),
            *backs,
            *_notes(session, about, shown),
        ),
        waiting=waiting_about(session, about),
    )


def _questions(session: Session, ids: Sequence[UUID], shown: bool) -> list[Happening]:
    one = AdviceRequest
    columns = (one.received_at, one.audience, one.channel, one.proven_at, one.state, one.state_time)
    rows = session.execute(
        select(*map(col, (one.id, one.reference, *columns))).where(
            col(one.id).in_(ids), col(one.erased_at).is_(None)
        )
    )
    told = []
    for id, reference, received, audience, channel, proven, state, state_time in rows:
        details = {"reference": reference, "audience": audience, "channel": channel}
        words = _words(session, AdviceRequest, id, "question") if shown else None
        asked = Happening(at=received, what="asked", id=id, request_id=id, details=details, has_words=True)
        told.append(asked.model_copy(update={"words": words}))
        named = {"reference": reference}
        if proven:
            told.append(Happening(at=proven, what="proven", id=id, request_id=id, details=named))
        if state in FINAL:
            over = {"at": state_time, "what": "over", "state": str(state)}
            told.append(Happening(**over, id=id, request_id=id, details=named))
    return told


def _written(session: Session, ids: Sequence[UUID], shown: bool) -> list[Happening]:
    """What asker and centre wrote to each other."""
    one = Written
    columns = map(col, (one.id, one.request_id, one.written_at, one.side, one.staff_id))
    rows = session.execute(select(*columns).where(col(one.request_id).in_(ids)).limit(MOST_TOLD))
    return [
        Happening(
            at=at,
            what=f"wrote-{side}",
            id=id,
            request_id=request,
            details={"by": _staff(by)},
            has_words=True,
            words=_words(session, Written, id, "text") if shown else None,
        )
        for id, request, at, side, by in rows
    ]


def _calls(session: Session, who: Reached, calls: Iterable[UUID], shown: bool) -> list[Happening]:
    theirs: Any = col(Call.number_index).in_([index_of(one) for one in who.phones])
    theirs |= col(Call.request_id).in_(who.requests) | col(Call.id).in_(list(calls))
    one = Call
    columns = map(col, (one.id, one.at, one.state, one.direction, one.adviser, one.outcomes, one.request_id))
    rows = session.execute(
        select(*columns)
        .where(theirs, col(Call.erased_at).is_(None))
        .order_by(col(Call.at).desc())
        .limit(MOST_TOLD)
    )
    return [
        Happening(
            at=at,
            what="called" if direction == "in" else "called-out",
            id=id,
            request_id=request,
            state=state,
            details={"by": _staff(adviser), "outcomes": " ".join(outcomes)},
            has_words=True,
            words=_words(session, Call, id, "notes") if shown else None,
        )
        for id, at, state, direction, adviser, outcomes, request in rows
    ]


def _call_notes(session: Session, calls: Sequence[UUID], shown: bool) -> list[Happening]:
    columns = (col(CallNote.id), col(CallNote.at), col(CallNote.staff_id))
    rows = session.execute(select(*columns).where(col(CallNote.call_id).in_(calls)).limit(MOST_TOLD))
    return [_noted(session, CallNote, id, at, by, shown) for id, at, by in rows]


def _notes(session: Session, about: Sequence[UUID], shown: bool) -> list[Happening]:
    columns = (col(DeskNote.id), col(DeskNote.written_at), col(DeskNote.author_id))
    rows = session.execute(select(*columns).where(col(DeskNote.about).in_(about)).limit(MOST_TOLD))
    return [_noted(session, DeskNote, id, at, by, shown) for id, at, by in rows]


def _noted(session: Session, kind: Any, id: UUID, at: Any, by: UUID, shown: bool) -> Happening:
    words = _words(session, kind, id, "text") if shown else None
    return Happening(at=at, what=NOTE, id=id, details={"by": _staff(by)}, has_words=True, words=words)


def _backs(session: Session, who: Reached) -> list[Happening]:
    one = CallBack
    columns = map(col, (one.id, one.why, one.opened_at, one.ended, one.ended_at))
    keys = [index_of(number) for number in who.phones]
    rows = session.execute(select(*columns).where(col(one.number_index).in_(keys)).limit(MOST_TOLD)).all()
    told = [Happening(at=row[2], what=BACK, id=row[0], state=row[1]) for row in rows]
    told += [Happening(at=row[4], what="call-back-ended", id=row[0], state=row[3]) for row in rows if row[4]]
    tries = map(col, (Attempt.call_back_id, Attempt.at, Attempt.staff_id, Attempt.result))
    tried = session.execute(select(*tries).where(col(Attempt.call_back_id).in_([row[0] for row in rows])))
    return told + [
        Happening(at=at, what="call-back-tried", id=id, state=result, details={"by": _staff(by)})
        for id, at, by, result in tried
    ]


def open_backs(story: Story) -> list[UUID]:
    """Return the call-backs of a story that are still to be done."""
    ended = {one.id for one in story.happened if one.what == "call-back-ended"}
    return [one.id for one in story.happened if one.what == BACK and one.id not in ended]


def _staff(id: UUID | None) -> str:
    return f"staff:{id}" if id else ""


def _words(session: Session, kind: Any, id: UUID, column: str) -> str:
    """Return what stands there in somebody's words; nothing where it cannot be read."""
    try:
        row = session.get(kind, id)
    except Unreadable:
        return ""
    return str(getattr(row, column) or "") if row else ""


def askers(session: Session, ids: Sequence[UUID]) -> list[AdviceRequest]:
    """Return these advice requests whole, those left out that cannot be read."""
    found = []
    for one in ids:
        try:
            found += [row for row in [session.get(AdviceRequest, one)] if row and row.erased_at is None]
        except Unreadable:
            continue
    return found
