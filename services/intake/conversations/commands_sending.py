"""An adviser's own words to an asker, by the way that they chose: kept here until notify asks for them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from services.intake.conversations import rules
from services.intake.conversations.commands import Words
from services.intake.conversations.tables import OwnWords
from services.intake.requests import queries as requests
from services.intake.requests.tables import AdviceRequest
from shared.audit import record
from shared.errors import NotFound, RuleBroken
from shared.events.intake import DeskWordsWanted
from shared.messaging import announce
from shared.security.idempotency import sealed
from shared.vocabulary import ContactChannel

WRITTEN_TO = frozenset({ContactChannel.SMS, ContactChannel.EMAIL})


class NoWay(RuleBroken):
    """Nothing is sent to this asker: they chose no way for it, or nobody has proved that it is theirs."""


def way(request: AdviceRequest) -> ContactChannel | None:
    """Return how this asker can be sent something, if at all: a proven number or address that they chose."""
    proven = request.waits_for is None or request.proven_at is not None
    try:
        rules.check_open(request)
    except rules.TakenBack:
        return None
    return request.channel if proven and request.channel in WRITTEN_TO else None


def send(session: Session, request_id: UUID, words: Words, *, staff_id: UUID, at: datetime) -> OwnWords:
    """Keep the words and have them sent once, whoever presses how often. Commits.

    Raises TakenBack, NoWay or NotFinished.
    """
    request = requests.locked(session, request_id)
    if request is None:
        raise NotFound("There is no such advice request.")
    key = sealed("own-words", words.key)
    known = session.exec(
        select(OwnWords).where(OwnWords.request_id == request_id, OwnWords.key == key)
    ).one_or_none()
    if known is not None:
        return known
    rules.check_open(request)
    channel = way(request)
    if channel is None:
        raise NoWay("This asker cannot be sent anything.")
    made = OwnWords(
        request_id=request.id,
        staff_id=staff_id,
        channel=channel,
        text=rules.tidied(words.text),
        written_at=at,
        key=key,
    )
    session.add(made)
    session.flush()
    announce(session, DeskWordsWanted(words_id=made.id, request_id=request.id), at=at)
    record(session, f"staff:{staff_id}", "own-words.send", f"advice-request:{request.id}", at=at)
    session.commit()
    return made
