"""Calling people back: what is promised, tried and closed. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.intake.calls import rules
from services.intake.calls.tables import Attempt, Call, CallBack, Ended, Why
from shared.countries import DEFAULT, of_number
from shared.database.encrypted import of_row
from shared.desk.items import open_item, resolve_all
from shared.ids import new_id

KIND = "call-back"


def open_for_missed(session: Session, call: Call, *, at: datetime) -> None:
    """Have somebody called back whose call nobody took: once for each such call."""
    if call.number is None:
        return
    id, country = new_id(), of_number(call.number)
    row = {
        "id": id,
        "of_call": call.id,
        "why": Why.MISSED,
        "opened_at": at,
        "due_at": at + rules.MISSED_WITHIN,
        "number": of_row(id, call.number),
        "number_index": call.number_index,
        "voicemail": False,
        "may_text": False,
        "country": country.code if country else DEFAULT.code,
        "language": "nl",
        "safe_times": [],
    }
    added = session.execute(
        insert(CallBack)
        .values(row)
        .on_conflict_do_nothing(index_elements=["of_call"])
        .returning(col(CallBack.id))
    ).scalar_one_or_none()
    if added is None:
        return
    call.call_back_id = id
    put_on_the_list(session, id, Why.MISSED, at=at)


def not_missed(session: Session, call: Call, *, at: datetime) -> None:
    """Take back the call-back of a call that turns out to have been answered, unless somebody tried it."""
    waiting = session.scalars(
        select(CallBack).where(
            col(CallBack.of_call) == call.id, col(CallBack.why) == Why.MISSED, col(CallBack.ended).is_(None)
        )
    ).one_or_none()
    if waiting is None or attempts(session, waiting):
        return
    end(session, waiting, Ended.NOT_NEEDED, at=at)
    call.call_back_id = None


def attempts(session: Session, back: CallBack) -> list[Attempt]:
    """Return how often somebody tried, the first time first."""
    tried = select(Attempt).where(col(Attempt.call_back_id) == back.id).order_by(col(Attempt.at))
    return list(session.scalars(tried))


def end(session: Session, back: CallBack, how: Ended, *, at: datetime) -> None:
    """Close a call-back and take it off the list. Idempotent: the first end stays."""
    if back.ended is None:
        back.ended, back.ended_at = how, at
        session.add(back)
    resolve_all(session, back.id, how, at=at, kinds=[KIND])


def put_on_the_list(session: Session, id: object, why: Why, *, at: datetime) -> None:
    open_item(
        session,
        kind=KIND,
        reason=why,
        subject_id=id,  # type: ignore[arg-type]
        dedupe_key=f"{KIND}:{id}",
        at=at,
    )
