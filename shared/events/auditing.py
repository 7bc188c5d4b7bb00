"""What the auditor's page asks each service about its audit, and what it is answered: codes and ids alone."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.desk import Ask
from shared.events.details import Answer

MOST_ENTRIES = 10_000
# Looks at the audit itself, which would be most of what there is to see.
READ = "audit.read"


class Entry(Answer):
    """Who did what to which record, when and why. `called`: the name of the key that did it, if one did."""

    id: UUID
    at: datetime
    who: str
    called: str = ""
    deed: str
    about: str
    why: str = ""


class Entries(Answer):
    """The newest first. `more`: there are older ones that were asked for as well."""

    entries: tuple[Entry, ...] = ()
    more: bool = False


class Before(Answer):
    """A place in the order of the entries: what is older than this one."""

    at: datetime
    id: UUID


class AskAudit(Ask):
    """Entries, of which what is not named may be anything.

    `who` as in an entry; `key` is the id or the name of a key; `deed` one, or all that begin with it (as
    `reveal.phone` with `reveal`); `record` any kind of record with this id, and the work items about it;
    `looks`: with looks at the audit.
    """

    path: ClassVar[str] = "/internal/audit/entries"

    who: str | None = None
    key: str | None = None
    deed: str | None = None
    record: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    looks: bool = True
    before: Before | None = None
    limit: int = Field(default=100, ge=1, le=MOST_ENTRIES)
    as_file: bool = False
