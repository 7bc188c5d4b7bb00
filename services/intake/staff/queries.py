"""People who work here as their pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlmodel import Session, col

from services.intake.staff.rules import IDLE
from services.intake.staff.tables import (
    Account,
    Authenticator,
    Passkey,
    Password,
    Person,
    RecoveryCode,
    Role,
    StaffSession,
)
from shared.errors import NotFound


@dataclass(frozen=True)
class Colleague:
    """Somebody who works here. `state` is `disabled`, `ready` (has means of signing in) or `invited`.

    `telephone` is how the number of their duty telephone ends.
    """

    id: UUID
    name: str
    email: str
    roles: Sequence[Role]
    state: str
    last_in_at: datetime | None
    sample: bool
    telephone: str


def one(session: Session, person_id: UUID) -> Person:
    """Raises NotFound."""
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound("There is nobody with this id.")
    return found


def has_means(session: Session, person_id: UUID) -> bool:
    """Whether somebody can sign in without a set-up link."""
    return number_of_means(session, person_id) > 0


def number_of_means(session: Session, person_id: UUID) -> int:
    """Return in how many ways somebody can sign in: password and code, each passkey, the account."""
    app = session.get(Authenticator, person_id)
    ways = [app is not None and app.confirmed_at is not None, session.get(Account, person_id) is not None]
    return sum(ways) + len(passkeys_of(session, person_id))


def passkeys_of(session: Session, person_id: UUID) -> Sequence[Passkey]:
    """Return somebody's passkeys, the oldest first."""
    return session.scalars(
        select(Passkey)
        .where(col(Passkey.person_id) == person_id)
        .order_by(col(Passkey.made_at), col(Passkey.id))
    ).all()


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
    ready = or_(
        col(Authenticator.confirmed_at).is_not(None),
        exists().where(col(Passkey.person_id) == col(Person.id)),
        exists().where(col(Account.person_id) == col(Person.id)),
    )
    rows = session.execute(
        select(Person, ready)
        .outerjoin(Authenticator, col(Authenticator.person_id) == col(Person.id))
        .order_by(col(Person.disabled_at).is_not(None), func.lower(col(Person.name)), col(Person.id))
    ).all()
    return [_colleague(person, is_ready) for person, is_ready in rows]


def _colleague(person: Person, is_ready: bool) -> Colleague:
    state = "ready" if is_ready or person.sample else "invited"
    return Colleague(
        person.id,
        person.name,
        person.email,
        [Role(role) for role in person.roles],
        "disabled" if person.disabled_at else state,
        person.last_in_at,
        person.sample,
        (person.telephone or "")[-2:],
    )


def sessions_of(session: Session, person_id: UUID) -> Sequence[StaffSession]:
    """Return the sessions of a person that are not over, the one used last first."""
    now = datetime.now(UTC)
    return session.scalars(
        select(StaffSession)
        .where(
            col(StaffSession.person_id) == person_id,
            col(StaffSession.ends_at) > now,
            col(StaffSession.seen_at) > now - IDLE,
        )
        .order_by(col(StaffSession.seen_at).desc(), col(StaffSession.id))
    ).all()


@dataclass(frozen=True)
class OwnMeans:
    """What somebody signs in with: a password (since when) and how many recovery codes are left, passkeys,
    and the organisation's account (since when). The last of all of them stays.
    """

    password_since: datetime | None
    codes_left: int
    passkeys: Sequence[Passkey]
    account_since: datetime | None
    number: int


def own_means(session: Session, person_id: UUID) -> OwnMeans:
    kept = session.get(Password, person_id)
    left = session.scalar(
        select(func.count())
        .select_from(RecoveryCode)
        .where(col(RecoveryCode.person_id) == person_id, col(RecoveryCode.used_at).is_(None))
    )
    account = session.get(Account, person_id)
    return OwnMeans(
        kept.changed_at if kept else None,
        left or 0,
        passkeys_of(session, person_id),
        account.since if account else None,
        number_of_means(session, person_id),
    )
