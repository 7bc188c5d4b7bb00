"""What is written in a conversation, and read in it. Each command is one transaction, which it commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.intake.conversations import queries, rules
from services.intake.conversations.tables import Draft, OwnWords, Side, Written
from services.intake.requests import commands as requests
from services.intake.requests import queries as request_queries
from services.intake.requests.tables import AdviceRequest
from shared import ceilings
from shared.audit import record
from shared.crypto import equal
from shared.database.encrypted import of_row
from shared.desk.actions import SETTLED_IN_WRITING
from shared.desk.items import DANGER_NOW, open_about, open_item, resolve, resolve_all, whose
from shared.errors import Conflict, NotFound
from shared.events.intake import AnswerWritten
from shared.ids import new_id
from shared.messaging import announce
from shared.security.idempotency import sealed

ASKER_WROTE = "asker-wrote"
ANSWERED = "answered"
# Nobody writes by hand so often; what is refused stays on the page.
HOUR, AN_HOUR = 3_600, 30


@dataclass(frozen=True)
class Words:
    """What somebody sends: `key` is the sender's own, by which sending it again is one thing."""

    text: str
    key: str


def ask_back(
    session: Session, request_id: UUID, words: Words, *, danger: bool = False, at: datetime
) -> Written:
    """Keep what the asker wrote, and have a person read it: one item for a conversation. Idempotent.

    Raises TakenBack, NotFinished, Conflict for other words under the same key, and TooMany.
    """
    request = _locked(session, request_id)
    key = sealed(str(Side.ASKER), words.key)
    if (known := _known(session, request.id, key, words.text)) is not None:
        return known
    rules.check_open(request)
    # Whatever somebody wrote in calm, or another with their code, danger is taken in.
    ceiling = "conversation-danger" if danger else "conversation"
    ceilings.count(session, f"{ceiling}:{request.id}", HOUR, AN_HOUR, at)
    made = _keep(session, request.id, Side.ASKER, words.text, key, at)
    _have_it_read(session, request, danger, at)
    session.commit()
    return made


def answer(
    session: Session,
    request_id: UUID,
    words: Words,
    *,
    at: datetime,
    who: str,
    staff_id: UUID | None = None,
    closes: bool = False,
) -> Written:
    """Keep an answer, settle what the asker wrote, and tell them unless they have an unread one. Idempotent.

    `closes`: nothing more is to be done about the question. Raises TakenBack, NotFinished or Conflict.
    """
    request = _locked(session, request_id)
    key = sealed(str(Side.CENTRE), words.key)
    if (known := _known(session, request.id, key, words.text)) is not None:
        return known
    rules.check_open(request)
    rules.check_filled(words.text)
    made = _keep(session, request.id, Side.CENTRE, words.text, key, at, staff_id)
    for item in open_about(session, request.id, ASKER_WROTE):
        resolve(session, item.id, ANSWERED, at=at, by=who)
    if request.unread_answer_since is None:
        request.unread_answer_since = at
        announce(session, AnswerWritten(request_id=request.id, answer_id=made.id), at=at)
    if closes:
        _settle(session, request.id, at=at, who=who)
    if staff_id is not None:
        _drop_draft(session, request.id, staff_id)
    record(session, who, "conversation.answer", f"advice-request:{request.id}", at=at)
    session.commit()
    return made


def _settle(session: Session, request_id: UUID, *, at: datetime, who: str) -> None:
    """Close the question, and what waited for somebody to look at it. What is about safety keeps waiting."""
    requests.close(session, request_id, at=at)
    for item in open_about(session, request_id, requests.UNPROVEN):
        resolve(session, item.id, SETTLED_IN_WRITING, at=at, by=who)


def read_by_asker(session: Session, request_id: UUID, *, at: datetime) -> Sequence[Written]:
    """Return the conversation as it was before, and note that the asker has seen it now. Commits."""
    found = queries.conversation(session, request_id)
    if any(one.side is Side.CENTRE and one.seen_by_asker_at is None for one in found):
        session.expunge_all()
        _mark_seen(session, request_id, Side.CENTRE, at)
        session.commit()
    return found


def read_by_centre(session: Session, request_id: UUID, *, who: str, at: datetime) -> Sequence[Written]:
    """Return the conversation as it was before, and note who of the centre reads it. Commits."""
    found = queries.conversation(session, request_id)
    session.expunge_all()
    _mark_seen(session, request_id, Side.ASKER, at)
    record(session, who, "reveal.words", f"advice-request:{request_id}", at=at, why="conversation")
    session.commit()
    return found


def wrote_yes(session: Session, request_id: UUID, message_id: UUID, *, who: str, at: datetime) -> None:
    """Let a partner be told, because the asker wrote so in this message. Idempotent.

    That somebody of the centre read it so is noted. Raises NotFound for what the asker did not write, and
    AlreadyOver.
    """
    request = _locked(session, request_id)
    found = queries.one(session, request_id, message_id)
    if found is None or found.side is not Side.ASKER:
        raise NotFound("The asker wrote no such message.")
    requests.consent_in_writing(session, request.id, rules.day_of(found.written_at, request), at=at)
    record(session, who, "consent.written", f"advice-request:{request.id}", at=at, why=f"message:{found.id}")
    session.commit()


