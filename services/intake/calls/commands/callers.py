"""How the desk approaches a caller: a note, and flags that end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from services.intake.calls import queries, rules
from services.intake.calls.commands.records import locked
from services.intake.calls.tables import Call, Caller, Flag, FlagKind
from services.intake.staff.rules import Signed
from shared.audit import record
from shared.desk.items import open_item, resolve_all
from shared.errors import NotFound, RuleBroken
from shared.ids import new_id

PAUSE = "pause-to-agree"


class NoNumber(RuleBroken):
    """Nothing can be kept of a caller whose number nobody knows."""


def note(session: Session, call_id: UUID, words: str, signed: Signed, *, at: datetime) -> None:
    """Keep how to approach whoever called; an empty note takes it away."""
    caller = _caller(session, call_id, signed, at)
    caller.note, caller.changed_at, caller.changed_by = words or None, at, signed.id
    session.add(caller)
    _audit(session, signed, "caller.note", caller.id, at)
    session.commit()


def flag(
    session: Session,
    call_id: UUID,
    kind: FlagKind,
    why: str,
    ends_at: datetime,
    signed: Signed,
    *,
    at: datetime,
) -> None:
    """Flag a caller until a day. A pause waits for a second person. Raises NoPause or NoNumber."""
    caller = _caller(session, call_id, signed, at)
    if kind is FlagKind.PAUSE:
        rules.may_be_paused(queries.caller_facts(session, caller.number_index))
    made = Flag(caller_id=caller.id, kind=kind, why=why, ends_at=ends_at, asked_at=at, asked_by=signed.id)
    session.add(made)
    session.flush()
    if kind is FlagKind.PAUSE:
        key = f"{PAUSE}:{made.id}"
        open_item(session, kind=PAUSE, reason="second-person", subject_id=made.id, dedupe_key=key, at=at)
    _audit(session, signed, f"caller.{kind}", caller.id, at)
    session.commit()


def agree(session: Session, flag_id: UUID, signed: Signed, *, at: datetime) -> None:
    """Agree to a pause as the second person. Idempotent. Raises NotFound, OwnPause or NoPause."""
    asked, caller = _flag(session, flag_id)
    rules.agree(asked.asked_by, signed.id)
    rules.may_be_paused(queries.caller_facts(session, caller.number_index))
    if asked.agreed_at is None:
        asked.agreed_at, asked.agreed_by = at, signed.id
        session.add(asked)
        _audit(session, signed, "caller.pause-agreed", caller.id, at)
    resolve_all(session, asked.id, "agreed", at=at, kinds=[PAUSE])
    session.commit()


def end_flag(session: Session, flag_id: UUID, signed: Signed, *, at: datetime) -> None:
    """End a flag now, or refuse a pause that was asked for. Idempotent. Raises NotFound."""
    asked, caller = _flag(session, flag_id)
    asked.ends_at = min(asked.ends_at, at)
    session.add(asked)
    resolve_all(session, asked.id, "ended", at=at, kinds=[PAUSE])
    _audit(session, signed, "caller.flag-ended", caller.id, at)
    session.commit()


def _caller(session: Session, call_id: UUID, signed: Signed, at: datetime) -> Caller:
    call: Call = locked(session, call_id)
    if call.number_index is None:
        raise NoNumber("This call shows no number, so nothing can be kept of who called.")
    new = {"id": new_id(), "number_index": call.number_index, "changed_at": at, "changed_by": signed.id}
    session.execute(insert(Caller).values(new).on_conflict_do_nothing(index_elements=["number_index"]))
    found = queries.of_number(session, call.number_index)
    assert found is not None
    return found


def _flag(session: Session, flag_id: UUID) -> tuple[Flag, Caller]:
    asked = session.get(Flag, flag_id, with_for_update=True)
    caller = session.get(Caller, asked.caller_id) if asked else None
    if asked is None or caller is None:
        raise NotFound("There is no such flag.")
    return asked, caller


def _audit(session: Session, signed: Signed, deed: str, caller_id: UUID, at: datetime) -> None:
    record(session, f"staff:{signed.id}", deed, f"caller:{caller_id}", at=at)
