"""Somebody who works here, signed in."""

from __future__ import annotations

from uuid import UUID

from fastapi.testclient import TestClient
from sqlmodel import Session

from services.intake.staff import access, sessions
from services.intake.staff.commands import add
from services.intake.staff.tables import Role
from tests.conftest import MORNING


def sign_in(client: TestClient, session: Session, *roles: Role, name: str = "Noor") -> UUID:
    """Sign a person with these roles in with this client, an adviser unless said; returns the person's id."""
    person = add(session, name, f"{name.lower()}@centre.example", roles or (Role.ADVISER,), at=MORNING)
    token = sessions.begin(session, person, means="link")
    session.commit()
    client.cookies.set(access.COOKIE, token)
    return person.id
