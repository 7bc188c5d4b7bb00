"""A family hears what it needs for the visit, in time, once, and never when its telephone should be quiet."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.visits.asked import Asked, about
from services.notify.visits.rules import (
    APART,
    NoSuchTime,
    Planned,
    Telling,
    moment,
    not_after,
    overtaken,
    plan,
    still_to_come,
    telling,
    why_over,
)
from services.notify.visits.tables import RegistrationState, Step, StepState, VisitDay, VisitKind, VisitState
from tests.notify.contacts.windows import is_allowed

AMSTERDAM, BRUSSELS = "Europe/Amsterdam", "Europe/Brussels"
ZONES = st.sampled_from([AMSTERDAM, BRUSSELS])
# Any day of two years, but most often the weeks around the nights on which the clock changes.
DAYS = st.integers(0, 730).map(lambda number: date(2026, 1, 1) + timedelta(days=number)) | st.builds(
    lambda night, number: date.fromisoformat(night) + timedelta(days=number),
    st.sampled_from(["2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"]),
    st.integers(-1, 29),
)
TIMES = st.integers(8 * 4, 20 * 4).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
EARLIER = st.integers(1, 60 * 24 * 45).map(lambda minutes: timedelta(minutes=minutes)) | st.integers(
    1, 60 * 24 * 4
).map(lambda minutes: timedelta(minutes=minutes))
FIXED_STEPS = [Step.D28, Step.D7, Step.D3, Step.D1]


def local(text: str, zone: str = AMSTERDAM) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def planned(visit: str, registered: str, *, papers: bool = False, minor: bool = False) -> dict[str, str]:
    """Return the local moment of each step that will go."""
    steps = plan(local(visit), AMSTERDAM, local(registered), papers=papers, minor=minor)
    return {
        one.step.value: f"{one.due_at.astimezone(ZoneInfo(AMSTERDAM)):%Y-%m-%d %H:%M}"
        for one in steps
        if one.state is StepState.PLANNED
    }


def test_a_first_visit_far_ahead_has_every_step_at_its_own_time() -> None:
    assert planned("2026-12-16T14:00", "2026-11-02T12:00", papers=True) == {
        "registration": "2026-11-02 12:00",
        "D-28": "2026-11-18 10:00",
        "D-7": "2026-12-09 10:00",
        "D-3": "2026-12-12 19:59",  # the 13th is a Sunday
        "D-1": "2026-12-15 18:00",
    }


def test_who_has_come_before_is_not_asked_for_papers_four_weeks_ahead() -> None:
    steps = planned("2026-12-17T14:00", "2026-11-02T12:00")
    assert list(steps) == ["registration", "D-7", "D-3", "D-1"]
    assert steps["D-3"] == "2026-12-14 10:00"


def test_for_a_monday_visit_the_evening_before_is_a_sunday_and_still_goes() -> None:
    assert planned("2026-12-14T10:00", "2026-11-20T12:00")["D-1"] == "2026-12-13 18:00"


def test_a_childs_own_telephone_gets_its_morning_steps_the_evening_before() -> None:
    steps = planned("2026-12-17T14:00", "2026-11-20T12:00", minor=True)
    assert steps["D-7"] == "2026-12-09 19:59"
    assert steps["D-3"] == "2026-12-12 19:59"
    assert steps["D-1"] == "2026-12-16 18:00"


def test_registered_at_night_is_answered_at_once_although_the_window_is_closed() -> None:
    assert planned("2026-12-17T14:00", "2026-11-21T03:00")["registration"] == "2026-11-21 03:00"


@pytest.mark.parametrize(
    ("registered", "papers", "expected"),
    [
        # D-7 is past: it comes after a pause, and the others keep their times.
        ("2026-12-11T12:00", False, {"D-7": "2026-12-11 14:00", "D-3": "2026-12-14 10:00"}),
        # On the minute of a step itself it is late: it does not come together with the welcome.
        ("2026-12-10T10:00", False, {"D-7": "2026-12-10 12:00", "D-3": "2026-12-14 10:00"}),
        # D-28 and D-7 are past: the papers matter most, so D-28 is sent for both.
        ("2026-12-11T12:00", True, {"D-28": "2026-12-11 14:00", "D-3": "2026-12-14 10:00"}),
        # Everything but D-1 is past: asking whether they come matters most, so D-3 is sent for all.
        ("2026-12-15T15:00", True, {"D-3": "2026-12-15 17:00"}),
        # Late in the evening it waits for the morning.
        ("2026-12-11T21:00", False, {"D-7": "2026-12-12 09:00", "D-3": "2026-12-14 10:00"}),
        # The next step is near: it brings the late ones along.
        ("2026-12-13T21:00", True, {"D-3": "2026-12-14 10:00"}),
        ("2026-12-16T10:00", True, {}),
    ],
)
def test_registered_late_the_past_steps_collapse_into_one(
    registered: str, papers: bool, expected: dict[str, str]
) -> None:
    steps = planned("2026-12-17T14:00", registered, papers=papers)
    assert steps.pop("D-1") == "2026-12-16 18:00"
    steps.pop("registration")
    assert steps == expected


def test_registered_on_the_evening_before_the_confirmation_says_all() -> None:
    steps = plan(local("2026-12-17T14:00"), AMSTERDAM, local("2026-12-16T19:00"), papers=True)
    going = [one for one in steps if one.state is StepState.PLANNED]
    assert [one.step for one in going] == [Step.REGISTRATION]
    assert going[0].carries == (Step.D28, Step.D7, Step.D3, Step.D1)


@given(day=DAYS, clock=TIMES, zone=ZONES, earlier=EARLIER, papers=st.booleans(), minor=st.booleans())
def test_whoever_registers_whenever_is_reminded_inside_the_window_and_before_the_visit(
    day: date, clock: time, zone: str, earlier: timedelta, papers: bool, minor: bool
) -> None:
    visit_at = moment(day, clock, zone)
    at = visit_at - earlier
    steps = plan(visit_at, zone, at, papers=papers, minor=minor)
    going = [one for one in steps if one.state is StepState.PLANNED]
    assert going[0] == Planned(Step.REGISTRATION, at, carries=going[0].carries)
    for one in going[1:]:
        assert at < one.due_at < visit_at
        assert one.due_at <= not_after(one.step, visit_at, zone) <= visit_at
        assert is_allowed(one.due_at, zone, minor=minor, visit_at=visit_at)
    assert len({one.due_at for one in going}) == len(going)


@given(day=DAYS, clock=TIMES, zone=ZONES, earlier=EARLIER, papers=st.booleans(), minor=st.booleans())
def test_no_step_is_lost_and_none_comes_twice(
    day: date, clock: time, zone: str, earlier: timedelta, papers: bool, minor: bool
) -> None:
    visit_at = moment(day, clock, zone)
    at = visit_at - earlier
    steps = plan(visit_at, zone, at, papers=papers, minor=minor)
    said = [step for one in steps if one.state is StepState.PLANNED for step in (one.step, *one.carries)]
    wanted = [step for step in FIXED_STEPS if papers or step is not Step.D28]
    assert sorted(said) == sorted([Step.REGISTRATION, *wanted])
    assert sorted(one.step for one in steps) == sorted([Step.REGISTRATION, *wanted])


@given(day=DAYS, clock=TIMES, zone=ZONES, earlier=EARLIER, papers=st.booleans(), minor=st.booleans())
def test_at_most_one_late_text_comes_and_the_last_evening_is_kept(
    day: date, clock: time, zone: str, earlier: timedelta, papers: bool, minor: bool
) -> None:
    visit_at = moment(day, clock, zone)
    at = visit_at - earlier
    steps = plan(visit_at, zone, at, papers=papers, minor=minor)
    own = {
        one.step: one.due_at
        for one in plan(visit_at, zone, at - timedelta(days=60), papers=True, minor=minor)
    }
    going = [one for one in steps if one.state is StepState.PLANNED][1:]
    late = [one for one in going if one.due_at != own[one.step]]
    assert len(late) <= 1
    evening = moment(day - timedelta(days=1), time(18), zone)
    assert (at < evening) is any(one.step is Step.D1 and one.due_at == evening for one in going)
    for one in late:
        following = min(other.due_at for other in going if other.due_at > one.due_at)
        assert following - one.due_at >= APART


@given(day=DAYS, zone=ZONES, minor=st.booleans())
def test_steps_keep_their_time_on_the_wall_when_the_clock_changes_between(
    day: date, zone: str, minor: bool
) -> None:
    visit_at = moment(day, time(14), zone)
    steps = plan(visit_at, zone, visit_at - timedelta(days=50), papers=True, minor=minor)
    wall = {one.step: one.due_at.astimezone(ZoneInfo(zone)) for one in steps[1:]}
    assert (wall[Step.D1].date(), wall[Step.D1].time()) == (day - timedelta(days=1), time(18))
    for step, days in ((Step.D28, 28), (Step.D7, 7), (Step.D3, 3)):
        own_day = day - timedelta(days=days)
        quiet = minor or (own_day.weekday() == 6 and day.weekday() not in (6, 0))
        assert wall[step].time() == (time(19, 59) if quiet else time(10))
        assert timedelta(0) <= own_day - wall[step].date() <= timedelta(days=2)
        assert (wall[step].date() == own_day) is not quiet


def test_a_moved_visit_is_planned_anew_without_a_second_welcome() -> None:
    steps = plan(local("2026-12-17T14:00"), AMSTERDAM, local("2026-12-01T12:00"), papers=False, greet=False)
    assert [one.step for one in steps] == [Step.D7, Step.D3, Step.D1]


@pytest.mark.parametrize(
    ("day", "clock", "exists"),
    [
        (date(2026, 3, 29), time(2, 30), False),
        (date(2026, 3, 29), time(3, 0), True),
        (date(2026, 3, 28), time(2, 30), True),
        (date(2026, 10, 25), time(2, 30), True),
    ],
)
def test_a_time_that_the_clock_jumps_over_is_refused(day: date, clock: time, exists: bool) -> None:
    if exists:
        assert moment(day, clock, AMSTERDAM).astimezone(ZoneInfo(AMSTERDAM)).time() == clock
    else:
        with pytest.raises(NoSuchTime):
            moment(day, clock, AMSTERDAM)


def test_of_the_hour_that_comes_twice_the_first_is_meant() -> None:
    assert moment(date(2026, 10, 25), time(2, 30), BRUSSELS) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_reminder_is_of_use_until_the_next_one_or_the_visit() -> None:
    visit_at = local("2026-12-17T14:00")
    assert not_after(Step.D1, visit_at, AMSTERDAM) == visit_at
    assert not_after(Step.D3, visit_at, AMSTERDAM) == local("2026-12-16T18:00")
    assert not_after(Step.REGISTRATION, visit_at, AMSTERDAM) == visit_at


def test_after_a_standstill_the_nearest_step_speaks_and_papers_are_always_told() -> None:
    assert overtaken(Step.D7, [Step.D3])
    assert overtaken(Step.D7, [Step.D28, Step.D7, Step.D3])
    assert not overtaken(Step.D3, [Step.D7])
    assert not overtaken(Step.D7, [Step.D7])
    assert not overtaken(Step.D7, [])
    assert not overtaken(Step.D28, [Step.D7, Step.D3])


def test_only_a_visit_within_eighteen_hours_is_worth_waking_somebody_for() -> None:
    visit_at = local("2026-12-17T14:00")
    near = visit_at - timedelta(hours=17, minutes=59)
    assert telling(visit_at, AMSTERDAM, near) == Telling(near, windowed=False)
    for far in (timedelta(hours=18), timedelta(hours=18, minutes=1)):
        assert telling(visit_at, AMSTERDAM, visit_at - far).windowed
    night = local("2026-12-16T03:00")
    assert telling(visit_at, AMSTERDAM, night) == Telling(local("2026-12-16T09:00"), windowed=True)


def test_a_monday_visit_that_moves_is_told_of_on_the_sunday_before_and_not_at_night() -> None:
    monday, thursday = local("2026-12-14T09:30"), local("2026-12-17T09:30")
    for now, then in (
        ("2026-12-12T20:30", "2026-12-13T09:00"),
        ("2026-12-13T12:00", "2026-12-13T12:00"),
    ):
        told = telling(thursday, AMSTERDAM, local(now), was_at=monday)
        assert told == Telling(local(then), windowed=False)
    assert telling(thursday, AMSTERDAM, local("2026-12-12T19:00"), was_at=monday).windowed


def test_a_visit_is_to_come_until_it_begins_or_is_called_off() -> None:
    begins = local("2026-12-17T14:00")
    visit = VisitDay(
        facility="nl-pi-vught",
        country="NL",
        place="Vught",
        zone=AMSTERDAM,
        visit_date=begins.date(),
        start_time=begins.time(),
        end_time=time(16),
        starts_at=begins,
        ends_at=begins + timedelta(hours=2),
        capacity=10,
        kind=VisitKind.CHILD_VISIT,
        created_at=begins,
        changed_at=begins,
    )
    assert still_to_come(visit, begins - timedelta(seconds=1))
    assert (still_to_come(visit, begins), why_over(visit, begins)) == (False, "visit-past")
    visit.state = VisitState.CANCELLED
    assert why_over(visit, begins - timedelta(days=1)) == why_over(visit, begins) == "visit-cancelled"


class TestWhatAnAnswerIsAbout:
    earlier, later = local("2026-12-01T10:00"), local("2026-12-02T10:00")

    def one(self, state: RegistrationState, asked_at: datetime | None, visit: UUID | None = None) -> Asked:
        return Asked(uuid4(), state, asked_at, visit or uuid4())

    def test_it_is_about_the_open_question(self) -> None:
        pending = self.one(RegistrationState.REGISTERED, self.earlier)
        answered = self.one(RegistrationState.CONFIRMED, self.later)
        assert about([answered, pending]) == pending

    def test_two_open_questions_are_for_a_person_to_sort_out(self) -> None:
        both = [self.one(RegistrationState.REGISTERED, when) for when in (self.earlier, self.later)]
        assert about(both) is None

    def test_who_changes_their_mind_means_the_question_asked_last(self) -> None:
        first = self.one(RegistrationState.CONFIRMED, self.earlier)
        last = self.one(RegistrationState.CANCELLED, self.later)
        assert about([first, last]) == last

    @pytest.mark.parametrize("other", [RegistrationState.CONFIRMED, RegistrationState.CANCELLED])
    def test_of_two_families_on_one_telephone_nobody_can_tell(self, other: RegistrationState) -> None:
        visit = uuid4()
        answered = self.one(other, self.earlier, visit)
        assert about([answered, self.one(RegistrationState.CONFIRMED, self.later, visit)]) is None
        pending = self.one(RegistrationState.REGISTERED, self.later, visit)
        comes = other is RegistrationState.CONFIRMED
        assert about([answered, pending]) == (None if comes else pending)

    def test_nor_of_two_visits_that_were_asked_about_in_the_same_hour(self) -> None:
        soon = self.later + timedelta(minutes=59)
        both = [self.one(RegistrationState.CONFIRMED, when) for when in (self.later, soon)]
        assert about(both) is None

    def test_an_answer_to_no_question_is_for_a_person(self) -> None:
        assert about([self.one(RegistrationState.REGISTERED, None)]) is None
        assert about([]) is None
