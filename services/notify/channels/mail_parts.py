"""The parts of a mail beside its plain words: the same words as HTML, and an entry for a calendar."""

from __future__ import annotations

import re
from html import escape

from icalendar import Calendar, Event, vCalAddress

from services.notify.channels.port import Appointment
from shared.languages import LANGUAGES, text_language

LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")
CANCEL, REQUEST = "CANCEL", "REQUEST"


def as_html(words: str, language: str) -> str:
    """Return the words of a mail as HTML with its links to press; it loads nothing from anywhere."""
    written = text_language(language)
    paragraphs = "".join(f"<p>{_paragraph(one)}</p>\n" for one in re.split(r"\n{2,}", words.strip()))
    return (
        f'<!DOCTYPE html>\n<html lang="{written}" dir="{LANGUAGES[written].direction}">\n'
        f'<head><meta charset="utf-8"></head>\n<body>\n{paragraphs}</body>\n</html>\n'
    )


def _paragraph(words: str) -> str:
    parts, end = [], 0
    for link in LINK.finditer(words):
        parts += [escape(words[end : link.start()]), _anchor(link[0])]
        end = link.end()
    return "".join([*parts, escape(words[end:])]).replace("\n", "<br>\n")


def _anchor(url: str) -> str:
    return f'<a href="{escape(url)}">{escape(url)}</a>'


def method(appointment: Appointment) -> str:
    return CANCEL if appointment.is_off else REQUEST


def as_calendar(appointment: Appointment, title: str, sender: str) -> str:
    """Return the entry for a calendar, under the mail's own subject and with no more than the town.

    It names nobody who is invited: a calendar is shared and shown in company, and with an `ATTENDEE` a
    program offers to answer us by mail, where the family's own answer is a yes or no to our text.
    """
    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.version)
    event.add("dtstamp", appointment.said_at)
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.ends_at)
    event.add("summary", title)
    event.add("location", appointment.place)
    event.add("organizer", vCalAddress(f"mailto:{sender}"))
    event.add("status", "CANCELLED" if appointment.is_off else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Weerzien//Weerzien//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method(appointment))
    calendar.add_component(event)
    return str(calendar.to_ical(), "utf-8")
