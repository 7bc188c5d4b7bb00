"""What a planner was shown of a calendar is what is done, once; what changed since is shown first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from services.notify.messages.tables import Purpose
from services.notify.planner.importing import commands, csv_files, ics_files
from services.notify.planner.importing.csv_files import Where
from services.notify.planner.importing.days import Usual
from services.notify.planner.importing.tables import ImportPreview, Source
from services.notify.visits.tables import VisitDay, VisitState
from shared.errors import NotFound
from tests.kit.planner import OTHER, PRISON
from tests.notify.planner.importing.written import calendar
from tests.notify.visits.office import Office, at

ELS = "member:00000000-0000-0000-0000-000000000001"
NOW = at("2026-12-01 10:00")
WHERE = Where(PRISON, "Europe/Amsterdam", NOW, Usual())
SHEET = b"date;start;end;capacity\n2026-12-17;14:00;15:30;10\n2026-12-24;14:00;15:30;8\n"


def show(session: Session, content: bytes = SHEET, member: str = ELS) -> ImportPreview:
    reader = ics_files.read if content.startswith(b"BEGIN") else csv_files.read
    reading = reader(content, WHERE)
    return commands.show(session, reading, WHERE.usual, PRISON, member, Source.SHEET, at=NOW)


def confirm(session: Session, row: ImportPreview) -> commands.Seen:
    return commands.confirm(session, row.id, PRISON, ELS, at=NOW)


def days(session: Session) -> list[VisitDay]:
    session.expire_all()
    return sorted(session.exec(select(VisitDay)), key=lambda one: one.starts_at)


def event(start: str, more: str = "") -> bytes:
    return calendar(f"UID:a@pi\r\nDTSTART:{start}T140000\r\nDTEND:{start}T153000{more}")


def test_a_sheet_that_is_confirmed_twice_or_brought_again_publishes_its_days_once(
    office: Office, session: Session
) -> None:
    row = show(session)
    assert days(session) == []
    for _ in range(2):
        done = confirm(session, row)
    assert done.row.result
    assert done.row.result["counts"]["new"] == 2
    assert [one.capacity for one in days(session)] == [10, 8]
    again = commands.seen(session, show(session).id, PRISON, ELS, at=NOW)
    assert again.preview.news == 0


def test_what_changed_since_it_was_shown_is_shown_anew_before_anything_is_done(
    office: Office, session: Session
) -> None:
    row = show(session)
    day = office.publish(capacity=4)
    first = confirm(session, row)
    assert not first.was_shown
    assert [str(one.id) for one in days(session)] == [day]
    assert confirm(session, row).was_shown
    assert [one.capacity for one in days(session)] == [10, 8]


def test_a_day_that_moved_in_the_calendar_is_moved_here_and_its_families_are_told(
    office: Office, session: Session
) -> None:
    confirm(session, show(session, event("20261217")))
    [day] = days(session)
    office.register(str(day.id))
    row = show(session, event("20261218"))
    assert commands.seen(session, row.id, PRISON, ELS, at=NOW).preview.told == 1
    confirm(session, row)
    assert [f"{one.visit_date}" for one in days(session)] == ["2026-12-18"]
    assert office.wanted().count(Purpose.VISIT_MOVED) == 1


def test_a_day_that_the_calendar_calls_off_is_called_off(office: Office, session: Session) -> None:
    confirm(session, show(session, event("20261217")))
    row = show(session, event("20261217", "\r\nSTATUS:CANCELLED"))
    confirm(session, row)
    assert [one.state for one in days(session)] == [VisitState.CANCELLED]


def test_what_needs_a_second_person_is_left_as_it_is_and_named(
    office: Office, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm(session, show(session, event("20261217")))
    [day] = days(session)
    office.register(str(day.id))
    monkeypatch.setattr("services.notify.planner.importing.preview.ALONE", 0)
    done = confirm(session, show(session, event("20261218")))
    assert done.row.result
    assert done.row.result["left"] == [{"day": "2026-12-18", "start": "14:00", "code": "many"}]
    assert [f"{one.visit_date}" for one in days(session)] == ["2026-12-17"]


def test_a_preview_is_of_one_planner_at_one_facility_for_two_hours_and_then_goes(
    office: Office, session: Session
) -> None:
    row = show(session)
    later = NOW + timedelta(hours=2)
    for facility, member, when in (
        (OTHER, ELS, NOW),
        (PRISON, "member:00000000-0000-0000-0000-000000000002", NOW),
        (PRISON, ELS, later),
    ):
        with pytest.raises(NotFound):
            commands.seen(session, row.id, facility, member, at=when)
    commands.show(session, csv_files.read(SHEET, WHERE), Usual(), PRISON, ELS, Source.SHEET, at=later)
    assert row.id not in {one.id for one in session.exec(select(ImportPreview))}
