"""Taking people in, what they may do, and letting them go."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import Session, col

from services.intake.staff import sessions
from services.intake.staff.commands.means import remove_means
from services.intake.staff.queries import has_means, one
from services.intake.staff.tables import Person, Role, SetupLink
from shared.audit import record
from shared.contact.addresses import normalise_email
from shared.contact.names import tidy_name
from shared.contact.phones import normalise_phone
from shared.countries import DEFAULT
from shared.crypto import blind_index, hash_secret
from shared.errors import RuleBroken

SETUP_LASTS = timedelta(hours=24)
LAST_OPERATOR = "This is the last operator: let somebody else be one first."
NO_ROLE = "Say at least one role."
SAMPLE = "Noor (sample)", "noor@voorbeeld.example", (Role.ADVISER, Role.SENIOR, Role.SUPERVISOR)


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


def take_in(
    session: Session, name: str, email: str, roles: Collection[Role], *, at: datetime, by: str
) -> tuple[Person, str | None]:
    """Take somebody in, or change the name and roles of who has this address.

    Returns the person with the token of their set-up link, or without one where they sign in already or are
    disabled. Raises ContactProblem for a name or an address that is none, and RuleBroken without a role or
    for the last operator.
    """
    _some(roles)
    known = find_by_email(session, normalise_email(email))
    if known is not None:
        _not_the_last_operator(session, known, roles)
    person = add(session, tidy_name(name), email, roles, at=at)
    ready = person.disabled_at is not None or has_means(session, person.id)
    token = None if ready else setup_link(session, person)
    record(session, by, "staff.add" if known is None else "staff.change", _about(person), at=at)
    session.commit()
    return person, token


def change_roles(
    session: Session, person_id: UUID, roles: Collection[Role], *, at: datetime, by: str
) -> Person:
    """Give somebody these roles and no others. Raises NotFound, RuleBroken for the last operator."""
    _some(roles)
    person = one(session, person_id)
    _not_the_last_operator(session, person, roles)
    person.roles = sorted(roles)
    record(session, by, "staff.roles", _about(person), at=at, why=" ".join(sorted(roles)))
    session.commit()
    return person


def set_telephone(session: Session, person_id: UUID, number: str, *, at: datetime, by: str) -> Person:
    """Note where a text reaches somebody who has duty; nothing where a mail is to do. Idempotent.

    Raises NotFound, PhoneProblem for what no text reaches, and RuleBroken for who is disabled.
    """
    person = one(session, person_id)
    if person.disabled_at is not None:
        raise RuleBroken("This person is disabled: let them in again first.")
    wanted = normalise_phone(number, DEFAULT.code, mobile_needed=True) if number.strip() else None
    if wanted != person.telephone:
        person.telephone = wanted
        record(session, by, "staff.telephone", _about(person), at=at, why="set" if wanted else "none")
    session.commit()
    return person


def disable(session: Session, person_id: UUID, *, at: datetime, by: str) -> Person:
    """Let somebody in no more, from the next press on; the history keeps their name. Idempotent.

    The number of their duty telephone is forgotten.

    Raises NotFound, and RuleBroken for the last operator: nobody could undo it.
    """
    person = one(session, person_id)
    _not_the_last_operator(session, person, ())
    if person.disabled_at is None:
        person.disabled_at, person.telephone = at, None
        sessions.end_all(session, person.id)
        end_links(session, person.id)
        record(session, by, "staff.disable", _about(person), at=at)
    session.commit()
    return person


def enable(session: Session, person_id: UUID, *, at: datetime, by: str) -> Person:
    """Let somebody in again, by the means that they had. Raises NotFound. Idempotent."""
    person = one(session, person_id)
    if person.disabled_at is not None:
        person.disabled_at = None
        record(session, by, "staff.enable", _about(person), at=at)
    session.commit()
    return person


def reset(session: Session, person_id: UUID, *, at: datetime, by: str) -> str:
    """Take away every means of signing in, end every session, and return the token of a set-up link.

    Raises NotFound, and RuleBroken for who is disabled.
    """
    person = one(session, person_id)
    if person.disabled_at is not None:
        raise RuleBroken("This person is disabled: let them in again first.")
    remove_means(session, person.id)
    sessions.end_all(session, person.id)
    end_links(session, person.id)
    token = setup_link(session, person)
    record(session, by, "staff.reset", _about(person), at=at)
    session.commit()
    return token


def setup_link(session: Session, person: Person, *, signs_in: bool = False) -> str:
    """Return the token of a link that works once within 24 hours (machine time). Does not commit."""
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    session.execute(delete(SetupLink).where(col(SetupLink.ends_at) < now))
    session.add(
        SetupLink(
            token_hash=hash_secret(token), person_id=person.id, ends_at=now + SETUP_LASTS, signs_in=signs_in
        )
    )
    return token


def sample_link(session: Session, *, at: datetime) -> str:
    """Return the token of a link that signs a sample adviser in, once within 24 hours.

    For the embedded system with its invented families: the page of the link is nowhere else.
    """
    name, email, roles = SAMPLE
    person = add(session, name, email, roles, at=at)
    person.sample = True
    token = setup_link(session, person, signs_in=True)
    session.commit()
    return token


def find_by_email(session: Session, email: str) -> Person | None:
    """Return who has this address, disabled people too."""
    return session.scalars(select(Person).where(col(Person.email_index) == index_of(email))).one_or_none()


def index_of(email: str) -> bytes:
    return blind_index("staff.email", email)


def _about(person: Person) -> str:
    return f"staff:{person.id}"


def _some(roles: Collection[Role]) -> None:
    if not roles:
        raise RuleBroken(NO_ROLE)


def _not_the_last_operator(session: Session, person: Person, roles: Collection[Role]) -> None:
    """Raise RuleBroken if nobody would be left who manages people.

    All are locked, so that two operators cannot let each other go at the same moment.
    """
    here = session.scalars(
        select(Person).where(col(Person.disabled_at).is_(None)).order_by(col(Person.id)).with_for_update()
    ).all()
    operators = {one.id for one in here if Role.OPERATOR in one.roles}
    if operators == {person.id} and Role.OPERATOR not in roles:
        raise RuleBroken(LAST_OPERATOR)


def end_links(session: Session, person_id: UUID) -> None:
    """Have no set-up link of this person open anything any more. Does not commit. Idempotent."""
    session.execute(delete(SetupLink).where(col(SetupLink.person_id) == person_id))
