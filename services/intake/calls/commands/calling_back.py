"""Trying to call somebody back, and what is done where nobody is reached."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.intake.calls import callbacks, queries, rules
from services.intake.calls.numbers import is_mobile
from services.intake.calls.tables import Attempt, CallBack, Ended, Result, Sending, Words
from services.intake.staff.rules import Signed
from shared.audit import record
from shared.desk.items import open_item
from shared.errors import NotFound, RuleBroken
from shared.events.intake import CallTextWanted
from shared.messaging import announce
from shared.vocabulary import Audience

LETTER = "letter-after-calls"


class Over(RuleBroken):
    """The call-back is closed already."""


class NoText(RuleBroken):
    """No text may be sent, or none can."""


def tried(session: Session, id: UUID, result: Result, signed: Signed, *, at: datetime) -> CallBack:
    """Note what came of trying to call somebody back. Who was reached is off the list.

    Raises NotFound or Over.
    """
    back = _open(session, id)
    session.add(Attempt(call_back_id=back.id, at=at, staff_id=signed.id, result=result))
    session.flush()
    if result is Result.REACHED:
        callbacks.end(session, back, Ended.REACHED, at=at)
    _audit(session, signed, f"call-back.{result}", back, at)
    session.commit()
    return back


def not_reached(session: Session, id: UUID, signed: Signed, *, at: datetime) -> None:
    """Close a call-back that was tried often enough. Raises NotFound, Over or TooEarly."""
    _give_up(session, id, Ended.NOT_REACHED, signed, at)
    session.commit()


def by_letter(session: Session, id: UUID, address: str, signed: Signed, *, at: datetime) -> None:
    """Have a letter sent instead, to this name and address. Raises NotFound, Over or TooEarly."""
    back = _give_up(session, id, Ended.LETTER, signed, at)
    open_item(
        session,
        kind=LETTER,
        reason="not-reached",
        subject_id=back.id,
        words=address,
        dedupe_key=f"{LETTER}:{back.id}",
        at=at,
    )
    session.commit()


def by_text(session: Session, id: UUID, signed: Signed, *, at: datetime) -> None:
    """Have a text sent instead, which says no more than that somebody called.

    Raises NotFound, Over, TooEarly, or NoText where the caller did not say that one may come.
    """
    back = _give_up(session, id, Ended.TEXTED, signed, at)
    if (
        not back.may_text
        or back.number is None
        or back.number_index is None
        or not is_mobile(back.number, back.country)
    ):
        raise NoText("A text is not allowed here, or cannot reach this number.")
    made = Sending(
        call_back_id=back.id,
        words=Words.NOT_REACHED,
        at=at,
        staff_id=signed.id,
        channel="sms",
        phone=back.number,
        to_index=back.number_index,
        safe_times=back.safe_times,
        country=back.country,
        language=back.language,
        minor=back.audience == Audience.CHILD,
    )
    session.add(made)
    session.flush()
    announce(session, CallTextWanted(text_id=made.id), at=at)
    session.commit()


def code_of(refusal: RuleBroken) -> str:
    """Return the code of the sentence that says why it was refused."""
    codes = {Over: "call-back-over", NoText: "call-back-no-text", rules.TooEarly: "call-back-early"}
    return codes.get(type(refusal), "call-back-over")


def _give_up(session: Session, id: UUID, how: Ended, signed: Signed, at: datetime) -> CallBack:
    back = _open(session, id)
    if not rules.was_tried_enough([one.result for one in queries.attempts(session, back.id)]):
        raise rules.TooEarly(f"Try at least {rules.TRIES} times, at different hours, before you close this.")
    callbacks.end(session, back, how, at=at)
    _audit(session, signed, f"call-back.{how}", back, at)
    return back


def _open(session: Session, id: UUID) -> CallBack:
    back = queries.call_back(session, id, lock=True)
    if back is None:
        raise NotFound("There is no such call-back.")
    if back.ended is not None:
        raise Over("This call-back is closed already.")
    return back


def _audit(session: Session, signed: Signed, deed: str, back: CallBack, at: datetime) -> None:
    record(session, f"staff:{signed.id}", deed, f"call-back:{back.id}", at=at)
