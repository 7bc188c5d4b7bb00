"""A calendar file (RFC 5545): every event that can be a visit day, and every other with why not. Pure.

Times without a zone are those of the facility, other zones are converted, series go as far as anything can be
published. What takes a whole day is refused: nobody can be told when to come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from services.notify.planner.importing import days
from services.notify.planner.importing.csv_files import Where
from services.notify.planner.importing.days import MOST_DAYS, Reading, Refusal, Slot
from services.notify.planner.importing.ics_lines import Event, events_of, is_calendar
from services.notify.planner.importing.recurring import NotTaken, rule_of
from shared.crypto import blind_index
from shared.spreadsheet import decode

# The most events of a file, those among them that come again, and how long ago one of these may have begun.
MOST_EVENTS, MOST_SERIES = 20_000, 500
BEGAN = timedelta(days=20 * 366)
# What the libraries raise for what they cannot read; a zone may be named after a folder.
UNREADABLE = (ValueError, LookupError, ArithmeticError, TypeError, AttributeError, OSError)
TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE")


@dataclass(frozen=True)
class _Known:
    """An event that can be read: the library's own, and where it stood."""

    line: int
    # The library says of no property what it holds.
    event: Any
    start: datetime
    end: datetime

    @property
    def is_of_a_series(self) -> bool:
        return "RRULE" in self.event or "RDATE" in self.event

    @property
    def is_one_of_a_series(self) -> bool:
        return "RECURRENCE-ID" in self.event

    @property
    def is_off(self) -> bool:
        return str(self.event.get("STATUS", "")).upper() == "CANCELLED"

    @property
    def sequence(self) -> int:
        return int(self.event.get("SEQUENCE", 0))


@dataclass
class _Found:
    """What is gathered on the way through a file."""

    slots: list[Slot] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    over: int = 0

    def refuse(self, line: int, name: str, code: str, values: Mapping[str, str]) -> None:
        self.refused.append(Refusal(line, name, code, values))


def read(content: bytes, where: Where) -> Reading:
    """Return the days of a calendar file. An event that cannot be read refuses itself alone.

    Events that are over are counted, not named.
    """
    text = decode(content)
    if not is_calendar(text):
        return Reading.nothing("no-calendar", "file")
    found = _Found()
    by_name: dict[str, list[_Known]] = defaultdict(list)
    series = 0
    for number, event in enumerate(events_of(text), 1):
        if number > MOST_EVENTS:
            return Reading.nothing("too-many-events", "file", most=str(MOST_EVENTS))
        if known := _known(event, where, found):
            by_name[str(known.event.get("UID", f"line {event.line}"))].append(known)
            series += known.is_of_a_series
    if series > MOST_SERIES:
        return Reading.nothing("too-many-series", "file", most=str(MOST_SERIES))
    for uid, events in by_name.items():
        _expand(uid, events, where, found)
        if len(found.slots) > MOST_DAYS:
            return Reading.nothing(days.TOO_MANY, "file", most=str(MOST_DAYS))
    kept, wrong, over = days.gathered(found.slots, where.zone, where.at, quiet_about_past=True)
    refused = days.in_order([*found.refused, *wrong])
    return Reading(tuple(kept), refused, found.over + over)


def _fingerprint(uid: str) -> str:
    return blind_index("calendar-uid", uid.strip()).hex()


def _known(event: Event, where: Where, found: _Found) -> _Known | None:
    """Read one event; what is wrong with it is kept, unless it is over anyhow."""
    try:
        known = _read(event, where)
    except _Wrong as wrong:
        if not wrong.is_over:
            found.refuse(event.line, wrong.field, wrong.code, wrong.values)
        found.over += wrong.is_over
        return None
    alone = not known.is_of_a_series and not known.is_one_of_a_series
    if alone and known.end <= where.at:
        found.over += 1
        return None
    return known


class _Wrong(ValueError):
    def __init__(self, name: str, code: str, *, is_over: bool = False, **values: str) -> None:
        super().__init__(code)
        self.field, self.code, self.is_over, self.values = name, code, is_over, values


def _read(event: Event, where: Where) -> _Known:
    """Raises _Wrong."""
    if event.broken:
        raise _Wrong("event", "event-broken")
    for rule in event.values("RRULE"):
        _take_rule(rule, where.zone)
    if event.has("EXRULE") or len(event.values("RRULE")) > 1:
        raise _Wrong("rule", "rule-unknown")
    made = _made(event)
    start = getattr(made.get("DTSTART"), "dt", None)
    if start is None:
        raise _Wrong("start", "no-start")
    if not isinstance(start, datetime):
        over = not event.has("RRULE") and not event.has("RDATE") and start < _today(where)
        raise _Wrong("start", "all-day", is_over=over, day=start.isoformat())
    for name in TIMES:
        _check_zone(made.get(name))
    begins, ends = _aware(start, where), _aware(_end(made, start), where)
    if ends <= begins:
        raise _Wrong("end", "end-before-start", day=start.date().isoformat())
    if ends - begins >= timedelta(days=1):
        raise _Wrong("end", "over-midnight", day=start.date().isoformat())
    if event.has("RRULE") and begins < where.at - BEGAN:
        raise _Wrong("start", "began-long-ago", day=start.date().isoformat())
    return _Known(event.line, made, begins, ends)


def _take_rule(text: str, zone: str) -> None:
    try:
        rule_of(text, zone)
    except NotTaken as problem:
        raise _Wrong("rule", problem.code) from None


