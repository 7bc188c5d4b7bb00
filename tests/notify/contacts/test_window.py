"""A telephone on a kitchen table is quiet at night and on Sundays, and a child's also in school hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.contacts.rules import last_allowed_before, next_allowed_from
from tests.notify.contacts.windows import is_allowed

AMSTERDAM, BRUSSELS = "Europe/Amsterdam", "Europe/Brussels"
ZONES = st.sampled_from([AMSTERDAM, BRUSSELS])
MOMENTS = st.integers(0, 7 * 366 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
# The days around the nights on which the clock changes, when arithmetic with time goes wrong most easily.
CHANGES = st.builds(
    lambda night, minutes: datetime.fromisoformat(f"{night}T00:00Z") + timedelta(minutes=minutes),
    st.sampled_from(["2025-03-30", "2025-10-26", "2026-03-29", "2026-10-25", "2027-03-28"]),
    st.integers(-4000, 4000),
)
WHENEVER = MOMENTS | CHANGES


def local(text: str, zone: str = AMSTERDAM) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        ("2026-11-23T08:59:59", False),
        ("2026-11-23T09:00", True),
        ("2026-11-23T19:59:59", True),
        ("2026-11-23T20:00", False),
        ("2026-11-28T12:00", True),
        ("2026-11-29T12:00", False),
    ],
)
def test_a_family_is_written_to_by_day_and_not_on_sunday(at: str, allowed: bool) -> None:
    assert is_allowed(local(at), AMSTERDAM) is allowed


@pytest.mark.parametrize(
    ("at", "allowed"), [("2026-11-23T10:00", False), ("2026-11-23T15:29", False), ("2026-11-23T15:30", True)]
)
def test_a_childs_own_telephone_is_quiet_in_school_hours(at: str, allowed: bool) -> None:
    assert is_allowed(local(at), AMSTERDAM, minor=True) is allowed


@pytest.mark.parametrize(
    ("visit", "allowed"),
    [
        ("2026-11-29T14:00", True),
        ("2026-11-30T14:00", True),
        ("2026-12-01T14:00", False),
        ("2026-12-05T14:00", False),
    ],
)
def test_sunday_is_broken_only_for_a_visit_on_sunday_or_monday(visit: str, allowed: bool) -> None:
    assert is_allowed(local("2026-11-29T18:00"), AMSTERDAM, visit_at=local(visit)) is allowed


@pytest.mark.parametrize(
    ("wanted", "minor", "moved"),
    [
        ("2026-11-24T10:00", False, "2026-11-24T10:00"),
        ("2026-11-24T09:00", False, "2026-11-24T09:00"),
        ("2026-11-24T20:00", False, "2026-11-24T19:59"),
        ("2026-11-24T08:00", False, "2026-11-23T19:59"),
        ("2026-11-24T23:00", False, "2026-11-24T19:59"),
        ("2026-11-29T10:00", False, "2026-11-28T19:59"),
        ("2026-11-24T10:00", True, "2026-11-23T19:59"),
        ("2026-11-30T10:00", True, "2026-11-28T19:59"),
    ],
)
def test_what_must_come_in_time_goes_at_the_last_moment_before(wanted: str, minor: bool, moved: str) -> None:
    assert last_allowed_before(local(wanted), AMSTERDAM, minor=minor) == local(moved)


@pytest.mark.parametrize(
    ("wanted", "minor", "moved"),
    [
        ("2026-11-24T10:00", False, "2026-11-24T10:00"),
        ("2026-11-24T03:00", False, "2026-11-24T09:00"),
        ("2026-11-24T20:00", False, "2026-11-25T09:00"),
        ("2026-11-28T21:00", False, "2026-11-30T09:00"),
        ("2026-11-28T21:00", True, "2026-11-30T15:30"),
    ],
)
def test_what_can_wait_goes_when_the_window_next_opens(wanted: str, minor: bool, moved: str) -> None:
    assert next_allowed_from(local(wanted), AMSTERDAM, minor=minor) == local(moved)


@pytest.mark.parametrize(("night", "opens_in_utc"), [(date(2026, 3, 29), 7), (date(2026, 10, 25), 8)])
@pytest.mark.parametrize("zone", [AMSTERDAM, BRUSSELS])
def test_the_window_opens_at_nine_by_the_wall_after_the_clock_has_changed(
    night: date, opens_in_utc: int, zone: str
) -> None:
    visit = datetime.combine(night, time(14), ZoneInfo(zone))
    before_dawn = datetime.combine(night, time(0, 30), UTC)
    assert next_allowed_from(before_dawn, zone, visit_at=visit) == datetime.combine(
        night, time(opens_in_utc), UTC
    )


@given(wanted=WHENEVER, zone=ZONES, minor=st.booleans(), visit=st.none() | WHENEVER)
def test_a_moved_moment_is_inside_and_nothing_nearer_is(
    wanted: datetime, zone: str, minor: bool, visit: datetime | None
) -> None:
    before = last_allowed_before(wanted, zone, minor=minor, visit_at=visit)
    after = next_allowed_from(wanted, zone, minor=minor, visit_at=visit)
    for moved in (before, after):
        assert is_allowed(moved, zone, minor=minor, visit_at=visit)
        wall = moved.astimezone(ZoneInfo(zone))
        assert (time(15, 30) if minor else time(9)) <= wall.time() < time(20)
    assert before <= wanted <= after
    assert (before == wanted) is (after == wanted) is is_allowed(wanted, zone, minor=minor, visit_at=visit)
    for minutes in range(1, 60):
        between = before + (wanted - before) * (minutes / 60)
        if between > before + timedelta(minutes=1) and before != wanted:
            assert not is_allowed(between, zone, minor=minor, visit_at=visit)


@given(at=WHENEVER, zone=ZONES)
def test_a_window_has_eleven_hours_also_when_the_clock_changes(at: datetime, zone: str) -> None:
    visit = datetime(2026, 11, 29, 12, tzinfo=UTC)
    day = datetime.combine(at.astimezone(ZoneInfo(zone)).date(), time(0), ZoneInfo(zone))
    opens = next_allowed_from(day, zone, visit_at=visit)
    last = last_allowed_before(day.replace(hour=23, minute=59), zone, visit_at=visit)
    assert last - opens == timedelta(hours=10, minutes=59)
    assert is_allowed(last + timedelta(seconds=59), zone, visit_at=visit)
    assert not is_allowed(last + timedelta(minutes=1), zone, visit_at=visit)
