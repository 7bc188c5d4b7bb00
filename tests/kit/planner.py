"""A prison's planner, signed in."""

from __future__ import annotations

from uuid import UUID

from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.notify.planner.access import member
from services.notify.planner.framing import FORM
from services.notify.planner.tables import PLANNERS, PlannerSession
from shared.crypto import hash_secret
from shared.members import commands, sessions
from shared.members.rules import LONGEST
from shared.web import forms
from tests.conftest import MORNING

PRISON, OTHER = "nl-pi-vught", "be-gevangenis-gent"


def add(session: Session, *facilities: str, email: str = "els@pi.example") -> UUID:
    """Add a planner of these facilities, of Vught unless said; returns their id."""
    made, _ = commands.add(
        session, PLANNERS, email, facilities or (PRISON,), name="Els Peeters", at=MORNING, by="operator"
    )
    return UUID(str(made.id))


def sign_in(client: TestClient, session: Session, *facilities: str, email: str = "els@pi.example") -> str:
    """Sign a planner in with this client; returns the token of the forms that they are shown."""
    token = begin(session, *facilities, email=email)
    client.cookies.clear()
    client.cookies.set(member.cookie.bare, token)
    return form_of(session, token)


def begin(session: Session, *facilities: str, email: str = "els@pi.example") -> str:
    """Begin a session of a planner, and return its token."""
    token = sessions.begin(session, PlannerSession, add(session, *facilities, email=email), lasts=LONGEST)
    session.commit()
    return token


def form_of(session: Session, token: str) -> str:
    mine = PlannerSession.token_hash == hash_secret(token)
    kept = session.exec(select(PlannerSession).where(mine)).one()
    return forms.new_token(FORM, str(kept.id))
