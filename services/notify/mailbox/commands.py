"""Taking mail in: each once, whatever dies in between. The database counts, not the mailbox."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col

from services.notify.channels.imap_mailbox import Raw
from services.notify.mailbox import letters
from services.notify.mailbox.letters import Letter, Sort
from services.notify.mailbox.tables import MailboxState, Taken, TakenMail
from services.notify.messages.commands import came_back
from services.notify.replies import commands_mail as replies
from services.notify.replies.commands_mail import MailIn
from shared.ids import new_id
from shared.messaging.work import LEASE

log = logging.getLogger(__name__)
THE_ROW = UUID("5d1f6d4e-3a3c-4b0e-9a0c-6b1b8d0c7a11")
EVERY, UNSET_AGAIN = timedelta(minutes=1), timedelta(minutes=5)
# A mailbox that is in trouble is asked less often: some close an account that knocks too much.
IN_TROUBLE = timedelta(minutes=5)
UNREAD = {"last_uid": 0, "old_to": 0, "only_unread": False}


@dataclass(frozen=True)
class Place:
    """Up to where a mailbox was read. Up to `old_to` lies what was there before that."""

    after: int
    old_to: int
    only_unread: bool


def claim(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease the mailbox if it is time to look. Does not commit."""
    free = or_(
        col(MailboxState.leased_until).is_(None), col(MailboxState.leased_until) < func.clock_timestamp()
    )
    session.execute(insert(MailboxState).values(**UNREAD, id=THE_ROW, due_at=now).on_conflict_do_nothing())
    chosen = select(col(MailboxState.id)).where(col(MailboxState.due_at) <= now, free)
    leased = update(MailboxState).where(
        col(MailboxState.id).in_(chosen.with_for_update(skip_locked=True).limit(limit))
    )
    done = leased.values(leased_until=func.clock_timestamp() + LEASE).returning(col(MailboxState.id))
    return list(session.execute(done).scalars())


def place(session: Session, mailbox: bytes, validity: int, last: int, *, at: datetime) -> Place:
    """Return up to where this mailbox was read; another one, or one with new numbers, begins anew. Commits.

    `last`: the number of the last mail in it. A mailbox that was read before is never asked what is unread: a
    colleague may have opened what no program has seen.
    """
    state = _locked(session)
    is_another = state.mailbox_index != mailbox
    if is_another or state.validity != validity:
        never_read = is_another or state.validity is None
        state.read_at = at if is_another else state.read_at
        state.mailbox_index, state.validity, state.last_uid = mailbox, validity, 0
        state.old_to, state.only_unread = last, never_read
    found = Place(state.last_uid, state.old_to, state.only_unread)
    session.commit()
    return found


def take_in(session: Session, raw: Raw, validity: int, our_address: str, *, at: datetime) -> Taken | None:
    """Act on a mail, and note in the same transaction that it was taken in. Commits.

    Returns what it was taken for, or None if it had been taken in before. One that cannot be read is left to
    a person, so that it keeps no other back.
    """
    try:
        letter = letters.read(raw.content, our_address)
        kind = _taken(session, letter.fingerprint, letter, at)
    except OperationalError:
        raise
    except Exception as problem:
        log.error("a mail could not be read: %s", type(problem).__name__)
        session.rollback()
        kind = _taken(session, letters.fingerprint_of(raw.content), None, at)
    _read_up_to(session, raw.uid, validity)
    session.commit()
    return kind


def passed(session: Session, uid: int, validity: int) -> None:
    """Note that a mail was gone before it could be read. Commits."""
    _read_up_to(session, uid, validity)
    session.commit()


def _taken(session: Session, fingerprint: bytes, letter: Letter | None, at: datetime) -> Taken | None:
    mail_id = new_id()
    row = insert(TakenMail).values(id=mail_id, fingerprint=fingerprint, kind=Taken.UNREADABLE, taken_at=at)
    new = session.execute(
        row.on_conflict_do_nothing(index_elements=["fingerprint"]).returning(col(TakenMail.id))
    )
    if new.first() is None:
        return None
    if letter is None:
        replies.read_by_hand(session, mail_id, at=at)
        return Taken.UNREADABLE
    kind = _act(session, mail_id, letter, at)
    session.execute(update(TakenMail).where(col(TakenMail.id) == mail_id).values(kind=kind))
    return kind


def _act(session: Session, mail_id: UUID, letter: Letter, at: datetime) -> Taken:
    if letter.sort is Sort.OUR_OWN:
        return Taken.OUR_OWN
    if letter.sort is Sort.AUTOMATIC:
        return Taken.AUTOMATIC
    if letter.sort is Sort.CAME_BACK:
        return _came_back(session, letter, at)
    mail = MailIn(mail_id, letter.sender, letter.text, letter.answers)
    return Taken(replies.hear(session, mail, at=at).value)


def _came_back(session: Session, letter: Letter, at: datetime) -> Taken:
    """A mail that its server goes on trying may still arrive; one that it gave up did not."""
    if letter.came_back is None or not letter.came_back.given_up:
        return Taken.DELAYED
    code = f"came-back-{letter.came_back.code}"
    known = [one for one in letter.answers[:1] if came_back(session, one, code, at=at)]
    return Taken.CAME_BACK if known else Taken.UNKNOWN_REPORT


def _read_up_to(session: Session, uid: int, validity: int) -> None:
    further = func.greatest(col(MailboxState.last_uid), uid)
    session.execute(
        update(MailboxState)
        .where(col(MailboxState.id) == THE_ROW, col(MailboxState.validity) == validity)
        .values(last_uid=further)
    )


def done(session: Session, *, more: bool, at: datetime) -> None:
    """Note that the mailbox was read, to its end unless there is more. Commits."""
    state = _locked(session)
    state.due_at, state.leased_until = at if more else at + EVERY, None
    state.trouble, state.read_at = None, at
    state.last_uid = state.last_uid if more else max(state.last_uid, state.old_to)
    session.commit()


def in_trouble(session: Session, mailbox: bytes, code: str, *, at: datetime) -> None:
    """Note why the mailbox cannot be read, and try again later. Commits."""
    state = _locked(session)
    if state.mailbox_index != mailbox:
        state.mailbox_index, state.validity, state.read_at = mailbox, None, at
    state.trouble, state.due_at, state.leased_until = code, at + IN_TROUBLE, None
    session.commit()


def not_set_up(session: Session, *, at: datetime) -> None:
    """Note that there is no mailbox to read. Commits."""
    state = _locked(session)
    state.mailbox_index = state.validity = state.trouble = state.read_at = None
    state.due_at, state.leased_until = at + UNSET_AGAIN, None
    session.commit()


def _locked(session: Session) -> MailboxState:
    return session.get_one(MailboxState, THE_ROW, with_for_update=True, populate_existing=True)
