"""Signing in, and proving again who one is, by the organisation's own account."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from services.intake.staff import challenges
from services.intake.staff.challenges import Given, Purpose
from services.intake.staff.commands.people import end_links, find_by_email
from services.intake.staff.commands.proving import From, NotYou, let_in, refused, stepped_up, unasked
from services.intake.staff.oidc import LEEWAY, Back, NotProven, Provider, Shown
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Account, Person
from shared.audit import record
from shared.contact.addresses import normalise_email
from shared.contact.problems import AddressProblem
from shared.crypto import blind_index

log = logging.getLogger(__name__)


def go_to_account(
    session: Session, provider: Provider, *, wanted: str = "", signed: Signed | None = None, origin: str = ""
) -> tuple[str, str]:
    """Return a token for the browser to keep, and where to send it. Commits.

    Raises ProviderAway, and TooMany where whoever is not signed in asks without end.
    """
    if signed is None:
        challenges.bound(session, origin)
    purpose = Purpose.ACCOUNT if signed is None else Purpose.ACCOUNT_AGAIN
    whose = signed.id if signed else None
    token, value = challenges.give(session, purpose, person_id=whose, wanted=wanted)
    session.commit()
    return token, provider.way_there(value, again=signed is not None)


def come_back(session: Session, token: str) -> Given | None:
    """Return for what this browser was sent away, once. Commits."""
    return challenges.take(session, token, Purpose.ACCOUNT, Purpose.ACCOUNT_AGAIN)


def sign_in_by_account(
    session: Session, provider: Provider, given: Given | None, back: Back, place: From, *, at: datetime
) -> tuple[str, Person]:
    """Let somebody in whose account the provider vouches for, if they work here.

    The first time they are found by their address; from then on by the account. Returns the token of a
    session and who it is. Raises NotYou, ProviderAway.
    """
    shown = _shown(session, provider, given, back, at)
    person = _of_account(session, shown) or _taken_on(session, shown, at)
    if person is None or person.disabled_at:
        refused(session, person, at)
        raise NotYou
    return let_in(session, person, place, means="oidc", at=at), person


def step_up_by_account(
    session: Session, provider: Provider, signed: Signed, given: Given, back: Back, *, at: datetime
) -> str:
    """Take an account that was just signed in to as proof that it is still this person.

    Returns the session's new token. Raises NotYou, ProviderAway.
    """
    shown = _shown(session, provider, given, back, at)
    person = _of_account(session, shown)
    lately = given.given_at - timedelta(seconds=LEEWAY)
    is_now = shown.signed_in_at is not None and shown.signed_in_at >= lately
    if person is None or not (person.id == signed.id == given.person_id) or not is_now:
        refused(session, person, at)
        raise NotYou
    return stepped_up(session, signed, at=at, why="oidc")


def _shown(session: Session, provider: Provider, given: Given | None, back: Back, at: datetime) -> Shown:
    if given is None:
        log.warning("an account was not taken: this browser was not sent there, or too long ago")
        raise unasked()
    try:
        return provider.shown(given, back)
    except NotProven as problem:
        log.warning("an account was not taken: %s", problem)
        refused(session, None, at)
        raise NotYou from None


def _of_account(session: Session, shown: Shown) -> Person | None:
    return session.scalars(
        select(Person)
        .join(Account, col(Account.person_id) == col(Person.id))
        .where(col(Account.fingerprint) == _fingerprint(shown))
    ).one_or_none()


def _taken_on(session: Session, shown: Shown, at: datetime) -> Person | None:
    """Return who has the address of a new account, and bind the account to them. Does not commit.

    None if nobody has it, if they came with another account before, or if they are not let in anyway.
    """
    person = find_by_email(session, _address(shown.email)) if shown.email else None
    if person is None or person.disabled_at or person.sample or session.get(Account, person.id):
        return None
    session.add(Account(person_id=person.id, fingerprint=_fingerprint(shown), since=datetime.now(UTC)))
    # Whoever has means now needs no link any more: one that lies about would be a second way in.
    end_links(session, person.id)
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        return None
    record(session, f"staff:{person.id}", "staff.account", f"staff:{person.id}", at=at)
    return person


def _address(email: str) -> str:
    try:
        return normalise_email(email)
    except AddressProblem:
        return ""


def _fingerprint(shown: Shown) -> bytes:
    return blind_index("staff.account", f"{shown.issuer}\n{shown.subject}")
