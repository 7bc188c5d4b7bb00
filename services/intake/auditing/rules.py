"""What an auditor looks for, read from an address, and what several services found, as one list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.countries import DEFAULT
from shared.events.auditing import AskAudit, Before, Entries, Entry

# Deeds of one kind, as the filter offers them: each is the beginning of the deeds themselves.
KINDS = (
    "reveal",
    "work-item",
    "call",
    "call-back",
    "caller",
    "advice-request",
    "offer",
    "visit-day",
    "registration",
    "erase",
    "message",
    "contact",
    "sign-in",
    "sign-out",
    "session",
    "step-up",
    "staff",
    "member",
    "audit",
    "key",
    "directory",
    "dead-letter",
    "database",
    "conversation",
    "child",
    "own-words",
    "consent",
    "desk",
    "hours",
    "passkey",
    "guidance",
    "reply-template",
)
SYSTEMS = ("system", "operator", "family")
EVERYTHING = "everything"
MARK = re.compile(r"(?P<at>[0-9T:.+-]{19,40})_(?P<id>[0-9a-f-]{36})", re.ASCII)


@dataclass(frozen=True)
class Sought:
    """What an auditor filled in, as it was written. `record` is a reference or an id."""

    who: str = ""
    key: str = ""
    deed: str = ""
    record: str = ""
    day: str = ""

    @classmethod
    def of(cls, params: Mapping[str, str]) -> Sought:
        names = ("who", "key", "deed", "record", "day")
        return cls(**{name: params.get(name, "").strip()[:100] for name in names})

    @property
    def filled(self) -> dict[str, str]:
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Read:
    """What is asked of each service, and the fields in which something is wrong, each with its code."""

    asked: AskAudit = field(default_factory=AskAudit)
    wrong: Mapping[str, str] = field(default_factory=dict)


def read(sought: Sought, record: UUID | None, mark: str, *, limit: int) -> Read:
    """Return what to ask. `record` is what the reference or id that was written leads to."""
    begins, wrong = _day(sought.day), {}
    if sought.day and begins is None:
        wrong["day"] = "day-wrong"
    if sought.record and record is None:
        wrong["record"] = "record-unknown"
    asked = AskAudit(
        who=_who(sought.who),
        key=sought.key or None,
        deed=sought.deed if sought.deed in KINDS else None,
        record=record,
        since=begins,
        until=_next_day(sought.day),
        looks=sought.deed in (EVERYTHING, "audit"),
        before=before(mark),
        limit=limit,
    )
    return Read(asked, wrong)


def _who(written: str) -> str | None:
    """Return who, as an entry names them: a person by their id, else one of ours."""
    if written in SYSTEMS:
        return written
    return f"staff:{written}" if uuid_of(written) else None


def uuid_of(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


def _day(written: str) -> datetime | None:
    """Return when a day begins on the wall clock of the centre."""
    try:
        return _begins(date.fromisoformat(written))
    except ValueError:
        return None


def _next_day(written: str) -> datetime | None:
    try:
        return _begins(date.fromisoformat(written) + timedelta(days=1))
    except (ValueError, OverflowError):
        return None


def _begins(day: date) -> datetime:
    try:
        return datetime.combine(day, time.min, ZoneInfo(DEFAULT.zone)).astimezone(UTC)
    except OverflowError:
        raise ValueError("no day of ours") from None


def mark_of(entry: Entry) -> str:
    """Return the place of an entry in the list, as it stands in an address."""
    return f"{entry.at.astimezone(UTC).isoformat()}_{entry.id}"


def before(mark: str) -> Before | None:
    """Return the place that an address names; None for the beginning, and for what is no place."""
    found = MARK.fullmatch(mark.replace(" ", "+"))
    if found is None or uuid_of(found["id"]) is None:
        return None
    try:
        at = datetime.fromisoformat(found["at"])
    except ValueError:
        return None
    return Before(at=at, id=UUID(found["id"])) if at.tzinfo else None


@dataclass(frozen=True)
class Line:
    service: str
    entry: Entry


def together(answers: Mapping[str, Entries | None], limit: int) -> tuple[list[Line], bool]:
    """Return the newest entries of all, and whether there are older ones. None did not answer."""
    there: Iterable[tuple[str, Entries]] = [(name, one) for name, one in answers.items() if one is not None]
    lines = [Line(name, entry) for name, one in there for entry in one.entries]
    lines.sort(key=lambda line: (line.entry.at, line.entry.id), reverse=True)
    return lines[:limit], len(lines) > limit or any(one.more for _, one in there)
