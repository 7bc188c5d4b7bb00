"""When a family is reminded, and what its answer means. Days are counted on the wall at the facility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify.contacts.rules import last_allowed_before, next_allowed_from
from services.notify.visits.tables import RegistrationState, Step, StepState
from shared.errors import FieldError, RuleBroken

WHEN = {
    Step.D28: (28, time(10)),
    Step.D7: (7, time(10)),
    Step.D3: (3, time(10)),
    Step.D1: (1, time(18)),
}
# Two texts in one minute look like a mistake, so what was late comes some time after the registration's own.
PAUSE = timedelta(hours=2)
FARTHEST = timedelta(days=2 * 366)
PAST = ("in-the-past", "This visit has begun already. Choose a moment to come.")
FAR = ("too-far-ahead", "This visit is more than two years ahead. Check the year.")
# Nearer than this to the next step, it goes along with that one.
APART = timedelta(hours=12)
# A visit that is nearer than this may be told of at night.
URGENT = timedelta(hours=18)


class NoSuchTime(RuleBroken):
    """The clock jumps over this time on that night."""


def moment(day: date, clock: time, zone: str) -> datetime:
    """The UTC moment of a wall-clock time; of the hour that comes twice, the first. Raises NoSuchTime."""
    at = datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
    if at.astimezone(ZoneInfo(zone)).time() != clock:
        raise NoSuchTime(f"{clock:%H:%M} does not exist on that night: the clock goes forward")
    return at


@dataclass(frozen=True)
class Planned:
    """`carries`: steps that were late, and whose words go along with this one. `due_at` in UTC."""

    step: Step
    due_at: datetime
    state: StepState = StepState.PLANNED
    carries: tuple[Step, ...] = ()


def plan(
    visit_at: datetime, zone: str, at: datetime, *, papers: bool, minor: bool = False, greet: bool = True
) -> list[Planned]:
    """The steps of a family that registers, or whose visit moves, at the moment `at` before the visit.

    `papers`: a first visit, so D-28 asks for identity papers. `greet`: the registration is confirmed at once.
    Every planned step lies inside the window and before the visit. Steps that are late collapse into one.
    """
    wanted = [Planned(step, due_at(step, visit_at, zone, minor=minor)) for step in WHEN]
    wanted = [one for one in wanted if papers or one.step is not Step.D28]
    late = [one for one in wanted if one.due_at <= at]
    ahead = [one for one in wanted if one.due_at > at]
    first = [Planned(Step.REGISTRATION, at)] if greet else []
    if not late:
        return first + ahead
    late_at = next_allowed_from(at + PAUSE, zone, minor=minor, visit_at=visit_at)
    return sorted(_collapsed(first, late, ahead, late_at), key=lambda one: one.due_at)


def reminds(steps: Sequence[Planned]) -> bool:
    """Whether anything comes after the registration's own text."""
    return any(one.state is StepState.PLANNED and one.step is not Step.REGISTRATION for one in steps)


def due_at(step: Step, visit_at: datetime, zone: str, *, minor: bool = False) -> datetime:
    """When a step goes: its own time, or else the last moment before it at which it may."""
    days, clock = WHEN[step]
    wanted = moment(_local_day(visit_at, zone) - timedelta(days=days), clock, zone)
    return last_allowed_before(wanted, zone, minor=minor, visit_at=visit_at)


def _collapsed(
    first: list[Planned], late: list[Planned], ahead: list[Planned], late_at: datetime
) -> list[Planned]:
    steps = tuple(one.step for one in late)
    if ahead and late_at <= ahead[0].due_at - APART:
        chosen = _stands_for(steps)
        carries = tuple(step for step in steps if step is not chosen)
        skipped = [replace(one, state=StepState.SKIPPED) for one in late if one.step is not chosen]
        return [*first, *skipped, Planned(chosen, late_at, carries=carries), *ahead]
    skipped = [replace(one, state=StepState.SKIPPED) for one in late]
    if ahead:
        return [*first, *skipped, replace(ahead[0], carries=steps), *ahead[1:]]
    return [*(replace(one, carries=steps) for one in first), *skipped]


