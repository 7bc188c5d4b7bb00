"""What a person at the desk writes back to a family, in words of their own. Nothing here commits."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from services.notify.messages.commands import Wanted, want
from services.notify.messages.tables import Purpose
from services.notify.visits import queries
from services.notify.visits.numbering import language_of
from services.notify.visits.tables import FamilyWords
from services.notify.wording.linter import whats_wrong_with
from shared.errors import Conflict, FieldError, Invalid, NotFound

# An answer that could not be sent by then is told by telephone.
OF_USE = timedelta(days=2)


def write_back(session: Session, registration_id: UUID, words: str, *, at: datetime) -> None:
    """Send these words to the family, inside the window, by the way on which it is written to.

    Raises Invalid for words that give something away on a telephone that others see, or are too long for one
    text; NotFound, and Conflict for a family that is not written to.
    """
    pair = queries.with_visit(session, [registration_id]).get(registration_id)
    if pair is None:
        raise NotFound("There is no such registration.")
    registration, visit = pair
    channel = registration.channel.written
    if channel is None:
        raise Conflict("This family is told by telephone.", "no-address")
    said = " ".join(words.split())
    wrong = whats_wrong_with(said, language_of(registration, visit))
    if wrong is not None:
        raise Invalid([FieldError("/words", "words", wrong)])
    kept = FamilyWords(registration_id=registration.id, words=said, written_at=at)
    session.add(kept)
    session.flush()
    wanted = Wanted(
        purpose=Purpose.FAMILY_WORDS,
        cause_id=kept.id,
        recipient_id=registration.id,
        channel=channel,
        language=registration.language,
        due_at=at,
        not_after=at + OF_USE,
        dedupe_key=f"family-words:{kept.id}",
        by_desk=True,
    )
    want(session, wanted, at=at)
