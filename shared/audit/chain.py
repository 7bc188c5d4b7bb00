"""The chain through a service's audit, which shows whether anything of it was changed or taken away.

As a transaction commits, the database links its entries to the newest link: each link has the hash of the one
before and of its own entry (SHA-256). The function that does so belongs to the owner of the tables; a
service's role may add entries and read, no more. Whoever owns the database could write the whole chain anew:
against that the last hash is kept elsewhere, on paper or in a mail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import Session

from shared.audit.tables import audit_chain, audit_entries

START = bytes(32)
AT_A_TIME = 10_000
MOST_SHOWN = 20
LINKS = """
SELECT number, previous, hash, entry_id::text, id::text, trunc(extract(epoch FROM at) * 1000000)::bigint,
       who, deed, about, why
FROM audit_chain LEFT JOIN audit_entries ON id = entry_id ORDER BY number
"""


@dataclass(frozen=True)
class Flaw:
    """Where the chain does not hold: the number of the link, the entry if it is known, and what is wrong."""

    number: int | None
    entry_id: UUID | None
    wrong: str


@dataclass(frozen=True)
class Verified:
    """`last` is the newest hash, to be kept elsewhere. `flaws` are the first of them, if there are any."""

    entries: int
    last: bytes
    flaws: tuple[Flaw, ...]


class Link(NamedTuple):
    """A link with its entry, whose members are None if it is gone. `micros` are those since 1970 (UTC)."""

    number: int
    previous: bytes
    hash: bytes
    linked: str
    id: str | None
    micros: int
    who: str
    deed: str
    about: str
    why: str


def link_hash(link: Link) -> bytes:
    """Return the hash of a link, as the database makes it: each part with its length in bytes before it."""
    told = link.previous
    for part in (str(link.number), link.linked, str(link.micros), link.who, link.deed, link.about, link.why):
        written = part.encode()
        told += b"%d:%b" % (len(written), written)
    return hashlib.sha256(told).digest()


def verify(session: Session) -> Verified:
    """Go through the whole chain of this service and through entries that are in no chain. Reads only."""
    entries, last, flaws = 0, START, list[Flaw]()
    for link, wrong in _judged(_links(session)):
        entries, last = entries + 1, link.hash
        if wrong and len(flaws) < MOST_SHOWN:
            flaws.append(Flaw(link.number, UUID(link.linked), wrong))
    flaws.extend(Flaw(None, one, "it was slipped in: it is in no chain") for one in _loose(session))
    return Verified(entries, last, tuple(flaws[:MOST_SHOWN]))


def _judged(links: Iterable[Link]) -> Iterator[tuple[Link, str]]:
    """Yield each link with what is wrong with it, or an empty string."""
    before: Link | None = None
    for link in links:
        yield link, _wrong(link, before)
        before = link


def _wrong(link: Link, before: Link | None) -> str:
    # What is older than its period is gone, and then the first link that is left says what came before it.
    number = before.number if before else link.number - 1
    last = before.hash if before else link.previous if link.number > 1 else START
    if link.number != number + 1:
        return f"{link.number - number - 1} before it are gone"
    if link.id is None:
        return "its entry is gone"
    if link.previous != last:
        return "it does not go on from the one before"
    return "" if link.hash == link_hash(link) else "it is not what was written"


def _links(session: Session) -> Iterator[Link]:
    """Read the chain as plain text and numbers: a million rows in some seconds."""
    found = session.execute(text(LINKS).execution_options(yield_per=AT_A_TIME))
    return (Link(*row) for row in found)


def _loose(session: Session) -> list[UUID]:
    linked = select(audit_chain.c.number).where(audit_chain.c.entry_id == audit_entries.c.id)
    return list(session.scalars(select(audit_entries.c.id).where(~linked.exists()).limit(MOST_SHOWN)))
