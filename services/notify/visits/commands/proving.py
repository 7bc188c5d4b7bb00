"""Whose number or address it is: its owner is asked once, and a yes counts for all that waits.

The caller commits, but for `confirm_by_link`.

A key of some facilities learns nothing of what is known of a number elsewhere: it is answered as for a number
that nobody knows, and what must not be sent is left to the desk.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.contacts import proofs
from services.notify.contacts.rules import ASKED_A_WEEK, ASKED_AGAIN_AFTER, ASKED_AGAIN_IF_PROVEN
from services.notify.messages.queries import asked_whose_number
from services.notify.messages.tables import Purpose
from services.notify.visits import links, queries, rules
from services.notify.visits.commands.escorting import ask_for_escort
from services.notify.visits.commands.planning import (
    NUMBER_KIND,
    call_owner,
    greet,
    void_plan,
    want_text,
    write_plan,
)
from services.notify.visits.commands.queueing import confirmed, offer_places
from services.notify.visits.tables import (
    STANDING,
    FamilyChannel,
    Registration,
    RegistrationState,
    VisitDay,
    VisitState,
)
from shared.ceilings import add, count
from shared.desk.items import resolve_all
from shared.errors import Conflict

DAY_SECONDS = 24 * 60 * 60
QUESTIONS_PER_DAY = 2
# So long a question is left to its owner; after it, and for thirty days in all, a person telephones.
ASKED_LATELY = timedelta(days=3)
# How long a confirmed number stays trusted, and how long a refused one is left alone.
TRUSTED, LEFT_ALONE = timedelta(days=400), timedelta(days=30)
Waiting = Sequence[tuple[Registration, VisitDay]]
# The facilities of the key that asks; None for one that may know of all.
Facilities = Collection[str] | None


def is_trusted(
    session: Session, channel: FamilyChannel, index: bytes, at: datetime, within: Facilities
) -> bool:
    """Whether the owner of a number has confirmed it before, as far as this key may know.

    A key of some facilities must not learn that somebody asked us for advice, so that proves it for others
    alone.
    """
    if channel is not FamilyChannel.SMS:
        return False
    if within is None and proofs.proven_among(session, [index]):
        return True
    return bool(_known_to(queries.proven_at(session, index, at - TRUSTED), within))


def _known_to(facilities: set[str], within: Facilities) -> set[str]:
    return facilities if within is None else facilities & set(within)


def ask_owner(
    session: Session, visit: VisitDay, family: Registration, at: datetime, within: Facilities, *, key: str
) -> None:
    """Ask the owner of the number or address, once for all registrations that wait; `key` names the question.

    Raises Conflict for a number whose owner refused a registration lately, and TooMany.
    """
    refused = queries.refused_at(session, family.contact_index, at - LEFT_ALONE)
    if _known_to(refused, within):
        raise Conflict(
            "The owner of this number has said that a registration was not theirs. Use another "
            "number, or let the desk confirm this one.",
            "number-refused",
        )
    asked_at = _asked_lately(session, family, at) or _asked_elsewhere(session, family, at)
    family.number_asked_at = asked_at or at
    if asked_at is not None:
        return
    if refused or _was_asked(session, family, at) or not _may_be_asked(session, visit, family, at, within):
        # Left alone, and told to nobody but the desk: it is no business of this facility.
        call_owner(session, family, reason="left-alone", at=at)
        return
    want_text(session, visit, family, Purpose.CONFIRM_NUMBER, key, at, windowed=True)


def _asked_elsewhere(session: Session, family: Registration, at: datetime) -> datetime | None:
    """Return when the owner of the number was asked for an advice request: a text says yes to both.

    An unproven number gets one text in thirty days. A link in a mail says yes to what it was made for alone.
    """
    by_text = family.channel is FamilyChannel.SMS
    return proofs.asked_at(session, family.contact_index, at=at) if by_text else None


def _asked_lately(session: Session, family: Registration, at: datetime) -> datetime | None:
    """Return when the owner was last asked, if a yes would still count as the answer; else None."""
    asked = [
        registration.number_asked_at
        for registration, _ in queries.waiting_for_number(session, family.contact_index, at)
        if registration is not family
    ]
    return max((moment for moment in asked if moment and moment > at - ASKED_LATELY), default=None)


def _was_asked(session: Session, family: Registration, at: datetime) -> bool:
    """Whether the owner was asked in the last thirty days, for whatever and whoever it was.

    A yes to it still counts. It also holds where the registration was cancelled since, or had another number.
    Who was here before is asked about a new form the next day, so that nobody learns of them by typing it.
    """
    known = family.from_page and bool(proofs.proven_among(session, [family.contact_index]))
    lately = ASKED_AGAIN_IF_PROVEN if known else ASKED_AGAIN_AFTER
    if family.channel is FamilyChannel.EMAIL:
        asked = proofs.asked_at(session, family.contact_index, at=at) is not None
        address = family.email or ""
        return asked or bool(
            asked_whose_number(session, [address], at, within=lately, channel=ChannelName.EMAIL)
        )
    return family.phone is not None and bool(asked_whose_number(session, [family.phone], at, within=lately))


def _may_be_asked(
    session: Session, visit: VisitDay, family: Registration, at: datetime, within: Facilities
) -> bool:
    """Count the question. Raises TooMany for those of this key's facilities alone."""
    bucket = f"confirm-number:{family.contact_index.hex()}"
    if family.from_page:
        a_week = add(session, f"confirm-number-week:{family.contact_index.hex()}", 7 * DAY_SECONDS, 1, at)
        return a_week <= ASKED_A_WEEK and add(session, bucket, DAY_SECONDS, 1, at) <= QUESTIONS_PER_DAY
    detail = "The owner of this number was asked to confirm a registration today. Let them answer first."
    if within is None:
        count(session, bucket, DAY_SECONDS, QUESTIONS_PER_DAY, at, detail=detail)
        return True
    count(session, f"{bucket}:{visit.facility}", DAY_SECONDS, QUESTIONS_PER_DAY, at, detail=detail)
    return add(session, bucket, DAY_SECONDS, 1, at) <= QUESTIONS_PER_DAY