def note_address(session: Session, request_id: UUID, *, who: str, at: datetime) -> None:
    """Note who saw where a letter goes. Commits."""
    record(session, who, "reveal.address", f"advice-request:{request_id}", at=at, why="letter")
    session.commit()


def keep_draft(session: Session, request_id: UUID, staff_id: UUID, text: str, *, at: datetime) -> None:
    """Keep what somebody has typed so far; with nothing in it, keep nothing. Commits.

    Two pages of one person that keep at the same moment come one after the other. Raises NotFound where the
    asker was erased meanwhile: nothing is kept of them any more.
    """
    if _locked(session, request_id).erased_at is not None:
        raise NotFound("There is no such advice request.")
    put_draft(session, request_id, staff_id, text, at=at)
    session.commit()


def put_draft(session: Session, about_id: UUID, staff_id: UUID, text: str, *, at: datetime) -> None:
    """Keep what somebody has typed about this, or nothing of it where nothing is left. Does not commit.

    Whoever calls has locked what it is about.
    """
    if not text.strip():
        _drop_draft(session, about_id, staff_id)
        return
    known = queries.draft(session, about_id, staff_id)
    id = known.id if known else new_id()
    words = of_row(id, text[: 2 * rules.LONGEST])
    row = insert(Draft).values(id=id, about_id=about_id, staff_id=staff_id, text=words, kept_at=at)
    session.execute(
        row.on_conflict_do_update(index_elements=["id"], set_={"text": row.excluded.text, "kept_at": at})
    )


def forget_about(session: Session, request_ids: Collection[UUID]) -> int:
    """Delete what was written about these advice requests, drafts included. Does not commit. Idempotent."""
    session.execute(delete(Draft).where(col(Draft.about_id).in_(request_ids)))
    session.execute(delete(OwnWords).where(col(OwnWords.request_id).in_(request_ids)))
    gone = delete(Written).where(col(Written.request_id).in_(request_ids)).returning(col(Written.id))
    return len(session.execute(gone).all())


def _mark_seen(session: Session, request_id: UUID, side: Side, at: datetime) -> None:
    """Note that the other side has seen what this side wrote; an answer that was read is told anew of."""
    name = "seen_by_asker_at" if side is Side.CENTRE else "seen_by_centre_at"
    unseen = col(getattr(Written, name)).is_(None)
    session.execute(
        update(Written)
        .where(col(Written.request_id) == request_id, col(Written.side) == side, unseen)
        .values({name: at})
    )
    if side is Side.CENTRE:
        session.execute(
            update(AdviceRequest).where(col(AdviceRequest.id) == request_id).values(unread_answer_since=None)
        )


def _have_it_read(session: Session, request: AdviceRequest, danger: bool, at: datetime) -> None:
    if danger:
        # What was written in calm makes place for what cannot wait.
        calm = [one for one in open_about(session, request.id, ASKER_WROTE) if one.reason != DANGER_NOW]
        if calm:
            resolve_all(session, request.id, DANGER_NOW, at=at, kinds=[ASKER_WROTE])
    open_item(
        session,
        kind=ASKER_WROTE,
        reason=DANGER_NOW if danger else ASKER_WROTE,
        subject_id=request.id,
        details={"reference": request.reference}
        | whose(
            audience=request.audience,
            ages=request.child_age_bands,
            language=request.language,
            urgency=request.urgency,
        ),
        dedupe_key=f"{ASKER_WROTE}:{request.id}",
        at=at,
    )


def _keep(
    session: Session,
    request_id: UUID,
    side: Side,
    text: str,
    key: str,
    at: datetime,
    staff_id: UUID | None = None,
) -> Written:
    tidy = rules.tidied(text)
    made = Written(
        request_id=request_id,
        number=queries.next_number(session, request_id),
        side=side,
        staff_id=staff_id,
        text=tidy,
        written_at=at,
        key=key,
        fingerprint=rules.fingerprint(text),
    )
    session.add(made)
    session.flush()
    return made


def _known(session: Session, request_id: UUID, key: str, text: str) -> Written | None:
    """Return what was kept under this key before. Raises Conflict if those were other words."""
    known = queries.by_key(session, request_id, key)
    if known is not None and not equal(known.fingerprint, rules.fingerprint(text)):
        raise Conflict(
            "This Idempotency-Key was used for other words. Send a new key with new words.",
            slug="idempotency-key-reused",
        )
    return known


def _drop_draft(session: Session, about_id: UUID, staff_id: UUID) -> None:
    session.execute(delete(Draft).where(col(Draft.about_id) == about_id, col(Draft.staff_id) == staff_id))


def _locked(session: Session, request_id: UUID) -> AdviceRequest:
    request = request_queries.locked(session, request_id)
    if request is None:
        raise NotFound("There is no such advice request.")
    return request
