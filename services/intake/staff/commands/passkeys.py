"""Passkeys: made, shown instead of a password, named and taken away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col
from webauthn.registration.verify_registration_response import VerifiedRegistration

from services.intake.staff import challenges, passkeys
from services.intake.staff.challenges import Given, Purpose
from services.intake.staff.commands.proving import From, NotYou, let_in, refused, stepped_up, unasked
from services.intake.staff.commands.setting_up import find_link, use_link
from services.intake.staff.passkeys import Copied, NotAPasskey, Site
from services.intake.staff.queries import number_of_means, one, passkeys_of
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Passkey, Person
from shared.audit import record
from shared.contact.names import tidy_name
from shared.contact.problems import NameProblem
from shared.errors import NotFound, RuleBroken

LONGEST_NAME = 60


class LastMeans(RuleBroken):
    """Without this one somebody could not sign in any more."""


def challenge(
    session: Session, site: Site, purpose: Purpose, *, person_id: UUID | None = None, origin: str = ""
) -> tuple[str, dict[str, Any]]:
    """Give a browser a challenge; return the token that it keeps, and what it is asked.

    Commits. Raises TooMany where whoever is not signed in asks without end.
    """
    if person_id is None:
        challenges.bound(session, origin)
    token, value = challenges.give(session, purpose, person_id=person_id)
    known = passkeys_of(session, person_id) if person_id else ()
    if purpose is Purpose.ADD and person_id:
        asked = passkeys.to_add(site, one(session, person_id), value, known)
    else:
        asked = passkeys.to_prove(site, value, known)
    session.commit()
    return token, asked


def add_passkey(
    session: Session, site: Site, signed: Signed, token: str, sent: str, name: str, *, at: datetime
) -> None:
    """Keep a new passkey of whoever is signed in. Raises NotAPasskey, NameProblem."""
    made = _made(session, site, token, sent, signed.id)
    _keep(session, signed.id, made, named(name), at)
    session.commit()


def set_up_by_passkey(
    session: Session, site: Site, link: str, token: str, sent: str, name: str, place: From, *, at: datetime
) -> tuple[str, Person]:
    """Keep the first passkey of a link's person, and let them in; the link opens nothing any more.

    Returns the token of a session and whose it is. Raises LinkOver, NotAPasskey, NameProblem.
    """
    person = find_link(session, link)
    made = _made(session, site, token, sent, person.id)
    use_link(session, link)
    _keep(session, person.id, made, named(name), at)
    record(session, f"staff:{person.id}", "staff.set-up", f"staff:{person.id}", at=at)
    return let_in(session, person, place, means="passkey", at=at), person


def named(raw: str) -> str:
    """Return what a passkey is called. Raises NameProblem."""
    name = tidy_name(raw)
    if len(name) > LONGEST_NAME:
        raise NameProblem("name-long")
    return name


def _made(session: Session, site: Site, token: str, sent: str, person_id: UUID) -> VerifiedRegistration:
    given = challenges.take(session, token, Purpose.ADD)
    if given is None or given.person_id != person_id:
        raise NotAPasskey("no challenge")
    return passkeys.read_new(site, sent, given.value)


def _keep(session: Session, person_id: UUID, made: VerifiedRegistration, name: str, at: datetime) -> None:
    """Does not commit. Raises NotAPasskey if somebody has this passkey already."""
    passkey = Passkey(
        person_id=person_id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        counter=made.sign_count,
        name=name,
        backed_up=made.credential_backed_up,
        made_at=datetime.now(UTC),
    )
    session.add(passkey)
    try:
        session.flush()
    except IntegrityError as problem:
        session.rollback()
        raise NotAPasskey("known already") from problem
    record(session, f"staff:{person_id}", "passkey.add", f"passkey:{passkey.id}", at=at)


def sign_in_by_passkey(
    session: Session, site: Site, token: str, sent: str, place: From, *, at: datetime
) -> tuple[str, Person]:
    """Let somebody in who shows their passkey, without saying who they are. Raises NotYou.

    Returns the token of a session and whose it is.
    """
    given = challenges.take(session, token, Purpose.SIGN_IN)
    person = _shown(session, site, given, sent, at)
    return let_in(session, person, place, means="passkey", at=at), person


def step_up_by_passkey(
    session: Session, site: Site, signed: Signed, token: str, sent: str, *, at: datetime
) -> str:
    """Take a passkey as proof that it is still this person; return the session's new token. Raises NotYou."""
    given = challenges.take(session, token, Purpose.STEP_UP)
    if given and given.person_id != signed.id:
        given = None
    _shown(session, site, given, sent, at)
    return stepped_up(session, signed, at=at, why="passkey")


def _shown(session: Session, site: Site, given: Given | None, sent: str, at: datetime) -> Person:
    """Return whose passkey this is, and note that it was used. Does not commit. Raises NotYou."""
    if given is None:
        raise unasked()
    person = None
    try:
        credential_id, owner_id, shown = passkeys.read_shown(sent)
        known = _known(session, credential_id, owner_id)
        person = session.get(Person, known.person_id) if known else None
        if known is None or person is None or person.disabled_at:
            raise NotAPasskey("nobody's")
        if given.person_id not in (None, person.id):
            raise NotAPasskey("another's")
        proven = passkeys.prove(site, shown, known, given.value)
    except Copied as problem:
        if known and person:
            known.copied_at = known.copied_at or datetime.now(UTC)
            record(session, f"staff:{person.id}", "passkey.copied", f"passkey:{known.id}", at=at)
        refused(session, person, at)
        raise NotYou from problem
    except NotAPasskey as problem:
        refused(session, person, at)
        raise NotYou from problem
    known.counter, known.backed_up = proven.new_sign_count, proven.credential_backed_up
    known.used_at = datetime.now(UTC)
    return person


def _known(session: Session, credential_id: bytes, owner_id: UUID) -> Passkey | None:
    """Return this passkey if it is of whom it says. Two who show it at once come one after the other."""
    return session.scalars(
        select(Passkey)
        .where(col(Passkey.credential_id) == credential_id, col(Passkey.person_id) == owner_id)
        .with_for_update()
    ).one_or_none()


def rename_passkey(session: Session, signed: Signed, passkey_id: UUID, name: str, *, at: datetime) -> None:
    """Raises NotFound for one that is not theirs, and NameProblem."""
    _own(session, signed, passkey_id).name = named(name)
    record(session, f"staff:{signed.id}", "passkey.rename", f"passkey:{passkey_id}", at=at)
    session.commit()


def remove_passkey(session: Session, signed: Signed, passkey_id: UUID, *, at: datetime) -> None:
    """Raises NotFound for one that is not theirs, and LastMeans for the last by which they sign in."""
    # Locked, so that two cannot take away each other's last at the same moment.
    session.scalars(select(Person).where(col(Person.id) == signed.id).with_for_update()).one()
    found = _own(session, signed, passkey_id)
    if number_of_means(session, signed.id) == 1:
        session.rollback()
        raise LastMeans("This is the last means by which you sign in.")
    session.delete(found)
    record(session, f"staff:{signed.id}", "passkey.remove", f"passkey:{passkey_id}", at=at)
    session.commit()


def _own(session: Session, signed: Signed, passkey_id: UUID) -> Passkey:
    found = session.get(Passkey, passkey_id)
    if found is None or found.person_id != signed.id:
        raise NotFound("There is no passkey with this id.")
    return found
