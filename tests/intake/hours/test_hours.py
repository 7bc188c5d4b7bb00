"""Whoever calls is told rightly whether somebody is there, and else when."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.hours.rules import UNLESS_SAID, Hours, Plan, Span, hours
from services.intake.hours.telling import week_in_words


def on(written: str, zone: str = "Europe/Amsterdam") -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("at", "is_open", "then"),
    [
        ("2026-12-01 08:59:59", False, "2026-12-01 09:00"),
        ("2026-12-01 09:00", True, "2026-12-01 12:30"),
        ("2026-12-01 12:30", False, "2026-12-01 13:00"),
        ("2026-12-01 16:59:59", True, "2026-12-01 17:00"),
        ("2026-12-01 17:00", False, "2026-12-02 09:00"),
        ("2026-12-04 17:00", False, "2026-12-07 09:00"),  # a weekend
        ("2026-12-24 18:00", False, "2026-12-28 09:00"),  # Christmas and the day after, then a weekend
        ("2026-12-31 17:00", False, "2027-01-04 09:00"),
        ("2027-03-26 17:00", False, "2027-03-30 09:00"),  # Easter, and the clock goes forward
        ("2027-10-29 17:00", False, "2027-11-01 09:00"),  # the clock goes back
    ],
)
def test_a_dutch_caller_is_told_the_next_change(at: str, is_open: bool, then: str) -> None:
    told = hours(Plan("NL"), on(at))
    assert told.open is is_open
    assert (told.closes_at if is_open else told.opens_at) == on(then)


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2027-04-26 18:00", "2027-04-27 09:00"),  # the King's day is no holiday in Belgium
        ("2026-11-10 18:00", "2026-11-12 09:00"),  # Armistice Day is
        ("2027-07-20 18:00", "2027-07-22 09:00"),
    ],
)
def test_a_belgian_caller_is_told_by_belgian_holidays(at: str, then: str) -> None:
    assert hours(Plan("BE"), on(at, "Europe/Brussels")).opens_at == on(then, "Europe/Brussels")


def test_a_closure_by_hand_closes_and_opens_in_the_middle_of_a_morning() -> None:
    plan = Plan("NL", closures=[Span(on("2026-12-01 10:00"), on("2026-12-01 11:00"))])
    assert hours(plan, on("2026-12-01 09:30")) == Hours(True, None, on("2026-12-01 10:00"))
    assert hours(plan, on("2026-12-01 10:00")) == Hours(False, on("2026-12-01 11:00"), None)


def test_with_nobody_at_the_telephone_the_desk_is_closed_also_within_its_hours() -> None:
    plan = Plan("NL", staffed=[Span(on("2026-12-01 13:30"), on("2026-12-01 18:00"))])
    assert hours(plan, on("2026-12-01 10:00")) == Hours(False, on("2026-12-01 13:30"), None)
    assert hours(plan, on("2026-12-01 14:00")) == Hours(True, None, on("2026-12-01 17:00"))
    assert hours(Plan("NL", staffed=[]), on("2026-12-01 14:00")) == Hours(False, None, None)


def test_two_colleagues_one_after_the_other_are_one_open_time() -> None:
    shifts = [
        Span(on("2026-12-01 09:00"), on("2026-12-01 11:00")),
        Span(on("2026-12-01 11:00"), on("2026-12-01 12:30")),
    ]
    assert hours(Plan("NL", staffed=shifts), on("2026-12-01 09:00")).closes_at == on("2026-12-01 12:30")


def test_a_desk_that_never_closes_says_so_rather_than_a_wrong_hour() -> None:
    plan = Plan("NL", parts=[(day, time.min, time.min) for day in range(7)])
    told = hours(plan, on("2027-01-02 03:00"))
    assert told.open
    assert told.closes_at == on("2027-03-26 00:00")  # Good Friday, the first holiday of the year to come


def test_a_desk_that_never_opens_promises_nothing() -> None:
    assert hours(Plan("NL", parts=[]), on("2026-12-01 10:00")) == Hours(False, None, None)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2028-03-26T00:59:59+00:00", False),  # 01:59:59, and then the clock skips to 03:00
        ("2028-03-26T01:00:00+00:00", True),
        ("2028-10-29T00:30:00+00:00", True),  # 02:30 the first time
        ("2028-10-29T01:30:00+00:00", True),  # and the second
        ("2028-10-29T03:00:00+00:00", False),
    ],
)
def test_an_hour_of_the_night_that_the_clock_skips_or_repeats(at: str, is_open: bool) -> None:
    plan = Plan("NL", parts=[(6, time(2), time(4))])
    assert hours(plan, datetime.fromisoformat(at)).open is is_open


def by_the_minute(country: str, at: datetime) -> bool:
    """Whether it is open, read off the wall clock and the calendar alone."""
    wall = at.astimezone(ZoneInfo("Europe/Amsterdam" if country == "NL" else "Europe/Brussels"))
    if wall.date() in holidays.country_holidays(country, years=wall.year):
        return False
    return any(day == wall.weekday() and opens <= wall.time() < closes for day, opens, closes in UNLESS_SAID)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC))


@given(at=MOMENTS, country=st.sampled_from(["NL", "BE"]))
def test_at_any_moment_it_is_open_as_the_clock_on_the_wall_says(at: datetime, country: str) -> None:
    told = hours(Plan(country), at)
    assert told.open is by_the_minute(country, at)
    change = told.closes_at if told.open else told.opens_at
    assert change is not None
    assert change > at
    assert by_the_minute(country, change) is not told.open
    assert by_the_minute(country, change - timedelta(seconds=1)) is told.open
    middle = at + (change - at) / 2
    assert by_the_minute(country, middle) is told.open


def test_four_hundred_moments_of_a_year_in_both_countries() -> None:
    first = datetime(2027, 1, 1, tzinfo=UTC)
    for number in range(200):
        at = first + timedelta(minutes=2622 * number)
        for country in ("NL", "BE"):
            assert hours(Plan(country), at).open is by_the_minute(country, at), (country, at)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "maandag tot en met vrijdag 09:00–12:30 en 13:00–17:00; zondag 10:00–12:00"),
        ("fr", "du lundi au vendredi 09:00–12:30 et 13:00–17:00; dimanche 10:00–12:00"),
        ("en", "Monday to Friday 09:00–12:30 and 13:00–17:00; Sunday 10:00–12:00"),
    ],
)
def test_a_week_is_told_as_one_says_it(language: str, said: str) -> None:
    assert week_in_words((*UNLESS_SAID, (6, time(10), time(12))), language) == said
