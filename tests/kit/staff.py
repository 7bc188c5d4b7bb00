"""Somebody who works here, signed in, and somebody who has set up how they sign in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

import pyotp
from fastapi.testclient import TestClient
from sqlmodel import Session

from services.intake.staff import access, codes, passwords, sessions
from services.intake.staff.commands import add
from services.intake.staff.commands.means import make_codes
from services.intake.staff.tables import Authenticator, Password, Person, Role
from tests.conftest import MORNING

PASSWORD = "veel oude fietsen"


def sign_in(
    client: TestClient, session: Session, *roles: Role, name: str = "Noor", stepped_up: bool = True
) -> UUID:
    """Sign a person with these roles in with this client, an adviser unless said; returns the person's id."""
    person = add(session, name, f"{name.lower()}@centre.example", roles or (Role.ADVISER,), at=MORNING)
    token = sessions.begin(session, person, means="link", stepped_up=stepped_up)
    session.commit()
    client.cookies.set(access.COOKIE, token)
    return person.id


@dataclass
class Somebody:
    """A person with a password, an app and recovery codes; the app's half minute never comes twice."""

    person: Person
    secret: str
    recovery: list[str]
    password: str = PASSWORD
    _used: int = field(default=0)

    @property
    def email(self) -> str:
        return self.person.email

    def code(self, minutes_off: int = 0) -> str:
        """Return what the app shows now, or showed or will show so many minutes from now."""
        return pyotp.TOTP(self.secret).at(machine_now(), counter_offset=minutes_off * 2)

    def next_code(self) -> str:
        """Return a code that was not used yet and is taken now: there are two at a time."""
        self._used += 1
        return pyotp.TOTP(self.secret).at(machine_now(), counter_offset=self._used - 1)


def somebody(session: Session, *roles: Role, name: str = "Noor") -> Somebody:
    """Take in a person who has set up password and app, an adviser unless said."""
    person = add(session, name, f"{name.lower()}@centre.example", roles or (Role.ADVISER,), at=MORNING)
    secret, now = codes.new_secret(), datetime.now(UTC)
    session.add(Password(person_id=person.id, hash=_recognised_by(), changed_at=now))
    session.add(Authenticator(person_id=person.id, secret=secret, made_at=now, confirmed_at=now))
    recovery = make_codes(session, person.id)
    session.commit()
    return Somebody(person, secret, recovery)


@cache
def _recognised_by() -> str:
    """Return what the password is recognised by. Hashing is slow on purpose; a process does it once."""
    return passwords.hash_new(PASSWORD)


def machine_now() -> datetime:
    """Return the moment by which codes are made."""
    return datetime.now(UTC)


def form_token(page: str) -> str:
    """Return the token of the forms on a page."""
    return page.split('name="form" value="', 1)[1].split('"', 1)[0]
