"""What the desk of notify sees of messages and replies, and can do about them."""

from __future__ import annotations

from sqlmodel import Session

from services.notify.desk import desk
from services.notify.messages.commands.consequences import CEILING_KIND, FAILED_KIND
from services.notify.messages.commands.desk import send_again, silence
from services.notify.messages.commands.inbound import REPLY_KIND
from services.notify.messages.tables import InboundText, Message
from shared.desk.actions import SETTLED_BY_TELEPHONE, Fact, View, note_only
from shared.desk.items import WorkItem
from shared.web import pages


def describe_message(session: Session, item: WorkItem, language: str) -> View:
    message = session.get(Message, item.subject_id)
    if message is None:
        return View()
    facts = [
        Fact("purpose", message.purpose),
        Fact("channel", message.channel),
        Fact("state", message.state),
        Fact("reason", message.reason or item.reason),
        Fact("attempts", str(message.attempt_count)),
        Fact("due-at", pages.local_time(message.due_at, language)),
        Fact("cause", str(message.cause_id)),
    ]
    return View([*facts, Fact("request", str(message.request_id))] if message.request_id else facts)


def describe_reply(session: Session, item: WorkItem, language: str) -> View:
    """The number to call back; the words themselves are the item's own."""
    text = session.get(InboundText, item.subject_id)
    facts = [Fact(name, str(value)) for name, value in item.details.items()]
    return View([Fact("sender", text.sender), *facts] if text else facts)


desk.register(
    FAILED_KIND,
    actions={SETTLED_BY_TELEPHONE: note_only, "send-again": send_again},
    describe=describe_message,
)
desk.register(CEILING_KIND, actions={"seen": note_only}, describe=describe_message)
desk.register(
    REPLY_KIND,
    actions={SETTLED_BY_TELEPHONE: note_only, "stop-texts": silence},
    describe=describe_reply,
)
