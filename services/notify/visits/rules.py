"""When a family is reminded, what may still be said to it, and what its answer means.

Days are calendar days in the facility's time zone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notify.contacts.rules import last_allowed_before, next_allowed_from
from services.notify.messages import purposes
from services.notify.messages.purposes import OnlyWhile
from services.notify.messages.tables import Purpose
from services.notify.visits.steps import AHEAD, LAST, PAPERS, ROWS, StepRow
from services.notify.visits.tables import (
    COMING,
    STANDING,
    FamilyChannel,
    Registration,
    RegistrationState,
    Step,
    StepState,
    VisitDay,
    VisitState,
    WaitingChange,
)
from shared.crypto import blind_index
from shared.errors import FieldError, RuleBroken

# Codes for why a visit no longer takes place, and why a text about it is not sent.
VISIT_CANCELLED, VISIT_PAST, VISIT_MOVED = "visit-cancelled", "visit-past", "visit-moved"
NOT_COMING = "not-coming"
# Two texts in one minute look like a mistake, so late steps wait this long after the registration's own text.
PAUSE = timedelta(hours=2)
FARTHEST = timedelta(days=2 * 366)
BEGUN = FieldError("/date", "date", "in-the-past", "This date and time are in the past. Choose later ones.")
FAR = FieldError("/date", "date", "too-far-ahead", "This visit is more than two years ahead. Check the year.")
END_FIRST = FieldError("/endTime", "endTime", "end-before-start", "endTime must be later than startTime.")
# A late step that would come closer than this to the next one is carried by that one instead.
APART = timedelta(hours=12)
# News of a visit that is nearer than this may go at night.
URGENT = timedelta(hours=18)
# With more families than this, a visit day is called off or moved by two people, within this time.
ALONE, SECOND_WITHIN = 50, timedelta(hours=1)


class NoSuchTime(RuleBroken):
    """The clock skips this time that night, when it goes forward."""


def moment(day: date, clock: time, zone: str) -> datetime:
    """Return a local time in UTC; for the hour that comes twice, the first one. Raises NoSuchTime."""
    at = datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
    if at.astimezone(ZoneInfo(zone)).time() != clock:
        raise NoSuchTime(f"{clock:%H:%M} does not exist on that night: the clock goes forward")
    return at


@dataclass(frozen=True)
class Planned:
    """A step with its moment. `due_at` in UTC; `carries` names late steps whose words this one brings too."""

    step: Step
    due_at: datetime
    state: StepState = StepState.PLANNED
    carries: tuple[Step, ...] = ()


def plan(
    visit_at: datetime,
    zone: str,
    at: datetime,
    *,
    papers: bool,
    minor: bool = False,
    greet: bool = True,
    said_yes: bool = False,
) -> list[Planned]:
    """Plan the steps for a family that registers, or whose visit moves, at the moment `at`.

    `papers`: this is a first visit, so identity papers are asked for. `greet`: a text confirms the
    registration at once. `minor`: the telephone is a child's own and has a shorter window. `said_yes`: it has
    just said that it comes, so a question whether it does is skipped where it is late.
    Every planned step lies inside the window and before the visit. Late steps collapse into one.
    """
    steps = [one.step for one in AHEAD if papers or not one.papers]
    wanted = [Planned(step, due_at(step, visit_at, zone, minor=minor)) for step in steps]
    needless = [one for one in wanted if one.due_at <= at and said_yes and ROWS[one.step].asks]
    late = [one for one in wanted if one.due_at <= at and one not in needless]
    ahead = [one for one in wanted if one.due_at > at]
    first = [Planned(Step.REGISTRATION, at)] if greet else []
    late_at = next_allowed_from(at + PAUSE, zone, minor=minor, visit_at=visit_at)
    planned = _collapsed(first, late, ahead, late_at) if late else first + ahead
    skipped = [replace(one, state=StepState.SKIPPED) for one in needless]
    return sorted([*planned, *skipped], key=lambda one: one.due_at)


def reminds(steps: Sequence[Planned]) -> bool:
    """Whether a reminder is planned after the registration's own text."""
    return any(one.state is StepState.PLANNED and one.step is not Step.REGISTRATION for one in steps)


def due_at(step: Step, visit_at: datetime, zone: str, *, minor: bool = False) -> datetime:
    """Return when a step is due in UTC: its own time, or the last moment before that inside the window."""
    wanted = _own_time(ROWS[step], visit_at, zone)
    return last_allowed_before(wanted, zone, minor=minor, visit_at=visit_at)


