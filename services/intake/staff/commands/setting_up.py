"""Setting up how one signs in, by a link that works once; and the link of a sample person."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from services.intake.staff import codes
from services.intake.staff.commands.means import keep_password, make_codes, take_step
from services.intake.staff.commands.proving import From, let_in
from services.intake.staff.tables import Authenticator, Person, SetupLink
from shared.audit import record
from shared.crypto import hash_secret
from shared.errors import Problem


class LinkOver(Problem):
    """The link was used, is older than a day, or never was."""

    def __init__(self) -> None:
        super().__init__(
            404, "set-up-link-over", "This link has ended", "This link has ended. Ask for a new one."
        )


class CodeWrong(Exception):
    """The code is not one that the app shows now."""


def find_link(session: Session, token: str, *, signs_in: bool = False) -> Person:
    """Return whose link this is, and change nothing. Raises LinkOver."""
    person = session.scalars(
        select(Person)
        .join(SetupLink, col(SetupLink.person_id) == col(Person.id))
        .where(
            col(SetupLink.token_hash) == hash_secret(token),
            col(SetupLink.used_at).is_(None),
            col(SetupLink.ends_at) > datetime.now(UTC),
            col(SetupLink.signs_in) == signs_in,
            col(Person.disabled_at).is_(None),
        )
    ).one_or_none()
    if person is None:
        raise LinkOver
    return person


def choose_password(session: Session, token: str, password: str) -> None:
    """Keep the password of a link's person, and make the secret of their app; until a code confirms both,
    they open nothing. Raises LinkOver, PasswordProblem.
    """
    person = find_link(session, token)
    keep_password(session, person.id, person.name, person.email, password)
    app = session.get(Authenticator, person.id)
    if app is None:
        app = Authenticator(person_id=person.id, secret="", made_at=datetime.now(UTC))
    app.secret, app.confirmed_at, app.last_step = codes.new_secret(), None, None
    session.add(app)
    session.commit()


def confirm(
    session: Session, token: str, code: str, place: From, *, at: datetime
) -> tuple[str, Person, list[str]]:
    """Take the first code of the app: from now on password and code open the desk, and the link nothing.

    Returns the token of a session, whose it is, and ten recovery codes. Raises LinkOver, CodeWrong.
    """
    person, now = find_link(session, token), datetime.now(UTC)
    app = session.get(Authenticator, person.id)
    step = codes.step_of(app.secret, codes.typed(code), now) if app else None
    if app is None or step is None:
        raise CodeWrong
    use_link(session, token)
    app.confirmed_at = now
    session.flush()
    take_step(session, person.id, step)
    made = make_codes(session, person.id)
    record(session, f"staff:{person.id}", "staff.set-up", f"staff:{person.id}", at=at)
    return let_in(session, person, place, means="password", at=at), person, made


def use_link(session: Session, token: str) -> UUID:
    """Use a link up, with every other one of its person, and return whose it is. Does not commit.

    Raises LinkOver, also for the second of two who use it at the same moment.
    """
    now = datetime.now(UTC)
    found = session.execute(
        update(SetupLink)
        .where(
            col(SetupLink.token_hash) == hash_secret(token),
            col(SetupLink.used_at).is_(None),
            col(SetupLink.ends_at) > now,
        )
        .values(used_at=now)
        .returning(col(SetupLink.person_id))
    ).one_or_none()
    if found is None:
        raise LinkOver
    whose: UUID = found[0]
    session.execute(
        update(SetupLink)
        .where(col(SetupLink.person_id) == whose, col(SetupLink.used_at).is_(None))
        .values(used_at=now)
    )
    return whose


def sign_in_as_sample(session: Session, token: str, place: From, *, at: datetime) -> tuple[str, Person]:
    """Sign in whom a sample's link is for, once; return the session's token and who. Raises LinkOver."""
    person = find_link(session, token, signs_in=True)
    use_link(session, token)
    return let_in(session, person, place, means="link", at=at), person
