"""A mail in all its forms, as a mail program and a calendar read it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

from icalendar import Calendar

from services.notify.channels.port import Appointment, Outgoing
from services.notify.channels.smtp_email import compose
from services.notify.messages.tables import Purpose
from services.notify.visits.recipients import appointment
from services.notify.visits.tables import Registration, VisitDay

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
STARTS = datetime(2026, 12, 2, 13, tzinfo=UTC)
GIVEN: dict[str, Any] = {
    "facility": "pi-ergens",
    "place": "Zwolle",
    "zone": "Europe/Amsterdam",
    "visit_date": date(2026, 12, 2),
    "start_time": time(14),
    "end_time": time(16),
    "starts_at": STARTS,
    "ends_at": STARTS + timedelta(hours=2),
}
VISIT = VisitDay(**GIVEN)
OMA: dict[str, Any] = {"id": UUID(int=3), "name": "Oma Jansen", "email": "oma@example.org"}
FAMILY = Registration(**OMA)


def mail(body: str = "Dag", language: str = "nl", entry: Appointment | None = None) -> EmailMessage:
    outgoing = Outgoing(UUID(int=7), "oma@example.org", "Woensdag 2 december", body, language)
    raw = compose(replace(outgoing, appointment=entry), "oma@example.org", "us@weerzien.example")
    return message_from_bytes(raw, policy=default)


def part(letter: EmailMessage, kind: str) -> EmailMessage:
    [found] = [one for one in letter.iter_parts() if one.get_content_subtype() == kind]
    assert isinstance(found, EmailMessage)
    return found


def entry_of(purpose: Purpose, visit: VisitDay = VISIT, at: datetime = NOW) -> tuple[str, Any]:
    part_of_mail = part(mail(entry=appointment(purpose, FAMILY, visit, at)), "calendar")
    calendar = Calendar.from_ical(part_of_mail.get_content())
    assert calendar["METHOD"] == part_of_mail.get_param("method")
    [event] = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def test_a_calendar_takes_the_visit_in_and_shows_no_more_than_the_mails_subject_and_the_town() -> None:
    method, event = entry_of(Purpose.VISIT_REGISTERED)
    assert method == "REQUEST"
    assert (event.start, event.end) == (VISIT.starts_at, VISIT.ends_at)
    assert event.to_ical().count(b"20261202T130000Z") == 1
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == ("Woensdag 2 december", "Zwolle")
    assert "ATTENDEE" not in event
    assert "DESCRIPTION" not in event
    assert not any(word in event.to_ical() for word in (b"Jansen", b"oma@", b"pi-ergens"))


def test_a_move_and_a_calling_off_are_of_the_same_entry_and_later_than_it() -> None:
    _, first = entry_of(Purpose.VISIT_REGISTERED)
    moved = VisitDay(**(GIVEN | {"version": 2, "starts_at": STARTS + timedelta(minutes=30)}))
    method, move = entry_of(Purpose.VISIT_MOVED, moved)
    assert (method, move["UID"], move.start) == ("REQUEST", first["UID"], moved.starts_at)
    assert move["SEQUENCE"] > first["SEQUENCE"]
    method, off = entry_of(Purpose.VISIT_CANCELLED, moved)
    assert (method, off["UID"], off["STATUS"]) == ("CANCEL", first["UID"], "CANCELLED")
    assert off["SEQUENCE"] >= move["SEQUENCE"]


def test_a_no_takes_the_visit_out_of_the_calendar_and_a_yes_after_it_puts_it_back() -> None:
    method, no = entry_of(Purpose.ANSWER_NO)
    back, yes = entry_of(Purpose.ANSWER_YES, at=NOW + timedelta(hours=1))
    assert (method, back) == ("CANCEL", "REQUEST")
    assert (yes["UID"], yes["SEQUENCE"]) == (no["UID"], no["SEQUENCE"])
    assert yes["DTSTAMP"].dt > no["DTSTAMP"].dt


def test_a_reminder_and_a_place_in_the_queue_bring_nothing_for_the_calendar() -> None:
    for purpose in (Purpose.VISIT_7, Purpose.VISIT_1, Purpose.VISIT_WAITING, Purpose.WAITING_LEFT):
        assert appointment(purpose, FAMILY, VISIT, NOW) is None


def test_a_mail_says_the_same_without_and_with_html_and_its_links_can_be_pressed() -> None:
    body = "Dag <Zoë>,\n\nKijk op https://w.example/a?b=1&c=2.\nTot dan!"
    letter = mail(body)
    assert [one.get_content_subtype() for one in letter.iter_parts()] == ["plain", "html"]
    assert part(letter, "plain").get_content().splitlines() == body.splitlines()
    html = part(letter, "html").get_content().replace("\r\n", "\n")
    assert '<a href="https://w.example/a?b=1&amp;c=2">https://w.example/a?b=1&amp;c=2</a>.<br>' in html
    assert "&lt;Zoë&gt;" in html
    assert '<html lang="nl" dir="ltr">' in html
    assert "src=" not in html


def test_arabic_runs_from_right_to_left() -> None:
    assert '<html lang="ar" dir="rtl">' in part(mail("مرحبا", "ar"), "html").get_content()
