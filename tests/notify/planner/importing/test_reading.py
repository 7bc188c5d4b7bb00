"""What a prison writes down becomes visit days; what cannot be one is named with its line and why."""

from __future__ import annotations

from datetime import date, time

import pytest

from services.notify.planner.importing import csv_files, ics_files, series
from services.notify.planner.importing.csv_files import Where
from services.notify.planner.importing.days import Reading, Usual
from services.notify.planner.importing.series import Every, Series
from services.notify.visits.tables import VisitKind
from tests.notify.planner.importing.written import calendar
from tests.notify.visits.office import at

ZONE, NOW = "Europe/Amsterdam", at("2026-12-01 10:00")
WHERE = Where("nl-pi-vught", ZONE, NOW, Usual())


def repeated(first: str, start: str = "14:00", end: str = "15:30", **more: object) -> Reading:
    wanted = Series(date.fromisoformat(first), time.fromisoformat(start), time.fromisoformat(end), **more)  # type: ignore[arg-type]
    return series.read(wanted, Usual(), ZONE, NOW)


def days_of(reading: Reading) -> list[str]:
    return [f"{one.day} {one.start:%H:%M}" for one in reading.slots]


def codes_of(reading: Reading) -> list[tuple[int, str, str]]:
    return [(one.line, one.field, one.code) for one in reading.refused]


def from_ics(*events: str) -> Reading:
    return ics_files.read(calendar(*events), WHERE)


def test_a_quarter_of_wednesdays_keeps_its_time_when_the_clock_changes() -> None:
    found = repeated("2027-03-17", until=date(2027, 4, 7))
    assert days_of(found) == [f"2027-{day} 14:00" for day in ("03-17", "03-24", "03-31", "04-07")]


def test_a_time_that_the_clock_skips_is_refused_and_the_other_sundays_stay() -> None:
    found = repeated("2027-03-21", "02:30", "04:00", until=date(2027, 4, 4))
    assert days_of(found) == ["2027-03-21 02:30", "2027-04-04 02:30"]
    assert [one.values["day"] for one in found.refused] == ["2027-03-28"]


def test_a_time_that_comes_twice_is_one_day() -> None:
    found = repeated("2027-10-24", "02:30", "04:00", until=date(2027, 11, 7))
    assert days_of(found).count("2027-10-31 02:30") == 1
    assert found.refused == ()


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("FREQ=WEEKLY", "no-end"),
        ("FREQ=SECONDLY;COUNT=10", "rule-unknown"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2", "rule-unknown"),
        ("elke week", "rule-unreadable"),
        ("FREQ=WEEKLY;UNTIL=20991231", "ends-too-late"),
        ("FREQ=DAILY;UNTIL=20261101", "ends-before-it-begins"),
    ],
)
def test_a_rule_without_end_or_sense_is_refused_whole(rule: str, code: str) -> None:
    found = repeated("2026-12-05", rule=rule)
    assert found.slots == ()
    assert [one.code for one in found.refused] == [code]


def test_the_fifth_saturday_of_a_month_is_its_last_and_days_are_left_out() -> None:
    found = repeated(
        "2027-01-30", every=Every.MONTH, until=date(2027, 4, 30), without=frozenset({date(2027, 2, 27)})
    )
    assert days_of(found) == ["2027-01-30 14:00", "2027-03-27 14:00", "2027-04-24 14:00"]


def test_a_sheet_of_excel_is_read_and_a_bad_row_refuses_itself_alone() -> None:
    sheet = (
        "Datum;Begintijd;Eindtijd;Plaatsen;Soort;Opmerking\r\n"
        "za 5 december 2026;14:00;15:30;12;kindbezoek;Zoë\r\n"
        "gisteren;14:00;15:30;12;kindbezoek;\r\n"
        "12-12-2026;14u00;15.30;;gezinsbezoek;\r\n"
        "13-12-2026;14:00;13:00;12;kindbezoek;\r\n"
    ).encode("windows-1252")
    found = csv_files.read(sheet, WHERE)
    assert days_of(found) == ["2026-12-05 14:00", "2026-12-12 14:00"]
    assert [one.kind for one in found.slots] == [VisitKind.CHILD_VISIT, VisitKind.FAMILY_VISIT]
    assert [one.capacity for one in found.slots] == [12, None]
    assert codes_of(found) == [(3, "date", "no-date"), (5, "end", "end-before-start")]
    assert found.unused == ("Opmerking",)


def test_a_sheet_of_another_facility_brings_nothing() -> None:
    found = csv_files.read(b"date,start,end,facility\n2026-12-05,14:00,15:30,be-gevangenis-gent\n", WHERE)
    assert codes_of(found) == [(2, "facility", "other-facility")]


def test_a_time_without_a_zone_is_the_prisons_and_one_of_another_zone_is_converted() -> None:
    found = from_ics(
        "UID:1\r\nDTSTART:20261205T140000\r\nDTEND:20261205T153000",
        "UID:2\r\nDTSTART;TZID=Europe/London:20261206T130000\r\nDTEND;TZID=Europe/London:20261206T143000",
        "UID:3\r\nDTSTART:20261207T130000Z\r\nDTEND:20261207T143000Z",
    )
    assert days_of(found) == [f"2026-12-0{day} 14:00" for day in (5, 6, 7)]


def test_whole_days_and_broken_events_are_named_and_what_is_over_is_counted() -> None:
    found = from_ics(
        "UID:1\r\nDTSTART;VALUE=DATE:20261205\r\nDTEND;VALUE=DATE:20261206",
        "UID:2\r\nDTSTART:nonsense\r\nDTEND:20261205T153000",
        "UID:3\r\nDTSTART:20261105T140000\r\nDTEND:20261105T153000",
        "UID:4\r\nDTSTART;TZID=Mars/Base:20261205T140000\r\nDTEND;TZID=Mars/Base:20261205T150000",
        "UID:5\r\nDTSTART:20261208T140000\r\nDTEND:20261208T153000",
    )
    assert days_of(found) == ["2026-12-08 14:00"]
    assert [one.code for one in found.refused] == ["all-day", "event-broken", "zone-unknown"]
    assert found.over == 1
    assert [one.code for one in ics_files.read(b"geen kalender", WHERE).refused] == ["no-calendar"]


def test_of_a_series_what_is_left_out_does_not_come_and_what_is_called_off_is_said_to_be() -> None:
    found = from_ics(
        "UID:s\r\nDTSTART;TZID=Europe/Amsterdam:20261205T140000\r\n"
        "DTEND;TZID=Europe/Amsterdam:20261205T153000\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\n"
        "EXDATE;TZID=Europe/Amsterdam:20261212T140000",
        "UID:off\r\nSTATUS:CANCELLED\r\nDTSTART:20261209T140000\r\nDTEND:20261209T153000",
    )
    assert days_of(found) == [f"2026-12-{day} 14:00" for day in ("05", "09", "19", "26")]
    assert [f"{one.day}" for one in found.slots if one.called_off] == ["2026-12-09"]
