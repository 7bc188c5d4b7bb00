"""What can be done with people who work here."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from services.intake.staff import sessions
from services.intake.staff.rules import SEEN_EVERY, Signed, is_over, is_stepped_up
from services.intake.staff.tables import Person, Role, SetupLink
from shared.contact.addresses import normalise_email
from shared.crypto import blind_index, hash_secret

SETUP_LASTS = timedelta(hours=24)


def add(session: Session, name: str, email: str, roles: Iterable[Role], *, at: datetime) -> Person:
    """Take somebody in, or change the name and roles of who has this address. Does not commit.

    Raises AddressProblem. They sign in once they have set up how, by a link of `setup_link`.
    """
    address = normalise_email(email)
    person = find_by_email(session, address)
    if person is None:
        person = Person(
            name=name, email=address, email_index=index_of(address), roles=sorted(roles), created_at=at
        )
    person.name, person.roles = name, sorted(roles)
    session.add(person)
    session.flush()
    return person


def setup_link(session: Session, person: Person) -> str:
    """Return the token of a link that works once within 24 hours (machine time). Does not commit."""
    token = secrets.token_urlsafe(32)
    ends = datetime.now(UTC) + SETUP_LASTS
    session.add(SetupLink(token_hash=hash_secret(token), person_id=person.id, ends_at=ends))
    return token


def find_by_email(session: Session, email: str) -> Person | None:
    """Return who has this address, disabled people too."""
    return session.scalars(select(Person).where(col(Person.email_index) == index_of(email))).one_or_none()


def index_of(email: str) -> bytes:
    return blind_index("staff.email", email)


def signed_in(session: Session, token: str) -> Signed | None:
    """Return who is signed in with this token, and note that the session is in use. Commits that."""
    found, now = sessions.find(session, token) if token else None, datetime.now(UTC)
    if found is None or is_over(found[0], now):
        return None
    mine, person = found
    if now - mine.seen_at >= SEEN_EVERY:
        mine.seen_at = now
    signed = Signed(
        person.id,
        person.name,
        frozenset(Role(role) for role in person.roles),
        mine.id,
        token,
        is_stepped_up(mine, now),
    )
    session.commit()
    return signed
