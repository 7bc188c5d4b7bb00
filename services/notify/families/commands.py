"""Registering a family from a form, and asking for its link again. Each commits unless it says so."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col

from services.notify.channels.port import ChannelName
from services.notify.contacts.queries import address_index
from services.notify.families import queries
from services.notify.families.answers import Answers
from services.notify.families.tables import FamilyDraft
from services.notify.visits import commands as visits
from services.notify.visits import queries as visit_queries
from services.notify.visits import rules
from services.notify.visits.tables import Registration, VisitDay
from shared import ceilings
from shared.contact.addresses import normalise_email
from shared.contact.phones import normalise_phone
from shared.contact.problems import ContactProblem
from shared.countries import COUNTRIES
from shared.crypto import blind_index, hash_secret
from shared.forgetting.batches import delete_some
from shared.web.origin import networks

# A draft ends so long after the last answer; what was sent can be pressed once more for a moment.
KEEPS, PRESSED_AGAIN = timedelta(hours=2), timedelta(minutes=10)
HOUR, DAY = 3600, 86_400
NOT_TWICE_WITHIN = timedelta(minutes=15)
# How many families one origin on the internet registers in an hour and a day, and the network around it.
AN_HOUR, A_DAY, OF_A_NETWORK = 6, 20, 60
# How often one number or address is registered in a day, and how often its link is sent.
OF_A_NUMBER, LINKS_A_DAY = 3, 3
LINKS_ASKED = 10
FAMILY = "family"
# Who fills in a form is told nothing of what is known of a number, of any facility.
OF_NO_FACILITY: frozenset[str] = frozenset()


def begin(session: Session, visit_id: UUID, answers: Answers, *, at: datetime) -> str:
    """Begin to register, and return the token by which its browser comes back to it."""
    token = secrets.token_urlsafe(32)
    draft = FamilyDraft(
        token_hash=hash_secret(token),
        visit_day_id=visit_id,
        answers=answers.kept(),
        began_at=at,
        ends_at=at + KEEPS,
    )
    session.add(draft)
    session.commit()
    return token


def answer(
    session: Session,
    token: str,
    step: str,
    fields: Collection[str],
    posted: Answers,
    *,
    at: datetime,
    visit: VisitDay | None = None,
) -> Answers | None:
    """Keep the answers of one step and return all of them; None where it was sent or has ended.

    `visit`: the day that is chosen now, in place of the one before.
    """
    draft = queries.of_browser(session, token, at=at, lock=True)
    if draft is None or draft.answers is None:
        session.rollback()
        return None
    answers = queries.answers_of(draft).taken(step, fields, posted)
    if visit is not None:
        draft.visit_day_id = visit.id
        answers = answers.model_copy(update={"country": visit.country})
    draft.answers, draft.ends_at = answers.kept(), at + KEEPS
    session.commit()
    return answers


def send(
    session: Session,
    token: str,
    answers: Answers,
    *,
    language: str,
    origin: str,
    at: datetime,
    waits: bool = False,
) -> UUID | None:
    """Register the family and let go of what was typed, in one transaction; sent twice it is done once.

    `waits`: on a full day it waits for a place. Returns None where it has ended. Raises TooMany, and what
    `visits.register` raises.
    """
    draft = queries.of_browser(session, token, at=at, lock=True)
    if draft is None or draft.registration_id is not None:
        session.rollback()
        return draft.registration_id if draft else None
    count_origin(session, origin, at)
    family = answers.family(str(draft.id), language, waits=waits)
    made, _ = visits.enrolled(session, draft.visit_day_id, family, at=at, within=OF_NO_FACILITY, who=FAMILY)
    bucket = f"family-form:{bytes(made.contact_index).hex()}"
    ceilings.count(session, bucket, DAY, OF_A_NUMBER, at)
    draft.answers, draft.registration_id, draft.ends_at = None, made.id, at + PRESSED_AGAIN
    session.commit()
    return made.id


def count_origin(session: Session, origin: str, at: datetime) -> None:
    """Count one more registration of an origin and its network. Raises TooMany."""
    for place, limits in zip(networks(origin), _limits(), strict=False):
        for window, most in limits:
            bucket = f"family-origin-{window}:{blind_index('origin', place).hex()}"
            ceilings.count(session, bucket, window, most, at)


def _limits() -> Iterable[tuple[tuple[int, int], ...]]:
    yield (HOUR, AN_HOUR), (DAY, A_DAY)
    yield ((DAY, OF_A_NETWORK),)
    yield ((DAY, OF_A_NETWORK),)


def leave(session: Session, token: str, *, at: datetime) -> None:
    """Let go of what was typed in this browser. Idempotent."""
    draft = queries.of_browser(session, token, at=at, lock=True)
    if draft is not None:
        session.delete(draft)
    session.commit()


def forget(session: Session, at: datetime, limit: int) -> int:
    """Delete what has ended. Does not commit."""
    return delete_some(session, FamilyDraft, col(FamilyDraft.ends_at) <= at, limit)


def read_reach(typed: str) -> list[tuple[ChannelName, str]]:
    """Return the numbers or the address that somebody may have meant; none where it is neither."""
    if "@" in typed:
        try:
            return [(ChannelName.EMAIL, normalise_email(typed))]
        except ContactProblem:
            return []
    found: dict[str, None] = {}
    for country in COUNTRIES:
        try:
            found[normalise_phone(typed, country, mobile_needed=True)] = None
        except ContactProblem:
            continue
    return [(ChannelName.SMS, number) for number in found]


def ask_for_link(
    session: Session, reach: Collection[tuple[ChannelName, str]], *, origin: str, at: datetime
) -> None:
    """Send the link to a family's page to its number or address, if it has a visit ahead and is proven.

    Whoever asks learns nothing of that. Once in a quarter of an hour at most, and a few times a day; of
    several families there each time the next one. Raises TooMany for who asks for many.
    """
    for place in networks(origin)[:1]:
        bucket = f"link-asked:{blind_index('origin', place).hex()}"
        ceilings.count(session, bucket, HOUR, LINKS_ASKED, at)
    for channel, address in reach:
        index = address_index(channel, address)
        bucket = f"link-sent:{index.hex()}"
        # Held until the commit: of two that ask at once, the second sees what the first had sent.
        today = ceilings.held(session, bucket, DAY, at)
        known = _with_pages(session, channel, index, at)
        just_now = visits.link_sent(session, [one.id for one, _ in known], since=at - NOT_TWICE_WITHIN)
        if known and not just_now and today < LINKS_A_DAY:
            ceilings.add(session, bucket, DAY, 1, at)
            visits.send_link(session, *known[today % len(known)], at)
    session.commit()


def _with_pages(
    session: Session, channel: ChannelName, index: bytes, at: datetime
) -> list[tuple[Registration, VisitDay]]:
    pairs = visit_queries.of_number(session, index, at)
    return [
        (one, visit)
        for one, visit in pairs
        if one.channel.written is channel and rules.may_be_written_to(one)
    ]