def _own_time(row: StepRow, visit_at: datetime, zone: str) -> datetime:
    return moment(_local_day(visit_at, zone) - timedelta(days=row.days), row.clock, zone)


def _collapsed(
    first: list[Planned], late: list[Planned], ahead: list[Planned], late_at: datetime
) -> list[Planned]:
    steps = tuple(one.step for one in late)
    if ahead and late_at <= ahead[0].due_at - APART:
        chosen = min(steps, key=lambda step: ROWS[step].rank)
        carries = tuple(step for step in steps if step is not chosen)
        skipped = [replace(one, state=StepState.SKIPPED) for one in late if one.step is not chosen]
        return [*first, *skipped, Planned(chosen, late_at, carries=carries), *ahead]
    skipped = [replace(one, state=StepState.SKIPPED) for one in late]
    if ahead:
        return [*first, *skipped, replace(ahead[0], carries=steps), *ahead[1:]]
    return [*(replace(one, carries=steps) for one in first), *skipped]


def not_after(step: Step, visit_at: datetime, zone: str) -> datetime:
    """Return the moment from which a step is useless: the visit begins, or the last reminder covers it."""
    if step in (Step.REGISTRATION, LAST.step):
        return visit_at
    return _own_time(LAST, visit_at, zone)


def overtaken(step: Step, also_due: Sequence[Step]) -> bool:
    """Whether a step makes way for a later one that is due too, as after a standstill. Papers never do."""
    return step not in PAPERS and any(ROWS[other].days < ROWS[step].days for other in also_due)


@dataclass(frozen=True)
class Telling:
    """When a text is due (UTC), and whether the window is checked again at that moment."""

    due_at: datetime
    windowed: bool


def telling(
    visit_at: datetime, zone: str, at: datetime, *, was_at: datetime | None = None, minor: bool = False
) -> Telling:
    """Return when a family hears that its visit is cancelled, or moved from `was_at`.

    It hears outside the window only if it would set out within 18 hours. On a Sunday it hears only about a
    visit that is, or was, on that Sunday or on Monday.
    """
    sets_out_for = min(visit_at, was_at or visit_at)
    if is_near(sets_out_for, at):
        return Telling(at, windowed=False)
    then = next_allowed_from(at, zone, minor=minor, visit_at=sets_out_for)
    usual = next_allowed_from(at, zone, minor=minor, visit_at=visit_at)
    return Telling(then, windowed=then == usual)


def is_near(visit_at: datetime, at: datetime) -> bool:
    return visit_at - at < URGENT


def _local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def why_over(visit: VisitDay, at: datetime) -> str | None:
    """Return why this visit no longer takes place (cancelled, or begun by now), or None if it still does."""
    if visit.state is VisitState.CANCELLED:
        return VISIT_CANCELLED
    return VISIT_PAST if _has_begun(visit, at) else None


def may_be_ticked(visit: VisitDay, at: datetime) -> bool:
    """Whether it is the day of the visit where it is, or later."""
    return _local_day(at, visit.zone) >= visit.visit_date


def still_to_come(visit: VisitDay, at: datetime) -> bool:
    return why_over(visit, at) is None


def _has_begun(visit: VisitDay, at: datetime) -> bool:
    return visit.starts_at <= at


def may_be_written_to(registration: Registration) -> bool:
    """Whether it may be told.

    A number for texts, and an address that took the place of another number or address, must first be
    confirmed, by its owner or by the desk.
    """
    if registration.number_confirmed or registration.channel.written is None:
        return True
    return registration.channel is FamilyChannel.EMAIL and not registration.address_unproven


def why_unsaid(
    purpose: Purpose, version: int | None, registration: Registration, visit: VisitDay, at: datetime
) -> str | None:
    """Return why this family may no longer be sent this text, or None if it may."""
    if registration.state is RegistrationState.REFUSED:
        return "number-refused"
    if purpose is Purpose.FAMILY_WORDS:
        # A person wrote it, and knows of the visit.
        return None if may_be_written_to(registration) else "number-not-confirmed"
    if _has_begun(visit, at):
        return VISIT_PAST
    if purposes.ROWS[purpose].only_while is OnlyWhile.NUMBER_UNCONFIRMED:
        return why_over(visit, at) or _asked_in_vain(registration)
    return (
        why_untrue(purpose, version, registration, visit)
        if may_be_written_to(registration)
        else "number-not-confirmed"
    )


