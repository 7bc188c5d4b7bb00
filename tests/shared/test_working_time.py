from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import working_time
from shared.working_time import DAY, HOUR, after, is_working_day

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ZONES = {"NL": AMSTERDAM, "BE": ZoneInfo("Europe/Brussels")}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    ("start", "working", "country", "end"),
    [
        ("2026-12-01T10:00", 2 * HOUR, "NL", "2026-12-01T12:00"),
        ("2026-12-01T16:00", 2 * HOUR, "NL", "2026-12-02T10:00"),
        ("2026-12-04T15:00", 1 * DAY, "NL", "2026-12-07T15:00"),
        ("2026-12-05T12:00", 2 * HOUR, "NL", "2026-12-07T11:00"),
        ("2026-12-01T03:00", 2 * HOUR, "NL", "2026-12-01T11:00"),
        ("2026-12-01T09:00", 1 * DAY, "NL", "2026-12-01T17:00"),
        ("2026-12-24T16:00", 2 * HOUR, "NL", "2026-12-28T10:00"),
        ("2026-04-24T16:00", 1 * DAY, "NL", "2026-04-28T16:00"),  # King's Day is a Monday
        ("2026-04-24T16:00", 1 * DAY, "BE", "2026-04-27T16:00"),
        ("2026-07-20T16:00", 1 * DAY, "BE", "2026-07-22T16:00"),  # Belgium's national day
        ("2026-03-27T16:00", 1 * DAY, "NL", "2026-03-30T16:00"),  # the clock goes forward in between
        ("2026-10-23T16:00", 1 * DAY, "NL", "2026-10-26T16:00"),  # and back
    ],
)
def test_time_passes_in_working_hours_alone(start: str, working: timedelta, country: str, end: str) -> None:
    assert after(local(start), working, country) == local(end)


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(AMSTERDAM)),
    minutes=st.integers(1, 60 * 8 * 10),
    country=st.sampled_from(["NL", "BE"]),
)
def test_an_end_always_falls_in_working_hours_and_more_time_ends_later(
    start: datetime, minutes: int, country: str
) -> None:
    end = after(start, timedelta(minutes=minutes), country)
    there = end.astimezone(ZONES[country])
    assert is_working_day(there.date(), country)
    assert time(9) <= there.time() <= time(17)
    assert end >= start + timedelta(minutes=minutes) or end > start
    assert after(start, timedelta(minutes=minutes + 1), country) > end


@pytest.mark.parametrize("country", ["NL", "BE"])
def test_the_calendar_of_a_year_is_the_librarys_and_does_not_change_while_it_is_asked(country: str) -> None:
    library = holidays.country_holidays(country, years=range(2024, 2032))
    known = {year: working_time._holidays(country, year) for year in range(2024, 2032)}
    assert all(isinstance(calendar, frozenset) for calendar in known.values())
    assert frozenset().union(*known.values()) == set(library)
    is_working_day(date(2040, 6, 1), country)
    assert working_time._holidays(country, 2026) is known[2026]
