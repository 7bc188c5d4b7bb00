"""Guessing is slowed: for a person from one place, from a place, and for a person from everywhere.

The wait grows with the tries: a minute, a quarter of an hour, an hour. From a place where somebody signed in
these last days only their own tries from there count, so that whoever guesses elsewhere keeps nobody out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from shared import ceilings
from shared.crypto import blind_index
from shared.errors import TooMany

MINUTE, QUARTER, HOUR, DAY = 60, 900, 3600, 86_400
# So many wrong tries in so many seconds.
FROM_ONE_PLACE = {MINUTE: 5, QUARTER: 10, HOUR: 20}
OF_A_PLACE = {QUARTER: 30, DAY: 300}
IN_ONE_SESSION = {MINUTE: 5, QUARTER: 10, HOUR: 20}
FROM_EVERYWHERE = {QUARTER: 10, HOUR: 20, DAY: 60}
KNOWN_FOR = 4 * DAY


def begin(
    session: Session,
    person: bytes,
    origin: str,
    at: datetime,
    *,
    session_id: UUID | None = None,
) -> list[str]:
    """Count a try before it is looked at, and return where it was counted. Commits.

    `session_id`: somebody proves again who they are. What is tried in one session counts wherever it comes
    from: whoever took a session has no more tries for having a thousand addresses.


    `person` is the fingerprint of the address that was given, whether somebody has it or not. Raises TooMany,
    which counts as no try: whoever waits gets in at last.
    """
    whose, place = person.hex(), blind_index("origin", origin).hex()
    own = _buckets("staff-own", f"{whose}:{place}", FROM_ONE_PLACE)
    if session_id is not None:
        limits = own | _buckets("staff-session", session_id.hex, IN_ONE_SESSION)
    elif is_known(session, person, origin, at):
        limits = own
    else:
        place_only = _buckets("staff-place", place, OF_A_PLACE)
        limits = own | place_only | _buckets("staff-person", whose, FROM_EVERYWHERE)
    _count(session, limits, at)
    return list(limits)


def _count(session: Session, limits: Mapping[str, tuple[int, int]], at: datetime) -> None:
    counted = ceilings.add_each(session, {bucket: seconds for bucket, (seconds, _) in limits.items()}, at)
    over = [limits[bucket][0] for bucket, number in counted.items() if number > limits[bucket][1]]
    if over:
        session.rollback()
        raise TooMany("That is too often. Please try again later.", retry_after=_left(max(over), at))
    session.commit()


def forgive(session: Session, buckets: list[str], at: datetime) -> None:
    """Take a try back that was right. Does not commit."""
    for bucket in buckets:
        ceilings.uncount(session, bucket, _seconds(bucket), at)


def remember(session: Session, person: bytes, origin: str, at: datetime) -> None:
    """Note that this person signed in from here. Does not commit."""
    ceilings.add(session, _known(person, origin), KNOWN_FOR, 1, at)


def is_known(session: Session, person: bytes, origin: str, at: datetime) -> bool:
    """Whether this person signed in from here within the last four days, or a little longer ago."""
    bucket, before = _known(person, origin), at - timedelta(seconds=KNOWN_FOR)
    return any(ceilings.counted(session, bucket, KNOWN_FOR, moment) for moment in (at, before))


def _known(person: bytes, origin: str) -> str:
    return f"staff-known:{person.hex()}:{blind_index('origin', origin).hex()}"


def _buckets(kind: str, of: str, limits: Mapping[int, int]) -> dict[str, tuple[int, int]]:
    return {f"{kind}-{seconds}:{of}": (seconds, limit) for seconds, limit in limits.items()}


def _seconds(bucket: str) -> int:
    return int(bucket.partition(":")[0].rpartition("-")[2])


def _left(seconds: int, at: datetime) -> int:
    end = ceilings.window_start(at, seconds) + timedelta(seconds=seconds)
    return max(1, int((end - at).total_seconds()))
