"""People who work here as their pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from services.intake.staff.rules import IDLE, LONGEST_CALL
from services.intake.staff.tables import Authenticator, Password, Person, RecoveryCode, Role, StaffSession
from shared.errors import NotFound


@dataclass(frozen=True)
class Colleague:
    """Somebody who works here. `state` is `disabled`, `ready` (has means of signing in) or `invited`."""

    id: UUID
    name: str
    email: str
    roles: Sequence[Role]
    state: str
    last_in_at: datetime | None
    sample: bool


def one(session: Session, person_id: UUID) -> Person:
    """Raises NotFound."""
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound("There is nobody with this id.")
    return found


def has_means(session: Session, person_id: UUID) -> bool:
    """Whether somebody can sign in without a set-up link."""
    app = session.get(Authenticator, person_id)
    return app is not None and app.confirmed_at is not None


def unconfirmed(session: Session, person_id: UUID) -> Authenticator | None:
    """Return the app of somebody who chose a password and has yet to type a code, or None."""
    app = session.get(Authenticator, person_id)
    return app if app and app.confirmed_at is None else None


def colleague(session: Session, person_id: UUID) -> Colleague:
    """Raises NotFound."""
    one(session, person_id)
    return next(one for one in everybody(session) if one.id == person_id)


def everybody(session: Session) -> list[Colleague]:
    """Return all people, those who are disabled last, in the order of their names."""
    rows = session.execute(
        select(Person, col(Authenticator.confirmed_at))
        .outerjoin(Authenticator, col(Authenticator.person_id) == col(Person.id))
        .order_by(col(Person.disabled_at).is_not(None), func.lower(col(Person.name)), col(Person.id))
    ).all()
    return [_colleague(person, confirmed) for person, confirmed in rows]


def _colleague(person: Person, confirmed: datetime | None) -> Colleague:
    state = "ready" if confirmed or person.sample else "invited"
    return Colleague(
        person.id,
        person.name,
        person.email,
        [Role(role) for role in person.roles],
        "disabled" if person.disabled_at else state,
        person.last_in_at,
        person.sample,
    )


def sessions_of(session: Session, person_id: UUID) -> Sequence[StaffSession]:
    """Return the sessions of a person that are not over, the one used last first."""
    now = datetime.now(UTC)
    return session.scalars(
        select(StaffSession)
        .where(
            col(StaffSession.person_id) == person_id,
            col(StaffSession.ends_at) > now,
            (col(StaffSession.seen_at) > now - IDLE) | (col(StaffSession.in_a_call_at) > now - LONGEST_CALL),
        )
        .order_by(col(StaffSession.seen_at).desc(), col(StaffSession.id))
    ).all()


@dataclass(frozen=True)
class OwnMeans:
    """What somebody signs in with: a password (since when), and how many recovery codes are left."""

    password_since: datetime | None
    codes_left: int


def own_means(session: Session, person_id: UUID) -> OwnMeans:
    kept = session.get(Password, person_id)
    left = session.scalar(
        select(func.count())
        .select_from(RecoveryCode)
        .where(col(RecoveryCode.person_id) == person_id, col(RecoveryCode.used_at).is_(None))
    )
    return OwnMeans(kept.changed_at if kept else None, left or 0)
