"""Challenges: given to one browser, answered by it once, within five minutes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col

from services.intake.staff.tables import Challenge
from shared import ceilings
from shared.crypto import blind_index, hash_secret

LASTS = timedelta(minutes=5)
QUARTER = 900
# So many may begin to sign in from one place in a quarter of an hour: a whole office does not reach it.
FROM_ONE_PLACE = 300


class Purpose(StrEnum):
    """What the answer to a challenge is good for, and for nothing else."""

    SIGN_IN = "passkey"
    STEP_UP = "passkey.step-up"
    ADD = "passkey.add"
    ACCOUNT = "oidc"
    ACCOUNT_AGAIN = "oidc.step-up"


@dataclass(frozen=True)
class Given:
    """A challenge that was taken back: what was to be signed, when it was given, and where to go on to."""

    value: bytes
    person_id: UUID | None
    purpose: Purpose
    given_at: datetime
    wanted: str


def give(
    session: Session, purpose: Purpose, *, person_id: UUID | None = None, wanted: str = ""
) -> tuple[str, bytes]:
    """Return a token for the browser to keep, and the challenge. Does not commit."""
    token, value, now = secrets.token_urlsafe(32), secrets.token_bytes(32), datetime.now(UTC)
    session.execute(delete(Challenge).where(col(Challenge.ends_at) < now))
    session.add(
        Challenge(
            token_hash=hash_secret(token),
            purpose=purpose,
            person_id=person_id,
            value=value,
            wanted=wanted,
            ends_at=now + LASTS,
        )
    )
    return token, value


def bound(session: Session, origin: str) -> None:
    """Count one more that whoever is not signed in asks for. Does not commit.

    Raises TooMany where they ask without end.
    """
    place = f"staff-challenge:{blind_index('origin', origin).hex()}"
    ceilings.count(session, place, QUARTER, FROM_ONE_PLACE, datetime.now(UTC))


def take(session: Session, token: str, *purposes: Purpose) -> Given | None:
    """Use up the challenge of this browser's token; None if there is none for these purposes.

    Commits, so that whatever becomes of the answer there is no second one. Whose it is, the caller looks at.
    """
    found = session.execute(
        delete(Challenge)
        .where(col(Challenge.token_hash) == hash_secret(token))
        .returning(
            col(Challenge.value),
            col(Challenge.person_id),
            col(Challenge.purpose),
            col(Challenge.ends_at),
            col(Challenge.wanted),
        )
    ).one_or_none()
    session.commit()
    if found is None or found.purpose not in purposes or found.ends_at <= datetime.now(UTC):
        return None
    purpose = Purpose(found.purpose)
    return Given(found.value, found.person_id, purpose, found.ends_at - LASTS, found.wanted)
