"""Mass changes: shown first, then confirmed, undone or let be. `commands_telling` goes on from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from services.notify.channels.prices import Prices
from services.notify.visits import rules as visits
from services.notify.visits.mass import previewing, queries, rules, suppressing
from services.notify.visits.mass.rules import Wanted
from services.notify.visits.mass.tables import FamilyState, MassChange, MassState
from shared import audit
from shared.errors import Conflict, Invalid
from shared.geography import facility
from shared.messaging.work import LEASE

NOTHING_THERE = "There is no visit day in this time that could be called off or moved."
OVER = {
    MassState.LAPSED: "This was previewed more than an hour ago. Preview it again.",
    MassState.WITHDRAWN: "This preview was withdrawn. Preview it again.",
    MassState.UNDONE: "This was undone. Preview it again.",
}


@dataclass(frozen=True)
class By:
    """Who asks: as the audit names them, and in words for the desk."""

    who: str
    name: str


class PreviewChanged(Conflict):
    """Something else would be done than what was shown; `change` has the new preview, which was kept."""

    def __init__(self, change: MassChange) -> None:
        super().__init__(
            "Families or visit days have changed since this was shown. Look at the new preview"
            f" (number {change.preview_number}) and confirm that.",
            "preview-changed",
        )
        self.change = change


def preview(session: Session, wanted: Wanted, by: By, prices: Prices, *, at: datetime) -> MassChange:
    """Keep what somebody wants to do, with what it would do. Nothing is done.

    Raises Invalid for dates or times that are wrong, and Conflict where there is nothing to call off or move,
    or where a visit day is already where another would move.
    """
    place = facility(wanted.facility)
    assert place is not None
    errors = rules.whats_wrong(wanted, at.astimezone(ZoneInfo(place.zone)).date())
    if errors:
        raise Invalid(errors)
    change = _kept(wanted, by, at)
    session.add(change)
    session.flush()
    days = previewing.show(session, change, prices, at)
    if not days and not change.until_further_notice:
        raise Conflict(NOTHING_THERE, "nothing-to-change")
    _note(session, by, "preview", change, at)
    session.commit()
    return change


def _kept(wanted: Wanted, by: By, at: datetime) -> MassChange:
    return MassChange(
        facility=wanted.facility,
        first_date=wanted.first,
        last_date=wanted.last,
        until_further_notice=wanted.last is None,
        action=wanted.action,
        reason=wanted.reason,
        new_date=wanted.new_date,
        new_start=wanted.new_start,
        new_end=wanted.new_end,
        asked_by=by.who,
        asked_name=by.name,
        asked_at=at,
        lapses_at=at + visits.SECOND_WITHIN,
    )


def confirm(
    session: Session, change_id: UUID, by: By, prices: Prices, *, at: datetime, seen: int | None = None
) -> tuple[MassChange, bool]:
    """Do what was shown; return the change, and whether it was done now. Idempotent.

    In one transaction no reminder goes to these families any more and their days are off or elsewhere;
    their texts follow. `seen`: the number of the preview that this is a yes to. Raises NotFound;
    PreviewChanged where it would no longer do the same; Conflict for the person who asked where a second one
    is needed, and for what has lapsed.
    """
    queries.one_facility_at_a_time(session, change_id)
    change = queries.locked(session, change_id)
    if change.state is MassState.CONFIRMED:
        return change, False
    _still_stands(change, at)
    days = suppressing.lock_days(session, change, at)
    if seen not in (None, change.preview_number):
        raise PreviewChanged(change)
    if queries.has_changed(session, change, days):
        _show_again(session, change, prices, at)
    if rules.needs_a_second(queries.families(session, change_id)) and by.who == change.asked_by:
        raise Conflict("Who asked for this cannot also be the second person.", "same-person")
    suppressing.carry_out(session, change, days, by.who, at)
    _note(session, by, "confirm", change, at)
    session.commit()
    return change, True


def _still_stands(change: MassChange, at: datetime) -> None:
    state = MassState.LAPSED if rules.has_lapsed(change, at) else change.state
    if state is not MassState.PREVIEWED:
        raise Conflict(OVER[state], str(state))


def _show_again(session: Session, change: MassChange, prices: Prices, at: datetime) -> None:
    previewing.show(session, change, prices, at)
    session.commit()
    raise PreviewChanged(change)


def undo(session: Session, change_id: UUID, by: By, *, at: datetime) -> MassChange:
    """Let everything be as it was: what nobody confirmed, or what was confirmed less than a minute ago.

    Idempotent. Raises NotFound, and Conflict once texts go, or where a family has registered for a day on its
    new date.
    """
    change = queries.locked(session, change_id)
    if change.state not in (MassState.PREVIEWED, MassState.CONFIRMED):
        return change
    if change.state is MassState.PREVIEWED:
        queries.forget_shown(session, change_id)
        change.state = MassState.WITHDRAWN
    elif rules.may_be_undone(change, at):
        suppressing.take_back(session, change, at)
    else:
        raise Conflict("Families are being told already, so this cannot be undone.", "too-late")
    _note(session, by, "undo", change, at)
    session.commit()
    return change


def end(session: Session, change_id: UUID, last: date, by: By, *, at: datetime) -> MassChange:
    """Say until when visits are off that were called off until further notice: after that days may be
    published again. Idempotent. Raises NotFound, Conflict and Invalid.
    """
    change = queries.locked(session, change_id)
    if change.state is not MassState.CONFIRMED or not change.until_further_notice:
        raise Conflict("Only what was called off until further notice can be ended.", "not-standing")
    if last < change.first_date:
        raise Invalid([rules.wrong("until-before-from", "until", "until must not be before from.")])
    change.last_date = last
    _note(session, by, "end", change, at)
    session.commit()
    return change


def _note(session: Session, by: By, deed: str, change: MassChange, at: datetime) -> None:
    audit.record(session, by.who, f"mass-change.{deed}", f"mass-change:{change.id}", at=at)


CLAIM_LAPSED = text(f"""
    UPDATE mass_changes
    SET leased_until = clock_timestamp() + make_interval(secs => {LEASE.total_seconds()})
    WHERE id IN (
      SELECT id FROM mass_changes
      WHERE state = '{MassState.PREVIEWED}' AND lapses_at <= :now
        AND (leased_until IS NULL OR leased_until < clock_timestamp())
      ORDER BY lapses_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id
""")


def claim_lapsed(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease what was shown and not confirmed within the hour. Does not commit."""
    return session.execute(CLAIM_LAPSED, {"now": now, "limit": limit}).scalars().all()


def lapse(session: Session, change_id: UUID, *, at: datetime) -> None:
    """Let go of what nobody confirmed within the hour, and of which families it was about. Idempotent."""
    change = queries.locked(session, change_id)
    if rules.has_lapsed(change, at):
        queries.forget_shown(session, change_id)
        change.state, change.leased_until = MassState.LAPSED, None
    session.commit()


# Of those that fell due: the texts about them are planned now.
CLAIM_TO_TELL = text(f"""
    UPDATE mass_change_families
    SET leased_until = clock_timestamp() + make_interval(secs => {LEASE.total_seconds()})
    WHERE ctid = ANY (ARRAY (
      SELECT ctid FROM mass_change_families
      WHERE state = '{FamilyState.WAITING}' AND due_at <= :now
        AND (leased_until IS NULL OR leased_until < clock_timestamp())
      ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED))
    RETURNING id
""")


def claim_to_tell(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease families that are to be told. Does not commit."""
    return session.execute(CLAIM_TO_TELL, {"now": now, "limit": limit}).scalars().all()


CLAIM_QUEUES = text(f"""
    UPDATE mass_change_days
    SET leased_until = clock_timestamp() + make_interval(secs => {LEASE.total_seconds()})
    WHERE id IN (
      SELECT id FROM mass_change_days
      WHERE due_at <= :now AND (leased_until IS NULL OR leased_until < clock_timestamp())
      ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id
""")


def claim_queues(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease days whose queue is to be told. Does not commit."""
    return session.execute(CLAIM_QUEUES, {"now": now, "limit": limit}).scalars().all()


CLAIM_TO_FOLLOW = text(f"""
    UPDATE mass_changes
    SET leased_until = clock_timestamp() + make_interval(secs => {LEASE.total_seconds()})
    WHERE id IN (
      SELECT id FROM mass_changes
      WHERE look_at <= :now AND (leased_until IS NULL OR leased_until < clock_timestamp())
      ORDER BY look_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id
""")


def claim_to_follow(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease mass changes of which it is to be seen who was reached. Does not commit."""
    return session.execute(CLAIM_TO_FOLLOW, {"now": now, "limit": limit}).scalars().all()
