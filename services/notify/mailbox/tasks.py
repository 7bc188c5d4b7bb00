from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.notify.channels.imap_mailbox import Account, Mailbox, MailboxTrouble, opened
from services.notify.channels.settings import NotifyRuntime
from services.notify.mailbox import commands
from services.notify.mailbox.commands import Place
from services.notify.mailbox.tables import Taken
from shared.clock import monotonic
from shared.messaging import DueWork

log = logging.getLogger(__name__)
MAILS_AT_ONCE = 25
# A round ends well within its lease, whatever the mailbox does.
ROUND_SECONDS = 35.0
# A mailbox that is new, or that was numbered anew, is read from so many days ago.
DAYS_BACK = 14
# What is left to a person stays unread in the mailbox.
FOR_A_PERSON = frozenset((Taken.PERSON, Taken.PAUSED, Taken.STRANGER, Taken.UNREADABLE))


def read(runtime: NotifyRuntime, ids: Sequence[UUID]) -> None:
    """Take in what is new in the mailbox: a few mails at a time, and those that are left soon."""
    account = runtime.settings.mailbox
    if account is None:
        with runtime.sessions() as session:
            commands.not_set_up(session, at=runtime.clock.now())
        return
    try:
        with opened(account) as mailbox:
            more = _round(runtime, account, mailbox)
    except MailboxTrouble as trouble:
        log.warning("the mailbox cannot be read: %s", trouble.code)
        with runtime.sessions() as session:
            commands.in_trouble(session, account.index, trouble.code, at=runtime.clock.now())
    else:
        with runtime.sessions() as session:
            commands.done(session, more=more, at=runtime.clock.now())


def _round(runtime: NotifyRuntime, account: Account, mailbox: Mailbox) -> bool:
    """Return whether there is more than one round takes."""
    begun, ours = monotonic(), runtime.settings.sender
    last = mailbox.last()
    with runtime.sessions() as session:
        place = commands.place(session, account.index, mailbox.validity, last, at=runtime.clock.now())
    waiting = _new(mailbox, place, min(DAYS_BACK, runtime.settings.keep_inbound_texts_days))
    seen_to: list[int] = []
    for number, uid in enumerate(waiting):
        if number >= MAILS_AT_ONCE or monotonic() - begun > ROUND_SECONDS:
            mailbox.mark_read(seen_to)
            return True
        if (_take_in(runtime, mailbox, uid, ours) or Taken.PERSON) not in FOR_A_PERSON:
            seen_to.append(uid)
    mailbox.mark_read(seen_to)
    return False


def _new(mailbox: Mailbox, place: Place, days_back: int) -> list[int]:
    if place.after >= place.old_to:
        return mailbox.after(place.after)
    # The mailbox's own days, which are those of the machine.
    since = (datetime.now(UTC) - timedelta(days=days_back)).date()
    old = mailbox.between(place.after, place.old_to, since, unread=place.only_unread)
    return [*old, *mailbox.after(place.old_to)]


def _take_in(runtime: NotifyRuntime, mailbox: Mailbox, uid: int, ours: str) -> Taken | None:
    raw = mailbox.read(uid)
    with runtime.sessions() as session:
        if raw is None:
            commands.passed(session, uid, mailbox.validity)
            return None
        return commands.take_in(session, raw, mailbox.validity, ours, at=runtime.clock.now())


DUE = (DueWork("notify.mailbox.read", commands.claim, read, batch=1),)