def _stands_for(late: Sequence[Step]) -> Step:
    """The question whether they come matters most, then the papers without which nobody is let in."""
    return next(step for step in (Step.D3, Step.D28, Step.D7, Step.D1) if step in late)


def not_after(step: Step, visit_at: datetime, zone: str) -> datetime:
    """After this a step is of no use: the visit has begun, or D-1 comes and says the same."""
    if step in (Step.REGISTRATION, Step.D1):
        return visit_at
    return moment(_local_day(visit_at, zone) - timedelta(days=1), WHEN[Step.D1][1], zone)


def overtaken(step: Step, also_due: Sequence[Step]) -> bool:
    """After a standstill several steps are due at once: the nearest speaks, but papers are always told."""
    return step is not Step.D28 and any(WHEN[other][0] < WHEN[step][0] for other in also_due)


@dataclass(frozen=True)
class Telling:
    """When a text goes, and whether the window is looked at again then."""

    due_at: datetime
    windowed: bool


def telling(visit_at: datetime, zone: str, at: datetime, *, was_at: datetime | None = None) -> Telling:
    """When a family hears that its visit is off, or moved from `was_at`.

    At any hour only where it would set out in less than 18 hours. On a Sunday somebody is written to for a
    visit on Monday alone, also where it is no longer on that day.
    """
    sets_out_for = min(visit_at, was_at or visit_at)
    if sets_out_for - at < URGENT:
        return Telling(at, windowed=False)
    then = next_allowed_from(at, zone, visit_at=sets_out_for)
    return Telling(then, windowed=then == next_allowed_from(at, zone, visit_at=visit_at))


def _local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


@dataclass(frozen=True)
class Asked:
    """A registration that an answer may be about, and when its D-3 was asked."""

    id: UUID
    state: RegistrationState
    asked_at: datetime | None


def pending(candidates: Sequence[Asked]) -> list[Asked]:
    """Those that were asked whether they come, and have not said."""
    return [one for one in candidates if one.asked_at and one.state is RegistrationState.REGISTERED]


def about(candidates: Sequence[Asked]) -> Asked | None:
    """The registration that JA or NEE is about, or None where a person must find out.

    An open question comes first; without one, it is a change of mind about the question asked last.
    """
    waiting = pending(candidates)
    if waiting:
        return waiting[0] if len(waiting) == 1 else None
    asked = [one for one in candidates if one.asked_at is not None]
    return max(asked, key=lambda one: one.asked_at or datetime.min.replace(tzinfo=UTC), default=None)


def has_room(capacity: int, coming: int) -> bool:
    return coming < capacity


def whats_wrong(day: date, start: time, end: time, zone: str, at: datetime) -> list[FieldError]:
    """What keeps a visit from being held then: no such time, an end before the start, the past."""
    today = _local_day(at, zone)
    if not today <= day <= today + FARTHEST:  # before any sum with it: the calendar has two ends
        found = [_wrong("date", *(PAST if day < today else FAR))]
        return found + (
            [_wrong("endTime", "end-before-start", "endTime must be later than startTime.")]
            if end <= start
            else []
        )
    times = (("startTime", start), ("endTime", end))
    found = [_jumped_over(name, day, clock) for name, clock in times if not _exists(day, clock, zone)]
    if end <= start:
        found.append(_wrong("endTime", "end-before-start", "endTime must be later than startTime."))
    if not found and moment(day, start, zone) <= at:
        found.append(_wrong("date", "in-the-past", "This visit has begun already. Choose a moment to come."))
    return found


def _exists(day: date, clock: time, zone: str) -> bool:
    try:
        moment(day, clock, zone)
    except NoSuchTime:
        return False
    return True


def _jumped_over(name: str, day: date, clock: time) -> FieldError:
    why = f"{clock:%H:%M} does not exist on {day}: the clock goes forward that night."
    return _wrong(name, "no-such-time", f"{why} Choose another time.")


def _wrong(name: str, code: str, detail: str) -> FieldError:
    return FieldError(f"/{name}", name, code, detail)
