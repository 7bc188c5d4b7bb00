"""Proving who one is: to be let in, and again before what matters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from services.intake.staff import figures, passwords, sessions
from services.intake.staff.commands import guessing
from services.intake.staff.commands.means import use_code
from services.intake.staff.commands.people import find_by_email, index_of
from services.intake.staff.queries import one
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Authenticator, Password, Person
from shared.audit import record
from shared.contact.addresses import normalise_email
from shared.contact.problems import AddressProblem
from shared.errors import Problem, TooMany


@dataclass(frozen=True)
class Proof:
    """What somebody typed to be let in."""

    email: str
    password: str
    code: str


@dataclass(frozen=True)
class From:
    """Where somebody signs in: the origin of the request, which browser it is, and its session of before."""

    origin: str
    browser: str = ""
    before: str = ""


class NotYou(Problem):
    """One answer for whoever is unknown, disabled, or has a password or a code that is not right."""

    def __init__(self) -> None:
        super().__init__(401, "sign-in-refused", "Not signed in", "These do not belong together.")


def sign_in(session: Session, proof: Proof, place: From, *, at: datetime) -> tuple[str, Person]:
    """Let somebody in who has their password and a code, and return the session's token and who it is.

    A recovery code stands in for the app's, once. Raises NotYou, and TooMany while guessing is slowed.
    """
    now, address = datetime.now(UTC), _address(proof.email)
    tries = _slowed(session, index_of(address), place.origin, now)
    person = find_by_email(session, address)
    means = _proven(session, person, proof, now)
    if person is None or not means:
        refused(session, person, at)
        raise NotYou
    guessing.forgive(session, tries, now)
    return let_in(
        session, person, place, means="recovery" if means == "recovery" else "password", at=at
    ), person


def _slowed(
    session: Session, index: bytes, origin: str, now: datetime, *, session_id: UUID | None = None
) -> list[str]:
    try:
        return guessing.begin(session, index, origin, now, session_id=session_id)
    except TooMany:
        figures.count("slowed")
        raise


def _address(email: str) -> str:
    """Return the address in its normal form, or as it was typed if it is none: that nobody has."""
    try:
        return normalise_email(email)
    except AddressProblem:
        return email[:200]


def _proven(session: Session, person: Person | None, proof: Proof, now: datetime) -> str:
    """Return by which code they proved it, or nothing. Nobody can tell by the time which part was wrong."""
    kept = session.get(Password, person.id) if person else None
    app = session.get(Authenticator, person.id) if person else None
    session.commit()  # no connection waits for a hash
    right = passwords.is_right(proof.password, kept.hash if kept else None)
    if person is None or person.disabled_at or not right or app is None or app.confirmed_at is None:
        return ""
    if kept and passwords.is_dated(kept.hash):
        kept.hash = passwords.hash_again(proof.password)
    return use_code(session, person.id, proof.code, now)


def refused(session: Session, person: Person | None, at: datetime) -> None:
    """Note that somebody was not let in. Commits."""
    about = f"staff:{person.id}" if person else "staff:unknown"
    record(session, "system", "sign-in.refused", about, at=at)
    session.commit()
    figures.count("refused")


def unasked() -> NotYou:
    """Return the refusal of an answer to nothing that we asked.

    It is counted, and no entry: anybody can send as much of that as they like.
    """
    figures.count("refused")
    return NotYou()


def let_in(session: Session, person: Person, place: From, *, means: str, at: datetime) -> str:
    """Begin a session for somebody who has proved who they are, by any means; return its token.

    The session that the browser had before ends. Commits.
    """
    person.last_in_at = datetime.now(UTC)
    session.add(person)
    guessing.remember(session, person.email_index, place.origin, person.last_in_at)
    sessions.end(session, place.before)
    token = sessions.begin(session, person, means=means, browser=place.browser)
    record(session, f"staff:{person.id}", "sign-in", f"staff:{person.id}", at=at, why=means)
    session.commit()
    figures.count("in")
    return token


def step_up(session: Session, signed: Signed, given: str, origin: str, *, at: datetime) -> str:
    """Take the password or a code of the app as proof that it is still this person.

    Returns the session's new token. Raises NotYou, and TooMany while guessing is slowed.
    """
    now, person = datetime.now(UTC), one(session, signed.id)
    tries = _slowed(session, person.email_index, origin, now, session_id=signed.session_id)
    if not _is_still(session, signed.id, given, now):
        refused(session, person, at)
        raise NotYou
    guessing.forgive(session, tries, now)
    return stepped_up(session, signed, at=at)


def stepped_up(session: Session, signed: Signed, *, at: datetime, why: str = "") -> str:
    """Note that somebody proved again that it is they, by any means; return the new token. Commits."""
    token = sessions.prove_again(session, signed.session_id)
    record(session, f"staff:{signed.id}", "step-up", f"staff:{signed.id}", at=at, why=why)
    session.commit()
    return token


def _is_still(session: Session, person_id: UUID, given: str, now: datetime) -> bool:
    kept = session.get(Password, person_id)
    # A sample person has nothing to prove it by, and no system but the embedded one has sample people.
    if kept is None and one(session, person_id).sample:
        return True
    if use_code(session, person_id, given, now, recovery=False):
        return True
    return passwords.is_right(given, kept.hash if kept else None)
