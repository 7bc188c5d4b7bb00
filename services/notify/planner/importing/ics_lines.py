"""The text of a calendar file, event by event, with nothing in it but when each takes place. Pure.

What an event is called, who comes and what is written about it is not read: a calendar of a prison may name
people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

# What says when an event takes place, and which it is.
KEPT = frozenset(
    [
        "UID",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "EXRULE",
        "RECURRENCE-ID",
        "STATUS",
        "SEQUENCE",
    ]
)
# More than this in one event is no visit day of anybody.
LONGEST_LINE, MOST_LINES = 20_000, 500
NAME = re.compile(r"([A-Za-z0-9-]+)[;:]")


@dataclass
class Event:
    """The lines of one event that say when it is; `line` is that of its BEGIN. `broken`: it never ends."""

    line: int
    lines: list[str] = field(default_factory=list)
    broken: bool = False

    def has(self, name: str) -> bool:
        return any(_name(one) == name for one in self.lines)

    def values(self, name: str) -> Sequence[str]:
        return [one.partition(":")[2] for one in self.lines if _name(one) == name]

    @property
    def text(self) -> str:
        return "\r\n".join(("BEGIN:VEVENT", *self.lines, "END:VEVENT", ""))


def is_calendar(content: str) -> bool:
    return content.lstrip("\ufeff\r\n\t ")[:15].upper() == "BEGIN:VCALENDAR"


def events_of(content: str) -> Iterator[Event]:
    """Return the events in the order of the file. What is inside an event, such as an alarm, is passed by."""
    event: Event | None = None
    inside = 0
    for number, line in _unfolded(content):
        begins, ends = line.upper().startswith("BEGIN:"), line.upper().startswith("END:")
        is_event = line[line.find(":") + 1 :].strip().upper() == "VEVENT"
        if begins and is_event:
            if event is not None:
                event.broken = True
                yield event
            event, inside = Event(number), 0
        elif ends and is_event and event is not None:
            yield event
            event = None
        elif event is not None and (begins or ends):
            inside = max(0, inside + (1 if begins else -1))
        elif event is not None and not inside:
            _take(event, line)
    if event is not None:
        event.broken = True
        yield event


def _take(event: Event, line: str) -> None:
    name = _name(line)
    if name in KEPT:
        event.broken = event.broken or len(line) > LONGEST_LINE or len(event.lines) >= MOST_LINES
        if not event.broken:
            event.lines.append(line)


def _name(line: str) -> str:
    match = NAME.match(line)
    return match[1].upper() if match else ""


def _unfolded(content: str) -> Iterator[tuple[int, str]]:
    """Return each line with its number: one that begins with a space goes on the line before it."""
    parts: list[str] = []
    begun = 1
    for number, line in enumerate(re.split(r"\r\n|\n|\r", content.removeprefix("\ufeff")), 1):
        if line[:1] in (" ", "\t") and parts:
            parts.append(line[1:])
            continue
        if parts:
            yield begun, "".join(parts)
        parts, begun = [line], number
    if parts:
        yield begun, "".join(parts)
