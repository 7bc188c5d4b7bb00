"""A yes or no that could be for several families of one telephone: it is asked back which one is meant.

It is asked once. Who does not choose within a day, or says something else, is left to a person.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from services.notify.channels.port import ChannelName
from services.notify.contacts.queries import address_index
from services.notify.contacts.rules import Keyword
from services.notify.messages.tables import Purpose
from services.notify.visits import choices, queries
from services.notify.visits.asked import could_mean, is_unasked_no, lapses_at
from services.notify.visits.commands.answering import as_asked, of_whom, whether_they_come
from services.notify.visits.commands.planning import want_text
from services.notify.visits.numbering import Pairs, numbered
from services.notify.visits.tables import STANDING, Choice
from shared.messaging.work import LEASE


def ask_which(
    session: Session,
    text_id: UUID,
    number: str,
    keyword: Keyword,
    *,
    at: datetime,
    of_all: bool = False,
) -> bool:
    """Ask this number (E.164) which family its yes or no is for. `text_id` is the text that said it.

    `of_all`: it may be about each visit ahead, as "cancel" is. Returns False where a person must find out: it
    was asked before, only one family can be meant, or they cannot be told apart in one text. Does not commit.
    """
    index = _alone(session, number)
    pairs = _who_may_be_meant(session, index, keyword, at, of_all=of_all)
    if len(pairs) < 2 or numbered(pairs) is None:
        return False
    queries.lock_visits(session, {visit.id for _, visit in pairs})
    before = choices.open_choice(session, index, at)
    if before is not None:
        # Neither number was the answer, so none is understood any more.
        before.lapses_at = before.settled_at = at
        return False
    made = Choice(
        id=text_id,
        contact_index=index,
        answer=keyword,
        registration_ids=[str(registration.id) for registration, _ in pairs],
        lapses_at=lapses_at([visit for _, visit in pairs], at),
    )
    session.add(made)
    _ask(session, made, pairs, at)
    return True


def _alone(session: Session, number: str) -> bytes:
    """Wait for other texts of this number, before any visit is locked; return its fingerprint."""
    index = address_index(ChannelName.SMS, number)
    queries.one_at_a_time(session, f"choice:{index.hex()}")
    return index


def _who_may_be_meant(
    session: Session, index: bytes, keyword: Keyword, at: datetime, *, of_all: bool
) -> Pairs:
    pairs = of_whom(session, index, at)
    if queries.waiting_for_number(session, index, at):
        return []
    asked = as_asked(session, pairs, at)
    if of_all or (keyword is Keyword.NO and is_unasked_no(asked)):
        return [pair for pair in pairs if pair[0].state in STANDING]
    meant = {one.id for one in could_mean(asked)}
    return [pair for pair in pairs if pair[0].id in meant]


def _ask(session: Session, choice: Choice, pairs: Pairs, at: datetime) -> None:
    registration, visit = pairs[0]
    key = f"which-visit:{choice.id}"
    want_text(
        session,
        visit,
        registration,
        Purpose.WHICH_VISIT,
        key,
        at,
        windowed=False,
        not_after=choice.lapses_at,
        cause_id=choice.id,
    )


def choose(session: Session, number: str, chosen: int, said: Keyword | None, *, at: datetime) -> bool:
    """Take the yes or no that this number (E.164) was asked back about for the family that it chose.

    `said`: a yes or no beside the number, in place of that of before. Another number within the day is for
    another family. Returns False where nothing was offered under this number, or it cannot be done any more.
    Does not commit.
    """
    index = _alone(session, number)
    choice = choices.open_choice(session, index, at)
    pairs = choices.offered(session, [choice.id], at).get(choice.id, []) if choice else []
    if choice is None or not 1 <= chosen <= len(pairs):
        return False
    registration, visit = pairs[chosen - 1]
    [asked] = as_asked(session, [(registration, visit)], at)
    answer = said or choice.answer
    # A no needs no question; a yes to no question, or from another number since, is not what was asked.
    stands = bytes(registration.contact_index) == index and (asked.asked_at or answer is Keyword.NO)
    if not stands or not whether_they_come(session, registration, visit, answer, at):
        return False
    choice.settled_at = choice.settled_at or at
    return True


def ask_no_more(session: Session, registrations: Collection[UUID], at: datetime) -> None:
    """Let no number be chosen any more for a visit that has moved. Does not commit.

    Who still waits for a choice is left to a person.
    """
    moved = {str(one) for one in registrations}
    still_open = session.exec(select(Choice).where(col(Choice.lapses_at) > at))
    for choice in still_open if moved else ():
        if not moved.isdisjoint(choice.registration_ids):
            choice.lapses_at = at


def claim_unchosen(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease choices that nobody has made in time. Does not commit."""
    return session.execute(CLAIM_UNCHOSEN, {"now": now, "limit": limit}).scalars().all()


CLAIM_UNCHOSEN = text(f"""
    UPDATE choices
    SET leased_until = clock_timestamp() + make_interval(secs => {LEASE.total_seconds()})
    WHERE id = ANY (ARRAY (
      SELECT id FROM choices
      WHERE settled_at IS NULL AND lapses_at <= :now
        AND (leased_until IS NULL OR leased_until < clock_timestamp())
      ORDER BY lapses_at LIMIT :limit FOR UPDATE SKIP LOCKED))
    RETURNING id
""")


def give_up_choice(session: Session, choice_id: UUID, *, at: datetime) -> bool:
    """Settle a choice that nobody has made in time; return whether that is new. Does not commit."""
    choice = session.get(Choice, choice_id, with_for_update=True)
    if choice is None or choice.settled_at is not None or choice.lapses_at > at:
        return False
    choice.settled_at, choice.leased_until = at, None
    return True
