"""The waiting list of a full day: who is offered a place that comes free, until when, and what ends that.

A registration in the queue waits, or waits with an offer open. What can happen to it:

| it | by | becomes |
|---|---|---|
| joins | a registration on a full day | waiting, behind all who wait |
| is offered a place | a place that came free | waiting, with the place kept until `offered_until` |
| says yes | JA, the desk, registering again | confirmed: it has the place |
| says no | NEE, the desk | cancelled: it leaves the queue of this day, and of no other |
| stays silent | `offered_until` passes | waiting, behind all who wait; the second time it leaves |
| loses its offer | its day moves or is off, or it has another number | waiting, in its turn |

Saying no and leaving cost nothing: who registers again later waits like anybody. Nor does one silence cost
the chance of a place: a telephone may be off for a day, so the family stays, and others come first. A second
one ends it, else each place that comes free would wait for a number that nobody reads.

Nothing here reads or writes anything but the rows that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.contacts.rules import next_allowed_from
from services.notify.visits import rules
from services.notify.visits.tables import Registration, RegistrationState, VisitDay

# Who works or sleeps, or asks at home first, can still answer within a day.
TO_ANSWER = timedelta(days=1)
# For a visit that is near: a quarter of what is left, so that after a silence there is time to ask others.
SHARE = 4
# Nobody can be expected to look at a telephone more often; with less than this the place is not offered.
AT_LEAST = timedelta(hours=2)
# After so many silences a family is asked no more.
SILENCES = 2


@dataclass(frozen=True)
class Offer:
    """When a family hears that there is a place (UTC), and until when that is kept for it."""

    told_at: datetime
    until: datetime


def in_turn(waiting: Sequence[Registration]) -> list[Registration]:
    """Return those who wait in the order in which they are asked: who joined first comes first."""
    return sorted(waiting, key=lambda one: (one.waiting_since or one.created_at, one.created_at, one.id))


def has_offer(registration: Registration) -> bool:
    return registration.state is RegistrationState.WAITING and registration.offered_until is not None


def taken(coming: int, waiting: Sequence[Registration]) -> int:
    """Return how many places are gone: an offer that is open keeps its place."""
    return coming + sum(has_offer(one) for one in waiting)


def offers(
    visit: VisitDay, coming: int, waiting: Sequence[Registration], at: datetime
) -> list[tuple[Registration, Offer]]:
    """Return who is to be offered the places that are free: in turn, and several at once where several are.

    Passed over: who cannot be told because nobody proved its number, and who would hear too late.
    """
    if not rules.still_to_come(visit, at):
        return []
    able = [(one, offer(visit, one, at)) for one in in_turn(waiting) if can_be_offered(one)]
    found = [(one, made) for one, made in able if made is not None]
    return found[: max(visit.capacity - taken(coming, waiting), 0)]


def unproven_in_turn(
    visit: VisitDay, coming: int, waiting: Sequence[Registration], at: datetime
) -> list[Registration]:
    """Return those whose turn it is, and who cannot be told because nobody proved their number."""
    if not rules.still_to_come(visit, at):
        return []
    turns = [one for one in in_turn(waiting) if not has_offer(one) and offer(visit, one, at) is not None]
    free = max(visit.capacity - taken(coming, waiting), 0)
    return [one for one in turns[:free] if not rules.may_be_written_to(one)]


def can_be_offered(registration: Registration) -> bool:
    return not has_offer(registration) and rules.may_be_written_to(registration)


def offer(visit: VisitDay, registration: Registration, at: datetime) -> Offer | None:
    """Return when this family hears of a place, inside the window, and until when it may answer.

    None where that is too near to the visit. What ends at night goes on until morning: nobody else could be
    told before; not for a visit for which one would set out by then.
    """
    minor = registration.minors_own_phone
    told_at = next_allowed_from(at, visit.zone, minor=minor, visit_at=visit.starts_at)
    within = min(TO_ANSWER, (visit.starts_at - told_at) / SHARE)
    if within < AT_LEAST:
        return None
    until = told_at + within
    morning = next_allowed_from(until, visit.zone, visit_at=visit.starts_at)
    return Offer(told_at, until if rules.is_near(visit.starts_at, morning) else morning)


def join(registration: Registration, at: datetime) -> None:
    """Take the last turn in the queue."""
    _without_offer(registration)
    registration.state, registration.answered_at = RegistrationState.WAITING, None
    registration.waiting_since, registration.silences = at, 0


def open_offer(registration: Registration, made: Offer) -> None:
    registration.offered_at, registration.offered_until = made.told_at, made.until


def take(registration: Registration, at: datetime) -> None:
    """Have a place: who says so comes."""
    registration.state, registration.answered_at = RegistrationState.CONFIRMED, at
    registration.offered_until = registration.offer_leased_until = None


def leave(registration: Registration, at: datetime) -> None:
    """Wait no more."""
    _without_offer(registration)
    registration.state, registration.answered_at = RegistrationState.CANCELLED, at


def lapse(registration: Registration, at: datetime, *, silent: bool = True) -> None:
    """Let an offer end unanswered: others come first now, and after the second silence it is over."""
    told_at = registration.offered_at
    _without_offer(registration)
    # A yes that comes too late is still an answer to it.
    registration.offered_at, registration.waiting_since = told_at, at
    registration.silences += silent
    if registration.silences >= SILENCES:
        registration.state = RegistrationState.CANCELLED


def has_lapsed(registration: Registration, at: datetime) -> bool:
    return (
        has_offer(registration)
        and registration.offered_until is not None
        and registration.offered_until <= at
    )


def withdraw(registration: Registration) -> None:
    """End an offer through no doing of the family, which keeps its turn."""
    _without_offer(registration)


def _without_offer(registration: Registration) -> None:
    registration.offered_at = registration.offered_until = registration.offer_leased_until = None
