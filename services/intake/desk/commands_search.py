"""Noting that somebody sought a person, and who looked at what of a person's story."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from services.intake.desk.search_rules import Sought
from services.intake.staff.rules import Signed
from shared import audit, ceilings

# So many references, numbers, addresses and names one person seeks in an hour: more than a busy day asks for,
# and too few to try numbers, one by one or many at once.
HOUR, SEARCHES = 3_600, 120


def note_search(session: Session, signed: Signed, meant: Sought, *, at: datetime) -> None:
    """Note what kind of thing somebody seeks, never what it is. Raises TooMany. Commits."""
    bound(session, signed, at=at, number=meant.number)
    audit.record(session, f"staff:{signed.id}", "desk.search", "people", at=at, why=" ".join(meant.kinds))
    session.commit()


def bound(session: Session, signed: Signed, *, at: datetime, number: int = 1) -> None:
    """Count what somebody asks of people whom they may not know: so many things at once. Commits.

    Raises TooMany.
    """
    bucket = f"desk-search:{signed.id}"
    ceilings.add(session, bucket, HOUR, number - 1, at)
    try:
        ceilings.count(session, bucket, HOUR, SEARCHES, at)
    finally:
        session.commit()


def note_story(
    session: Session, signed: Signed, about: Iterable[str], what: Iterable[str], why: str, *, at: datetime
) -> None:
    """Note that somebody looks at these of a person, and why. Commits."""
    kinds = list(what)
    for one in about:
        for kind in kinds:
            audit.record(session, f"staff:{signed.id}", f"reveal.{kind}", one, at=at, why=why)
    session.commit()
