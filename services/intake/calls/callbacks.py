"""Calling people back: what is promised and what closes it. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.intake.calls import queries, rules
from services.intake.calls.form import CallForm
from services.intake.calls.numbers import index_of, number_of
from services.intake.calls.tables import Call, CallBack, Ended, Why
from shared.countries import DEFAULT, of_number
from shared.database.encrypted import of_row
from shared.desk.items import open_item, resolve_all, whose
from shared.ids import new_id
from shared.languages import DEFAULT as LANGUAGE
from shared.vocabulary import Audience

KIND = "call-back"
# Ends that a person decides on: whoever was called, or was not reached, was so for all that they missed.
OF_A_PERSON = frozenset({Ended.REACHED, Ended.NOT_REACHED, Ended.LETTER, Ended.TEXTED})


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
        "language": call.language or LANGUAGE,
        "safe_times": [],
    }
    once = insert(CallBack).values(row).on_conflict_do_nothing(index_elements=["of_call"])
    if session.execute(once.returning(col(CallBack.id))).scalar_one_or_none() is None:
        return
    call.call_back_id = id
    _put_on_the_list(session, id, Why.MISSED, due=at + rules.MISSED_WITHIN, about={}, at=at)


def not_missed(session: Session, call: Call, *, at: datetime) -> None:
    """Take back the call-back of a call that turns out to have been answered, unless somebody tried it."""
    waiting = session.scalars(
        select(CallBack).where(
            col(CallBack.of_call) == call.id, col(CallBack.why) == Why.MISSED, col(CallBack.ended).is_(None)
        )
    ).one_or_none()
    if waiting is None or queries.attempts(session, waiting.id):
        return
    end(session, waiting, Ended.NOT_NEEDED, at=at)
    call.call_back_id = None


def promise(session: Session, call: Call, filled: CallForm, owner: UUID, *, at: datetime) -> None:
    """Have the caller called back as it was agreed: the form has no mistakes."""
    number = number_of(filled.back_number, call.line) if filled.back_number else call.number
    promised = filled.window()
    if number is None or promised is None:
        return
    back = CallBack(
        why=Why.PROMISED,
        opened_at=at,
        from_=promised.from_,
        to=promised.to,
        due_at=promised.to,
        number=number,
        number_index=index_of(number),
        say=filled.back_say or None,
        voicemail=filled.back_voicemail,
        may_text=filled.back_text,
        audience=Audience(filled.audience) if filled.audience else None,
        country=filled.home(),
        language=filled.language or "nl",
        safe_times=filled.safe_times,
        owner=owner,
    )
    session.add(back)
    session.flush()
    call.call_back_id = back.id
    about = whose(audience=back.audience, ages=filled.ages, language=back.language)
    _put_on_the_list(session, back.id, Why.PROMISED, due=back.due_at, about=about, at=at)


def end(session: Session, back: CallBack, how: Ended, *, at: datetime) -> None:
    """Close a call-back and take it off the list. Idempotent: the first end stays.

    Where a person decides so, all else goes with it that is missed of this number: whoever rings ten times
    is called back once. What was promised stays.
    """
    for one in (back, *(_also_missed(session, back) if how in OF_A_PERSON else ())):
        if one.ended is None:
            one.ended, one.ended_at = how, at
            session.add(one)
        resolve_all(session, one.id, how, at=at, kinds=[KIND])


def _also_missed(session: Session, back: CallBack) -> Sequence[CallBack]:
    """Return the other missed calls of this number, but for one that a colleague closes at this moment."""
    others = select(CallBack).where(
        col(CallBack.number_index) == back.number_index,
        col(CallBack.why) == Why.MISSED,
        col(CallBack.ended).is_(None),
        col(CallBack.id) != back.id,
    )
    return session.scalars(others.with_for_update(skip_locked=True)).all()


def _put_on_the_list(
    session: Session, id: UUID, why: Why, *, due: datetime, about: dict[str, str], at: datetime
) -> None:
    key = f"{KIND}:{id}"
    open_item(session, kind=KIND, reason=why, subject_id=id, dedupe_key=key, details=about, due=due, at=at)