def why_untrue(
    purpose: Purpose, version: int | None, registration: Registration, visit: VisitDay
) -> str | None:
    """Return why what this text says of the visit or the family no longer holds, or None if it does.

    `version` is the version of the visit that the text was planned for; None if it holds for every version.
    """
    only_while = purposes.ROWS[purpose].only_while
    if (visit.state is VisitState.CANCELLED) is not (only_while is OnlyWhile.CALLED_OFF):
        return f"visit-{visit.state}"
    if version not in (None, visit.version):
        return VISIT_MOVED
    if only_while in (OnlyWhile.FAMILY_WAITS, OnlyWhile.PLACE_OFFERED):
        waits = registration.state is RegistrationState.WAITING
        is_kept = only_while is OnlyWhile.FAMILY_WAITS or registration.offered_until is not None
        return None if waits and is_kept else "no-longer-so"
    if only_while is OnlyWhile.FAMILY_SAID_NO:
        return None if registration.state is RegistrationState.CANCELLED else "comes-after-all"
    if only_while is OnlyWhile.FAMILY_SAID_YES:
        return None if registration.state is RegistrationState.CONFIRMED else NOT_COMING
    return NOT_COMING if only_while is OnlyWhile.FAMILY_COMES and registration.state not in COMING else None


def _asked_in_vain(registration: Registration) -> str | None:
    if may_be_written_to(registration):
        return "number-confirmed"
    return None if registration.state in STANDING else NOT_COMING


@dataclass(frozen=True)
class Reach:
    """How many families a change of their visit day reaches, and how."""

    families: int
    texts: int
    mails: int
    calls: int


def name_index(name: str) -> bytes:
    """Return the fingerprint by which a family's name is known again, however it is written."""
    return blind_index("family-name", unicodedata.normalize("NFKC", name).casefold())


def index_of_form(form: str) -> bytes:
    """Return by what a family is known of which it is not clear yet that it is the one of this name."""
    return blind_index("family-form", form)


def name_of(registration: Registration) -> bytes:
    """Return the fingerprint of its name. Raises Unreadable for a row of the version before."""
    return registration.name_index or name_index(registration.name)


def is_the_same_family(one: Registration, other: Registration) -> bool:
    return one.contact_index == other.contact_index and name_of(one) == name_of(other)


def several_names(registrations: Sequence[Registration]) -> bool:
    return len({name_of(one) for one in registrations}) > 1


def reach(families: Sequence[Registration]) -> Reach:
    told = [one.channel for one in families if may_be_written_to(one)]
    texts, mails = told.count(FamilyChannel.SMS), told.count(FamilyChannel.EMAIL)
    return Reach(len(families), texts, mails, len(families) - texts - mails)


def needs_a_second(reached: Reach) -> bool:
    return reached.families > ALONE


def has_lapsed(waiting: WaitingChange, at: datetime) -> bool:
    return at >= waiting.lapses_at


def is_the_same(waiting: WaitingChange, other: WaitingChange) -> bool:
    """Whether two people want the same, whatever reason each gives."""
    return (waiting.kind, waiting.change) == (other.kind, other.change)


def has_room(capacity: int, coming: int) -> bool:
    return coming < capacity


def whats_wrong(day: date, start: time, end: time, zone: str, at: datetime) -> list[FieldError]:
    """Return every error in this date and these times, local in `zone`; an empty list if there is none.

    Errors are a time that does not exist that day, an end before the start, the past, and too far ahead.
    """
    errors = [END_FIRST] if end <= start else []
    today = _local_day(at, zone)
    if not today <= day <= today + FARTHEST:  # before any arithmetic: `date` overflows at both ends
        return [BEGUN if day < today else FAR, *errors]
    times = (("startTime", start), ("endTime", end))
    jumped = [_jumped_over(name, day, clock) for name, clock in times if not _exists(day, clock, zone)]
    errors = jumped + errors
    return errors or ([BEGUN] if moment(day, start, zone) <= at else [])


def _exists(day: date, clock: time, zone: str) -> bool:
    try:
        moment(day, clock, zone)
    except NoSuchTime:
        return False
    return True


def _jumped_over(name: str, day: date, clock: time) -> FieldError:
    why = f"{clock:%H:%M} does not exist on {day}: the clock goes forward that night."
    return FieldError(f"/{name}", name, "no-such-time", f"{why} Choose another time.")


# A child of whom nobody said how old it is.
UNKNOWN_AGE = "unknown"


def ages_of(known: Sequence[str], children: int) -> list[str]:
    """Return the ages of so many children: those that are known, where nobody stays at home."""
    if children < len(known):
        return [UNKNOWN_AGE] * children
    return [*known, *[UNKNOWN_AGE] * (children - len(known))]
