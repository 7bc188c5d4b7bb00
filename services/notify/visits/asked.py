"""Which registration a yes or no is about: the one that was asked, or one that is offered a place.

Nothing here reads or writes anything but the rows and values that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.notify.contacts.answering import Said
from services.notify.visits.tables import COMING, STANDING, Registration, RegistrationState, VisitDay
from services.notify.visits.waiting import has_offer

# Questions that came this close together cannot be told apart by their answer.
AT_ONCE = timedelta(hours=1)
A_DAY_TO_CHOOSE = timedelta(days=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """A registration that an answer may be about, and when its reminder asked whether the family comes."""

    id: UUID
    state: RegistrationState
    asked_at: datetime | None
    visit_id: UUID
    # A place that came free is kept for it.
    offered: bool = False

    @property
    def waits(self) -> bool:
        """Whether the family has not answered."""
        return self.state is RegistrationState.REGISTERED or self.offered

    @property
    def stands(self) -> bool:
        """Whether the family has a place, or is kept one."""
        return self.state in COMING or self.offered

    def is_after(self, moment: datetime) -> bool:
        return self.asked_at is not None and self.asked_at > moment


def asked_of(
    registration: Registration, visit: VisitDay, reminded_at: datetime | None, at: datetime
) -> Asked:
    """Return when this family was last asked whether it comes: by a reminder at `reminded_at`, or else.

    An offer asks once it was told. A family that said no was told that YES is the way back, and of no other
    date than that of the visit as it was.
    """
    said_no = registration.state is RegistrationState.CANCELLED and registration.answered_at is not None
    way_back = registration.answered_at if said_no else None
    told = registration.offered_at
    moments = (
        reminded_at,
        told if told and told <= at else None,
        way_back if way_back and way_back >= visit.changed_at else None,
    )
    offered = has_offer(registration) and told is not None and told <= at
    last = max((moment for moment in moments if moment), default=None)
    return Asked(registration.id, registration.state, last, visit.id, offered)


def is_unasked_no(candidates: Sequence[Asked]) -> bool:
    """Whether a no says by itself that a family does not come: of those ahead, none was asked."""
    ahead = [one for one in candidates if one.state in STANDING]
    return bool(ahead) and not any(one.asked_at for one in ahead)


@dataclass(frozen=True)
class Party:
    """With how many a family comes."""

    adults: int
    children: int


def party(registration: Registration, heard: Said) -> Party | None:
    """Return who comes, as the family says in its answer; None where a person must find out.

    Children that it names, and adults with them, are so many. A number of people, or one of which nobody can
    tell whom it counts ("we come with 3"), is clear only where so many are registered: nothing changes.
    So is a number of adults, for nobody said that the children stay at home.
    """
    adults, children = registration.adults, len(registration.child_age_bands)
    if heard.unclear is not None or (heard.people is not None and heard.children is None):
        same = (heard.unclear or heard.people) == adults + children and heard.adults in (None, adults)
        return Party(adults, children) if same and heard.children in (None, children) else None
    if heard.people is not None and heard.children is not None:
        rest = heard.people - heard.children
        return Party(rest, heard.children) if rest >= 0 and heard.adults in (None, rest) else None
    if heard.children is None:
        return Party(adults, children) if heard.adults == adults else None
    return Party(adults if heard.adults is None else heard.adults, heard.children)


def pending(candidates: Sequence[Asked]) -> list[Asked]:
    """Return those that were asked whether they come and have not answered."""
    return [one for one in candidates if one.asked_at and one.waits]


def about(candidates: Sequence[Asked]) -> Asked | None:
    """Return the registration that JA or NEE is about, or None if a person must find out.

    A registration that has not answered comes first. If all have answered, the family changes its mind about
    the one that was asked last. Where two families of one telephone were asked together, nobody can tell.
    """
    waiting = pending(candidates)
    if waiting:
        others = [one for one in candidates if one.stands and one is not waiting[0]]
        return waiting[0] if not any(_asked_together(waiting[0], other) for other in others) else None
    asked = [one for one in candidates if one.asked_at is not None]
    last = max(asked, key=lambda one: one.asked_at or LONG_AGO, default=None)
    if last is None or any(_asked_together(last, other) for other in asked if other is not last):
        return None
    return last


def could_mean(candidates: Sequence[Asked]) -> list[Asked]:
    """Return those that JA or NEE may be about where nobody can tell which; fewer than two: it is clear."""
    waiting = pending(candidates)
    asked = [one for one in candidates if one.asked_at is not None]
    if not asked:
        return []
    meant = waiting[0] if waiting else max(asked, key=lambda one: one.asked_at or LONG_AGO)
    others = [one for one in asked if one.stands] if waiting else asked
    return [one for one in others if one is meant or _asked_together(meant, one)]


def lapses_at(visits: Sequence[VisitDay], at: datetime) -> datetime:
    """Return until when a family may say which it meant: for a day, and less for a visit that is near."""
    nearest = min(visit.starts_at for visit in visits)
    return min(at + A_DAY_TO_CHOOSE, at + (nearest - at) / 2)


def _asked_together(one: Asked, other: Asked) -> bool:
    if one.asked_at is None or other.asked_at is None:
        return False
    if one.waits and other.waits:
        return True
    return one.visit_id == other.visit_id or abs(one.asked_at - other.asked_at) < AT_ONCE
