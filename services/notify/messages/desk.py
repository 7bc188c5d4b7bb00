"""What the desk sees of messages that need a person, and what it can do about them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sqlmodel import Session

from services.notify.messages.commands.consequences import CALL_KIND, CEILING_KIND, FAILED_KIND
from services.notify.messages.commands.desk import send_again
from services.notify.messages.recipients import ByKind
from services.notify.messages.tables import Message
from shared.desk.actions import SETTLED_BY_TELEPHONE, Fact, Kind, View, note_only
from shared.desk.items import WorkItem
from shared.web import pages


def kinds(recipients: ByKind) -> Mapping[str, Kind]:
    describe = partial(describe_message, recipients)
    again = partial(send_again, recipients)
    return {
        FAILED_KIND: Kind({SETTLED_BY_TELEPHONE: note_only, "send-again": again}, describe),
        CALL_KIND: Kind({SETTLED_BY_TELEPHONE: note_only}, describe_call),
        CEILING_KIND: Kind({"seen": note_only}, describe),
    }


def describe_message(recipients: ByKind, session: Session, item: WorkItem, language: str) -> View:
    message = session.get(Message, item.subject_id)
    if message is None:
        return View()
    facts = [
        Fact("purpose", message.purpose),
        Fact("channel", message.channel),
        Fact("language", message.language),
        Fact("state", message.state),
        Fact("reason", message.reason or item.reason),
        Fact("attempts", str(message.attempt_count)),
        Fact("due-at", pages.local_time(message.due_at, language)),
    ]
    whom = recipients[message.recipient_kind].view(session, message, language)
    return View([*whom.facts, *facts], asker=whom.asker)


def describe_call(session: Session, item: WorkItem, language: str) -> View:
    return View(asker=item.subject_id)
