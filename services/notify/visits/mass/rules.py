"""What a mass change reaches, when it begins, and when a family would set out. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from services.notify.visits import rules as visits
from services.notify.visits.mass.tables import MassChange, MassState
from services.notify.visits.tables import ChangeKind, VisitDay
from shared.errors import FieldError

# Long enough to see one's mistake on the page, and short beside what a journey takes.
TO_UNDO = timedelta(minutes=1)
# Who visits this soon may be on the way already: for them a minute is too long.
NO_TIME_TO_UNDO = timedelta(hours=3)
# Who is not reached by then is telephoned.
CALLED_AFTER = timedelta(minutes=30)
# Late news that a text arrived takes a family off the call list for so long.
FOLLOWED = timedelta(days=1)
LOOKED_AT_EVERY, THEN_EVERY, SOON = timedelta(seconds=10), timedelta(minutes=1), timedelta(hours=1)
# A place is kept for days within so many days of the visit that was called off.
KEPT_DAYS = 60
# A family is at the gate half an hour before, and travels at 50 km/h over roads a third longer than the
# line on the map. Where nobody knows from where it comes, it is thought to set out two hours before.
AT_THE_GATE, SPEED_KMH, DETOUR = timedelta(minutes=30), 50, 1.3
SETS_OUT_BEFORE = timedelta(hours=2)
LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to do to all visit days of a facility from one date to another.

    `last` is None until further notice. `new_date`: where the first date goes when days move, and the others
    as far; `new_start` and `new_end` are for all of them.
    """

    facility: str
    first: date
    last: date | None
    action: ChangeKind
    reason: str | None = None
    new_date: date | None = None
    new_start: time | None = None
    new_end: time | None = None


@dataclass(frozen=True)
class Slot:
    """A date with its times, local at the facility."""

    day: date
    start: time
    end: time


def wrong(code: str, field: str, detail: str) -> FieldError:
    return FieldError(f"/{field}", field, code, detail)


def whats_wrong(wanted: Wanted, today: date) -> list[FieldError]:
    """Return every error in what somebody wants that can be seen without looking at any visit day."""
    found = []
    if wanted.last is not None and wanted.last < wanted.first:
        found.append(wrong("until-before-from", "until", "until must not be before from."))
    elif (wanted.last or wanted.first) - wanted.first > LONGEST:
        found.append(wrong("too-long", "until", "At most a year is called off or moved at once."))
    if (wanted.last or today) < today:
        found.append(wrong("in-the-past", "until", "These days are over."))
    return [*found, *(_wrong_move(wanted) if wanted.action is ChangeKind.MOVE else _wrong_call_off(wanted))]


def _wrong_move(wanted: Wanted) -> list[FieldError]:
    found = []
    if wanted.new_date is None and wanted.new_start is None:
        found.append(wrong("missing", "newDate", "Say to which date, or at which time."))
    if wanted.last is None:
        found.append(wrong("missing", "until", "A move has an end: say until which date days move."))
    if (wanted.new_start is None) is not (wanted.new_end is None):
        found.append(wrong("missing", "newEndTime", "New times are a start and an end."))
    return found


def _wrong_call_off(wanted: Wanted) -> list[FieldError]:
    found = [] if wanted.reason else [wrong("missing", "reason", "Say why; it is kept on record.")]
    if wanted.new_date or wanted.new_start or wanted.new_end:
        found.append(wrong("not-allowed", "newDate", "Days that are called off have no new date."))
    return found


def moved(change: MassChange, visit: VisitDay) -> Slot:
    """Return when a visit day of this change takes place after it moved."""
    shift = (change.new_date or change.first_date) - change.first_date
    return Slot(
        visit.visit_date + shift,
        change.new_start or visit.start_time,
        change.new_end or visit.end_time,
    )


def hand_over_at(starts: Sequence[datetime], at: datetime) -> datetime:
    """Return when texts begin to go: after the minute in which it can be undone.

    At once where one of the visits, old or new, begins within three hours: its families may be on their way.
    """
    near = any(start - at < NO_TIME_TO_UNDO for start in starts)
    return at if near else at + TO_UNDO


def leaves_before(km: float | None = None) -> timedelta:
    """Return how long before its visit a family sets out that comes from so far; None: nobody knows."""
    if km is None:
        return SETS_OUT_BEFORE
    return AT_THE_GATE + timedelta(hours=km * DETOUR / SPEED_KMH)


def may_be_undone(change: MassChange, at: datetime) -> bool:
    return (
        change.state is MassState.CONFIRMED and change.hand_over_at is not None and at < change.hand_over_at
    )


def has_lapsed(change: MassChange, at: datetime) -> bool:
    return change.state is MassState.PREVIEWED and at >= change.lapses_at


def needs_a_second(families: int) -> bool:
    return families > visits.ALONE


def look_again(change: MassChange, at: datetime) -> datetime | None:
    """Return when to look next at who was reached; None once that is over."""
    begun = change.hand_over_at or at
    if at >= begun + FOLLOWED:
        return None
    return at + (LOOKED_AT_EVERY if at < begun + SOON else THEN_EVERY)
