"""A call as an adviser writes it down: taken, kept at every change, finalised once."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from services.intake.calls import callbacks, form, queries, rules
from services.intake.calls.form import CallForm
from services.intake.calls.tables import Call, CallNote, CallState, Ended, NoTalk, Outcome, Way
from services.intake.staff.rules import Signed
from services.intake.staff.tables import StaffSession
from shared.audit import record
from shared.desk.items import DANGER_NOW, open_item, resolve_all, whose
from shared.errors import Conflict, NotFound
from shared.vocabulary import Audience

SAFEGUARDING = "safeguarding-call"
MOST_SERVICES = 20


class ChangedElsewhere(Conflict):
    """The draft changed in another tab since this page was made."""

    def __init__(self, version: int) -> None:
        super().__init__("This call changed in another tab.", slug="changed-elsewhere")
        self.version = version


def begin(session: Session, way: Way, signed: Signed, *, at: datetime) -> Call:
    """Begin to write down a call that no exchange told of, or what came by post or in person."""
    call = Call(way=way, state=CallState.ANSWERED, at=at, answered_at=at, adviser=signed.id)
    if way is not Way.TELEPHONE:
        call.answered_at = None
    session.add(call)
    session.flush()
    _audit(session, signed, "call.begin", call, at)
    session.commit()
    return call


def take(session: Session, call_id: UUID, signed: Signed, *, over: bool = False, at: datetime) -> Call:
    """Take a call. Idempotent. Raises NotFound, Finalised, or SomebodyElseHasIt unless it is taken `over`."""
    call = locked(session, call_id)
    if rules.take(call, signed.id, over=over, at=at):
        _audit(session, signed, "call.take-over" if over else "call.take", call, at)
        if call.state is CallState.ANSWERED:
            callbacks.not_missed(session, call, at=at)
    session.add(call)
    session.commit()
    return call


def keep(session: Session, call_id: UUID, filled: CallForm, signed: Signed, *, at: datetime) -> int:
    """Keep what was typed so far, and return the version that it is now.

    What the same tab typed before is replaced; what another typed since is not: that raises
    ChangedElsewhere. Raises NotFound, Finalised or SomebodyElseHasIt. While a call goes on, the session of
    whoever speaks does not run out, for two hours at most.
    """
    call = locked(session, call_id)
    _keep(session, call, filled, signed, at)
    # A page of a call that nobody ended is one that was left.
    if rules.goes_on(call, at) and at < call.at + rules.KEEPS_SIGNED_IN:
        _stay_signed_in(session, signed)
    session.commit()
    return call.draft_version


def finalise(session: Session, call_id: UUID, filled: CallForm, signed: Signed, *, at: datetime) -> Call:
    """Finalise a call whose form has no mistakes: once. Raises NotFound, Finalised or SomebodyElseHasIt."""
    call = locked(session, call_id)
    _keep(session, call, filled, signed, at)
    for name, value in form.codes(filled).items():
        setattr(call, name, value)
    call.notes = filled.notes or None
    if Outcome.CALL_BACK in filled.outcomes:
        callbacks.promise(session, call, filled, signed.id, at=at)
    if filled.settles:
        _settle_others(session, call, at)
    if Outcome.SAFEGUARDING in filled.outcomes:
        _ask_a_senior(session, call, at)
    if call.audience == Audience.CHILD:
        _end_pauses(session, call, at)
    rules.end(call, at)
    session.add(call)
    _audit(session, signed, "call.finalise", call, at)
    session.commit()
    return call


def close_no_talk(session: Session, call_id: UUID, kind: NoTalk, signed: Signed, *, at: datetime) -> None:
    """Close what was no conversation; nothing of a person is kept. Raises NotFound or Finalised."""
    call = locked(session, call_id)
    _mine(call, signed)
    rules.no_talk(call, kind, at)
    resolve_all(session, call.id, "no-talk", at=at, kinds=[SAFEGUARDING])
    session.add(call)
    _audit(session, signed, "call.no-talk", call, at)
    session.commit()


def add_note(session: Session, call_id: UUID, words: str, signed: Signed, *, at: datetime) -> None:
    """Add a note to a call that was finalised."""
    call = locked(session, call_id)
    session.add(CallNote(call_id=call.id, at=at, staff_id=signed.id, text=words))
    _audit(session, signed, "call.note", call, at)
    session.commit()


def name_service(
    session: Session, call_id: UUID, service_id: str, name: str, phone: str, signed: Signed
) -> None:
    """Note that a service was named to the caller, by the name that it has now. Idempotent."""
    call = locked(session, call_id)
    _mine(call, signed)
    named = {"id": service_id, "name": name, "phone": phone}
    if all(one["id"] != service_id for one in call.services) and len(call.services) < MOST_SERVICES:
        call.services = [*call.services, named]
    session.add(call)
    session.commit()


def unname_service(session: Session, call_id: UUID, service_id: str, signed: Signed) -> None:
    """Take back that a service was named. Idempotent."""
    call = locked(session, call_id)
    _mine(call, signed)
    call.services = [one for one in call.services if one["id"] != service_id]
    session.add(call)
    session.commit()


def became(session: Session, call_id: UUID, request_id: UUID, signed: Signed, *, at: datetime) -> None:
    """Note which question a call became. Idempotent."""
    call = locked(session, call_id)
    call.request_id = request_id
    session.add(call)
    _audit(session, signed, "call.question", call, at)
    session.commit()


def revealed(session: Session, what: str, about: str, why: str, signed: Signed, *, at: datetime) -> None:
    """Note that somebody saw a number or words, before they see it."""
    record(session, f"staff:{signed.id}", f"reveal.{what}", about, at=at, why=why)
    session.commit()


def give_up_ringing(session: Session, limit: int, *, at: datetime) -> None:
    """Take calls for missed that cannot still be ringing: nobody is forgotten for an end that was not told.

    Does not commit.
    """
    lost = select(Call).where(col(Call.state) == CallState.RINGING, col(Call.at) < at - rules.LONGEST_RING)
    some = lost.order_by(col(Call.at)).limit(limit).with_for_update(skip_locked=True)
    for call in session.scalars(some).all():
        rules.hung_up(call, "lost", at)
        session.add(call)
        session.flush()
        if rules.wants_a_call_back(call):
            callbacks.open_for_missed(session, call, at=at)
    session.flush()


def locked(session: Session, call_id: UUID) -> Call:
    """Return the call as it is now, locked. Raises NotFound."""
    call = session.scalars(
        select(Call)
        .where(col(Call.id) == call_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if call is None or call.erased_at is not None:
        raise NotFound("There is no such call.")
    return call


def _mine(call: Call, signed: Signed) -> None:
    if call.state is CallState.FINALISED:
        raise rules.Finalised
    if call.adviser is not None and call.adviser != signed.id:
        raise rules.SomebodyElseHasIt("Somebody else has this call.")
    if call.state is CallState.MISSED:
        raise rules.NotTaken("Nobody took this call. Press 'I took this call' if you did.")
    call.adviser = signed.id


def _keep(session: Session, call: Call, filled: CallForm, signed: Signed, at: datetime) -> None:
    _mine(call, signed)
    if filled.version_number != call.draft_version and form.last_tab(call) != filled.tab:
        raise ChangedElsewhere(call.draft_version)
    new = filled.kept(filled.tab)
    if new == call.draft:
        return
    if filled.danger != call.danger:
        _heed_danger(session, call, filled.danger, at)
    call.draft, call.draft_version = new, call.draft_version + 1
    session.add(call)


def _heed_danger(session: Session, call: Call, danger: bool, at: datetime) -> None:
    """Put a call about somebody in danger on the list at once, and off it if it was no danger."""
    call.danger = danger
    if danger:
        _ask_a_senior(session, call, at)
    else:
        resolve_all(session, call.id, "no-danger", at=at, kinds=[SAFEGUARDING])


def _ask_a_senior(session: Session, call: Call, at: datetime) -> None:
    open_item(
        session,
        kind=SAFEGUARDING,
        reason=DANGER_NOW if call.danger else "about-safety",
        subject_id=call.id,
        dedupe_key=f"{SAFEGUARDING}:{call.id}",
        details=whose(audience=call.audience, ages=call.ages, language=call.language or ""),
        at=at,
    )


def _settle_others(session: Session, call: Call, at: datetime) -> None:
    """Close the open call-backs of this caller, who has been spoken to now."""
    for back in queries.open_backs_of(session, call.number_index):
        if back.of_call != call.id:
            callbacks.end(session, back, Ended.REACHED, at=at)


def _end_pauses(session: Session, call: Call, at: datetime) -> None:
    """End every pause of this number, whoever it was asked for: a child is never paused."""
    for pause in queries.pauses_of(session, call.number_index, at):
        pause.ends_at = at
        session.add(pause)
        resolve_all(session, pause.id, "ended", at=at)


def _stay_signed_in(session: Session, signed: Signed) -> None:
    """Machine time, as all of a session is."""
    mine = update(StaffSession).where(col(StaffSession.id) == signed.session_id)
    session.execute(mine.values(seen_at=datetime.now(UTC)))


def _audit(session: Session, signed: Signed, deed: str, call: Call, at: datetime) -> None:
    record(session, f"staff:{signed.id}", deed, f"call:{call.id}", at=at)