def _made(event: Event) -> Any:
    """Have the library read it. Whatever it says of what cannot be read, the event is broken."""
    try:
        made = icalendar.Event.from_ical(event.text)
    except UNREADABLE:
        raise _Wrong("event", "event-broken") from None
    if made.errors or any(isinstance(made.get(one), list) for one in ("DTSTART", "DTEND", "UID")):
        raise _Wrong("event", "event-broken")
    return made


def _end(made: Any, start: datetime) -> datetime:
    """Raises _Wrong where it does not say when it ends, as nobody could be told."""
    if "DTEND" in made:
        end = made["DTEND"].dt
        if not isinstance(end, datetime):
            raise _Wrong("end", "no-end-time", day=start.date().isoformat())
        return end
    if "DURATION" not in made:
        raise _Wrong("end", "no-end-time", day=start.date().isoformat())
    length = made["DURATION"].dt
    if not isinstance(length, timedelta) or not timedelta(0) < length < timedelta(days=1):
        raise _Wrong("end", "end-before-start", day=start.date().isoformat())
    return start + length


def _check_zone(value: Any) -> None:
    """A zone that has a name which nobody knows is read as none, and would be taken for our own."""
    for one in value if isinstance(value, list) else [value]:
        named = getattr(one, "params", {}).get("TZID")
        for part in getattr(one, "dts", [one]):
            at = getattr(part, "dt", None)
            if named and isinstance(at, datetime) and at.tzinfo is None:
                raise _Wrong("zone", "zone-unknown", value=str(named)[:40])


def _aware(at: datetime, where: Where) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(where.zone))


def _today(where: Where) -> Any:
    return where.at.astimezone(ZoneInfo(where.zone)).date()


def _expand(uid: str, events: Sequence[_Known], where: Where, found: _Found) -> None:
    """Add the days of all that has one name: an event, or a series with what was changed of it."""
    for part in _apart(events):
        try:
            _add_all(uid, part, where, found)
        except UNREADABLE:
            found.refuse(part[0].line, "event", "event-broken", {})


def _apart(events: Sequence[_Known]) -> Iterator[Sequence[_Known]]:
    """Yield what belongs together. Programs that give all events one name mean as many events by it."""
    ones = [one for one in events if one.is_one_of_a_series]
    masters = [one for one in events if not one.is_one_of_a_series]
    latest = max((one.sequence for one in masters), default=0)
    masters = [one for one in masters if one.sequence == latest]
    if len(masters) <= 1:
        yield [*masters, *ones]
        return
    yield from ([one] for one in masters)
    if ones:
        yield ones


def _add_all(uid: str, events: Sequence[_Known], where: Where, found: _Found) -> None:
    calendar = icalendar.Calendar()
    lines: dict[str, int] = {}
    for known in events:
        known.event["X-LINE"] = str(known.line)
        lines[str(known.line)] = known.line
        calendar.add_component(known.event)
    again = len(events) > 1 or events[0].is_of_a_series or events[0].is_one_of_a_series
    named = _fingerprint(uid)
    begins = where.at - timedelta(days=1)
    ends = datetime.combine(days.last_day(where.zone, where.at), time.max, ZoneInfo(where.zone))
    off = not events[0].is_one_of_a_series and events[0].is_off
    for one in recurring_ical_events.of(calendar).between(begins, ends):
        slot = _slot(one, lines.get(str(one.get("X-LINE")), events[0].line), where, found, named, again)
        if slot is not None:
            found.slots.append(slot if not off else _called_off(slot))
        if len(found.slots) > MOST_DAYS:
            return


def _called_off(slot: Slot) -> Slot:
    return Slot(
        slot.line, slot.day, slot.start, slot.end, slot.kind, None, slot.uid, slot.occurrence, called_off=True
    )


def _slot(one: Any, line: int, where: Where, found: _Found, uid: str, again: bool) -> Slot | None:
    start, end = one["DTSTART"].dt, one["DTEND"].dt
    values: Mapping[str, str] = {"day": start.date().isoformat(), "start": f"{start:%H:%M}"}
    begins, ends = _here(start, where), _here(end, where)
    if begins is None or ends is None:
        found.refuse(line, "start", "no-such-time", values)
        return None
    if begins.fold:
        found.refuse(line, "start", "second-time", values)
        return None
    if days.is_too_long(begins, ends):
        found.refuse(line, "end", "over-midnight", values)
        return None
    off = str(one.get("STATUS", "")).upper() == "CANCELLED"
    which = _utc_text(one["RECURRENCE-ID"].dt, where) if again else ""
    return Slot(
        line,
        begins.date(),
        begins.time().replace(second=0, fold=0),
        ends.time().replace(second=0, fold=0),
        where.usual.kind,
        None,
        uid,
        which,
        called_off=off,
    )


def _here(at: datetime, where: Where) -> datetime | None:
    """Return a moment on the facility's clock; None for a time that the clock skips where it was written."""
    zone: tzinfo = ZoneInfo(where.zone)
    own = at if at.tzinfo is not None else at.replace(tzinfo=zone)
    moment = own.astimezone(UTC)
    if moment.astimezone(own.tzinfo).replace(tzinfo=None, fold=0) != own.replace(tzinfo=None, fold=0):
        return None
    return moment.astimezone(zone) if own.tzinfo is not zone else own


def _utc_text(at: Any, where: Where) -> str:
    """Return by what name one of a series is known again, whatever zone it is told in."""
    if not isinstance(at, datetime):
        return str(at.isoformat())
    return f"{_aware(at, where).astimezone(UTC):%Y%m%dT%H%MZ}"
