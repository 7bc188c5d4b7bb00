"""A child's own telephone rings only after school and before bed, unless it brings news of a near visit."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from services.notify.messages.recipients import Recipient
from services.notify.messages.tables import Purpose
from services.notify.visits.desk import family_facts
from services.notify.visits.rules import Telling, telling
from tests.notify.visits.office import ADDRESS, Office, Telephone, at, errors

AMSTERDAM = "Europe/Amsterdam"


def first_moment(office: Office, purpose: Purpose, wanted: str) -> datetime:
    """Return when a text of this purpose would go if the decision is taken at the moment `wanted`."""
    told = office.told(office.message(purpose))
    assert isinstance(told, Recipient)
    moment = told.rhythm.first_moment(at(wanted))
    assert moment is not None
    return moment


def test_reminders_of_the_morning_come_the_evening_before(office: Office) -> None:
    day = office.publish(date="2027-01-14")
    office.register(day, minorsOwnPhone=True, firstVisit=True)
    assert office.reminders(day) == [
        ("registration", "12-01 10:00", "queued"),
        ("D-28", "12-16 19:59", "planned"),
        ("D-7", "01-06 19:59", "planned"),
        ("D-3", "01-09 19:59", "planned"),  # the 10th is a Sunday
        ("D-1", "01-13 18:00", "planned"),
    ]


def test_steps_that_are_late_come_together_after_school(office: Office) -> None:
    office.clock.set(at("2026-12-11T10:00"))
    day = office.publish()
    office.register(day, minorsOwnPhone=True)
    assert ("D-7", "12-11 15:30", "planned") in office.reminders(day)


def test_the_telephone_is_silent_until_school_is_out(office: Office, telephone: Telephone) -> None:
    office.register(office.publish(), minorsOwnPhone=True)
    assert len(telephone.texts()) == 1
    for moment, texts in (("2026-12-10T15:29", 1), ("2026-12-10T15:30", 2)):
        office.clock.set(at(moment))
        assert len(telephone.texts()) == texts


def test_a_number_that_its_owner_confirms_keeps_a_childs_hours(office: Office) -> None:
    day = office.publish()
    office.register(day, by="prison", minorsOwnPhone=True)
    assert ("D-7", "12-09 19:59", "planned") in office.reminders(day)


def test_who_does_not_say_so_is_reminded_by_day_and_both_are_shown(office: Office) -> None:
    day = office.publish()
    child = office.register(day, minorsOwnPhone=True)
    grown_up = office.register(day, phone="06-87654321")
    assert office.family(day, child)["minorsOwnPhone"] is True
    assert office.family(day, grown_up)["minorsOwnPhone"] is False


def test_who_calls_such_a_number_knows_that_a_child_may_answer(office: Office) -> None:
    day = office.publish()
    families = [
        office.register(day, minorsOwnPhone=True),
        office.register(day, phone="06-87654321"),
        office.register(day, minorsOwnPhone=True, channel="email", phone=None, email=ADDRESS),
    ]
    with office.runtime.sessions() as session:
        shown = [{fact.label for fact in family_facts(session, UUID(one), "nl")} for one in families]
    assert ["minors-own-phone" in labels for labels in shown] == [True, False, False]


def test_it_is_said_with_yes_or_no_and_nothing_else(office: Office) -> None:
    answer = office.post_family(office.publish(), minorsOwnPhone="yes")
    assert list(errors(answer)) == ["/minorsOwnPhone"]


def test_a_version_that_does_not_know_of_it_registers_families_all_the_same(office: Office) -> None:
    column = text(
        "SELECT column_default, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'notify' AND table_name = 'registrations' AND column_name = 'minors_own_phone'"
    )
    with office.runtime.engine.connect() as connection:
        assert tuple(connection.execute(column).one()) == ("false", "NO")


def test_a_visit_that_moves_or_is_off_weeks_ahead_is_told_of_after_school(office: Office) -> None:
    moved, off = office.publish(), office.publish(date="2026-12-18")
    for day in (moved, off):
        office.register(day, minorsOwnPhone=True)
    office.change(moved, date="2026-12-22")
    office.cancel(off)
    after_school = at("2026-12-01T15:30")
    assert office.message(Purpose.VISIT_MOVED).due_at == after_school
    assert first_moment(office, Purpose.VISIT_CANCELLED, "2026-12-01T10:00") == after_school
    assert office.message(Purpose.VISIT_CANCELLED).windowed


def test_a_visit_that_moves_or_is_off_in_a_few_hours_is_told_of_at_once(office: Office) -> None:
    moved, off = office.publish(), office.publish(startTime="15:00", endTime="16:00")
    for day in (moved, off):
        office.register(day, minorsOwnPhone=True)
    office.clock.set(at("2026-12-17T07:00"))
    office.change(moved, date="2026-12-22")
    office.cancel(off)
    for purpose in (Purpose.VISIT_MOVED, Purpose.VISIT_CANCELLED):
        message = office.message(purpose)
        assert (message.windowed, message.due_at) == (False, office.clock.now())


def test_a_move_away_from_monday_reaches_a_child_on_the_sunday_afternoon_before() -> None:
    monday, thursday = at("2026-12-14T09:30"), at("2026-12-17T09:30")
    told = telling(thursday, AMSTERDAM, at("2026-12-12T20:30"), was_at=monday, minor=True)
    assert told == Telling(at("2026-12-13T15:30").astimezone(ZoneInfo("UTC")), windowed=False)
    near = monday - timedelta(hours=17)
    assert telling(thursday, AMSTERDAM, near, was_at=monday, minor=True) == Telling(near, windowed=False)