def confirm_waiting(session: Session, waiting: Waiting, at: datetime) -> bool:
    """Confirm the number for each of these that still waits, and welcome the family.

    The caller has locked their visits. Returns False if none still waited.
    """
    still = [
        (registration, visit)
        for registration, visit in waiting
        if waits_for_owner(session, registration, visit)
    ]
    for registration, visit in still:
        _confirm_number(session, visit, registration, at)
    return bool(still)


def confirm_by_link(session: Session, token: str, *, at: datetime) -> bool:
    """Confirm an address for whoever pressed the button behind the link in our mail. Idempotent. Commits.

    Returns False where the link leads nowhere (any more).
    """
    found = linked(session, token, at)
    if found is not None:
        waiting = queries.waiting_for_number(session, found.contact_index, at)
        queries.lock_visits(session, {visit.id for _, visit in waiting})
        confirm_waiting(session, waiting, at)
    session.commit()
    return found is not None


def linked(session: Session, token: str, at: datetime) -> Registration | None:
    """Return the registration that this link was made for, if it still comes, and to the same address."""
    registration_id = links.registration_of(token)
    pairs = queries.with_visit(session, [registration_id]).values() if registration_id else ()
    for registration, visit in pairs:
        comes = registration.state in STANDING and rules.still_to_come(visit, at)
        return registration if comes and links.leads_to(token, registration) else None
    return None


def waits_for_owner(session: Session, registration: Registration, visit: VisitDay) -> bool:
    """Reload a registration under the lock and say whether it still waits, and for the same owner.

    That the visit moved meanwhile does not matter: the number still has the same owner.
    """
    asked = bytes(registration.contact_index)
    session.refresh(registration)
    return (
        visit.state is VisitState.OPEN
        and bytes(registration.contact_index) == asked
        and registration.state in STANDING
        and not rules.may_be_written_to(registration)
    )


def _confirm_number(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> None:
    """Mark the number as confirmed, welcome the family now, and plan the reminders that are still ahead.

    A family in the queue hears that it waits, or of a place.
    """
    registration.number_confirmed, registration.address_unproven = True, False
    remember_proven(session, registration, at)
    if _is_there_already(session, visit, registration, at):
        return
    waits = registration.state is RegistrationState.WAITING
    if not waits:
        write_plan(session, visit, registration, at, papers=registration.first_visit, greet=True)
    # After the plan: by then a worker that was giving up on this number has opened its work item.
    resolve_all(session, registration.id, "number-confirmed", at=at, kinds=[NUMBER_KIND])
    tell = confirmed if waits else greet
    tell(session, visit, registration, at)
    ask_for_escort(session, registration, at)


def _is_there_already(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> bool:
    """Know a family that is proven now by its own name; where it was registered before, that one stays."""
    own = rules.name_index(registration.name)
    other = queries.family_coming(session, visit.id, registration.contact_index, own)
    if other is None or other.id == registration.id:
        registration.name_index = own
        return False
    registration.state, registration.answered_at = RegistrationState.CANCELLED, at
    registration.offered_until = None
    void_plan(session, registration, "registered-already", at)
    resolve_all(session, registration.id, "registered-already", at=at, kinds=[NUMBER_KIND])
    offer_places(session, visit, at)
    return True


def remember_proven(session: Session, registration: Registration, at: datetime) -> None:
    """Let the number or address that its owner, or the desk, has confirmed count as proven for all else."""
    channel = registration.channel.written
    address = registration.phone if channel is ChannelName.SMS else registration.email
    if channel is not None and address:
        proofs.proven_at_a_visit(session, registration.id, channel, address, at=at)


def vouch(session: Session, registration_id: UUID, *, at: datetime) -> None:
    """Confirm a number for the desk, which has spoken to its owner. Does not commit.

    Raises Conflict for a visit that is cancelled or over, and a registration that was cancelled or refused.
    """
    registration, visit = queries.with_visit(session, [registration_id])[registration_id]
    waiting = queries.waiting_for_number(session, registration.contact_index, at)
    queries.lock_visits(session, {visit.id, *(other.id for _, other in waiting)})
    session.refresh(registration)
    takes_registrations(visit, at)
    if registration.state not in STANDING:
        raise Conflict(
            "This registration was cancelled or refused. Please register the family anew.", "not-coming"
        )
    confirm_waiting(session, waiting, at)


CHOOSE_ANOTHER = {
    rules.VISIT_CANCELLED: "This visit day was cancelled; choose another one.",
    rules.VISIT_PAST: "This visit day has begun or is over; choose another one.",
}


def takes_registrations(visit: VisitDay, at: datetime) -> None:
    """Raises Conflict for a visit day that was cancelled or has begun."""
    over = rules.why_over(visit, at)
    if over is not None:
        raise Conflict(CHOOSE_ANOTHER[over], over)
