"""The waiting list of a full day, as `waiting` decides it. The caller has locked the visit day, and commits.

Whatever frees a place calls `offer_places` in its own transaction: no place is free and unoffered while
somebody waits who can be told in time. `lapse_offer` alone locks and commits by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from services.notify.contacts.rules import Keyword
from services.notify.messages.commands import void
from services.notify.messages.purposes import FOR_WHO_WAITS
from services.notify.messages.queries import went_out
from services.notify.messages.tables import Purpose
from services.notify.visits import queries, queued, rules, waiting
from services.notify.visits.commands.calling import CALL_KIND, no_call
from services.notify.visits.commands.planning import (
    NO_ANSWER,
    NUMBER_KIND,
    call_owner,
    greet,
    want_text,
    write_plan,
)
from services.notify.visits.tables import Registration, VisitDay
from shared.desk.items import open_about, resolve_all
from shared.messaging.work import LEASE


def wait(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> None:
    """Give a family the last turn in the queue, and say so where it may be written to."""
    waiting.join(registration, at)
    session.flush()
    if rules.may_be_written_to(registration):
        tell_it_waits(session, visit, registration, at)


def tell_it_waits(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> None:
    """Say at once, once in each turn and for each date, that the family waits."""
    _say(session, visit, registration, Purpose.VISIT_WAITING, registration.waiting_since or at, at)


def offer_places(session: Session, visit: VisitDay, at: datetime) -> list[Registration]:
    """Offer the places that are free to those who wait longest, and return who is told. Idempotent.

    Whose turn it is, but whose number nobody proved, a person telephones.
    """
    line = queued.line(session, visit.id)
    if not line:
        return []
    coming = queries.how_many_come(session, [visit.id])[visit.id]
    made = waiting.offers(visit, coming, line, at)
    passed_over = waiting.unproven_in_turn(visit, coming, line, at)
    for registration, offer in made:
        waiting.open_offer(registration, offer)
        _tell_of_offer(session, visit, registration, offer, at)
    for registration in passed_over:
        call_owner(session, registration, reason=NO_ANSWER, at=at)
    return [registration for registration, _ in made]


def _tell_of_offer(
    session: Session, visit: VisitDay, registration: Registration, offer: waiting.Offer, at: datetime
) -> None:
    # The offer says more than that the family waits.
    void(session, registration.id, reason="overtaken", purposes=[Purpose.VISIT_WAITING, Purpose.PLACE_GONE])
    key = _key(visit, registration, Purpose.PLACE_OFFERED, offer.told_at)
    want_text(
        session,
        visit,
        registration,
        Purpose.PLACE_OFFERED,
        key,
        at,
        windowed=True,
        due_at=offer.told_at,
        not_after=offer.until,
    )


def answer(
    session: Session, visit: VisitDay, registration: Registration, keyword: Keyword, at: datetime
) -> bool:
    """Act on a yes or no of a family that waits. A yes that comes too late is told so, and keeps its turn."""
    if keyword is Keyword.NO:
        leave(session, visit, registration, at)
        _say(session, visit, registration, Purpose.WAITING_LEFT, at, at)
    elif queued.has_room(session, visit, but=registration.id):
        take_place(session, visit, registration, at)
    else:
        _say(session, visit, registration, Purpose.PLACE_GONE, at, at)
    return True


def take_place(
    session: Session, visit: VisitDay, registration: Registration, at: datetime, *, told: bool = False
) -> None:
    """Give the family its place, and welcome it where it may be written to, unless a person has `told` it."""
    _nothing_waits(session, registration, "comes-after-all", at)
    waiting.take(registration, at)
    papers = registration.first_visit
    write_plan(session, visit, registration, at, papers=papers, greet=not told, said_yes=True)
    if not told and rules.may_be_written_to(registration):
        greet(session, visit, registration, at)


def leave(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> None:
    """Let the family wait no more; a place that was kept for it goes to the next."""
    _nothing_waits(session, registration, rules.NOT_COMING, at)
    resolve_all(session, registration.id, rules.NOT_COMING, at=at, kinds=[NUMBER_KIND])
    waiting.leave(registration, at)
    offer_places(session, visit, at)


def reached_elsewhere(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> None:
    """End the offer that went to the number or address of before. The family keeps its turn."""
    waiting.withdraw(registration)
    offered = offer_places(session, visit, at)
    if registration not in offered and rules.may_be_written_to(registration):
        tell_it_waits(session, visit, registration, at)


def confirmed(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> None:
    """Tell a family whose number was confirmed just now what it waits for."""
    if registration not in offer_places(session, visit, at):
        tell_it_waits(session, visit, registration, at)


def moved(session: Session, visit: VisitDay, at: datetime) -> None:
    """End the offers for the date of before; each hears once of the new one: that it waits, or of a place."""
    line = queued.line(session, visit.id)
    for registration in line:
        _nothing_waits(session, registration, rules.VISIT_MOVED, at)
        waiting.withdraw(registration)
    offered = offer_places(session, visit, at)
    for registration in line:
        if registration not in offered and rules.may_be_written_to(registration):
            _say(session, visit, registration, Purpose.VISIT_WAITING, at, at, windowed=True)


def called_off(session: Session, visit: VisitDay, at: datetime) -> None:
    """End the queue of a day that is off, and tell those who were told that they wait."""
    line = queued.line(session, visit.id)
    told = _told(session, line)
    windowed = rules.telling(visit.starts_at, visit.zone, at).windowed
    for registration in line:
        _nothing_waits(session, registration, rules.VISIT_CANCELLED, at)
        resolve_all(session, registration.id, rules.VISIT_CANCELLED, at=at, kinds=[NUMBER_KIND])
        waiting.withdraw(registration)
        if registration.id in told:
            _say(session, visit, registration, Purpose.WAITING_CANCELLED, at, at, windowed=windowed)


def _told(session: Session, line: Sequence[Registration]) -> set[UUID]:
    """Return those who know that they wait: a text went, or a person has told them."""
    ids = [registration.id for registration in line]
    written = went_out(session, ids, Purpose.VISIT_WAITING) | went_out(session, ids, Purpose.PLACE_OFFERED)
    spoken = {
        one.id for one in line if one.channel.written is None and not open_about(session, one.id, CALL_KIND)
    }
    return written | spoken


def _nothing_waits(session: Session, registration: Registration, reason: str, at: datetime) -> None:
    """Void what a family in the queue was still to hear, calls included."""
    no_call(session, registration, reason, at)
    void(session, registration.id, reason=reason, purposes=FOR_WHO_WAITS)


def _say(
    session: Session,
    visit: VisitDay,
    registration: Registration,
    purpose: Purpose,
    since: datetime,
    at: datetime,
    *,
    windowed: bool = False,
) -> None:
    key = _key(visit, registration, purpose, since)
    want_text(session, visit, registration, purpose, key, at, windowed=windowed)


def _key(visit: VisitDay, registration: Registration, purpose: Purpose, since: datetime) -> str:
    return f"visit:{registration.id}:{visit.version}:{purpose}:{since.isoformat()}"


CLAIM_LAPSED_OFFERS = text(f"""
    UPDATE registrations
    SET offer_leased_until = clock_timestamp() + make_interval(secs => {LEASE.total_seconds()})
    WHERE id IN (
      SELECT id FROM registrations
      WHERE offered_until <= :now AND (offer_leased_until IS NULL OR offer_leased_until < clock_timestamp())
      ORDER BY offered_until LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id
""")


def claim_lapsed_offers(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease the offers that nobody has answered in time. Does not commit."""
    return session.execute(CLAIM_LAPSED_OFFERS, {"now": now, "limit": limit}).scalars().all()


def lapse_offer(session: Session, registration_id: UUID, *, at: datetime) -> None:
    """End an offer in silence, and offer its place to the next. Idempotent. Commits.

    Whom a person was to tell, and was not told yet, was not silent.
    """
    day = queued.day_of(session, registration_id)
    if day is not None:
        visit = queries.locked_visit(session, day)
        # One whose name cannot be read keeps no place back.
        for registration in queued.line(session, day):
            if registration.id == registration_id and waiting.has_lapsed(registration, at):
                _lapse(session, visit, registration, at)
    session.commit()


def _lapse(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> None:
    untold = bool(open_about(session, registration.id, CALL_KIND))
    _nothing_waits(session, registration, "lapsed", at)
    waiting.lapse(registration, at, silent=not untold)
    offer_places(session, visit, at)
