"""What the desk of notify sees of messages and replies, and can do about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlmodel import Session

from services.notify.messages.commands.consequences import CALL_KIND, CEILING_KIND, FAILED_KIND
from services.notify.messages.commands.desk import send_again, silence
from services.notify.messages.commands.inbound import REPLY_KIND
from services.notify.messages.tables import InboundText, Message, RecipientKind
from shared.desk.actions import SETTLED_BY_TELEPHONE, Fact, Kind, View, note_only
from shared.desk.asker import asked_of_intake
from shared.desk.items import WorkItem
from shared.web import pages

Whom = Callable[[Session, Message, str], Sequence[Fact]]
"""Who a message is to, for whoever calls them: facts that are in our own tables."""

_whom: dict[RecipientKind, Whom] = {}


def tells(kind: RecipientKind, whom: Whom) -> None:
    """From now on `whom` says who recipients of this kind are; rooms above this one register theirs."""
    _whom[kind] = whom


def describe_message(session: Session, item: WorkItem, language: str) -> View:
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
    return View([*_to_whom(session, message, language), *facts], elsewhere=_asker(message, language))


def describe_reply(session: Session, item: WorkItem, language: str) -> View:
    """The number to call back, and what it was last told; the words themselves are the item's own."""
    text = session.get(InboundText, item.subject_id)
    last = session.get(Message, UUID(item.details["messageId"])) if "messageId" in item.details else None
    facts = [Fact("sender", text.sender)] if text else []
    if last is None:
        return View(facts)
    facts += [Fact("purpose", last.purpose), *_to_whom(session, last, language)]
    return View(facts, elsewhere=_asker(last, language))


def describe_call(session: Session, item: WorkItem, language: str) -> View:
    return View(elsewhere=asked_of_intake(item.subject_id, language))


def _to_whom(session: Session, message: Message, language: str) -> Sequence[Fact]:
    whom = _whom.get(message.recipient_kind)
    return whom(session, message, language) if whom else []


def _asker(message: Message, language: str) -> Callable[[], Sequence[Fact]] | None:
    if message.recipient_kind is not RecipientKind.ASKER:
        return None
    return asked_of_intake(message.recipient_id, language)


def _number(session: Session, message: Message, language: str) -> Sequence[Fact]:
    return [Fact("phone", message.to)] if message.to else []


tells(RecipientKind.NUMBER, _number)
DESK = {
    FAILED_KIND: Kind({SETTLED_BY_TELEPHONE: note_only, "send-again": send_again}, describe_message),
    CALL_KIND: Kind({SETTLED_BY_TELEPHONE: note_only}, describe_call),
    CEILING_KIND: Kind({"seen": note_only}, describe_message),
    REPLY_KIND: Kind({SETTLED_BY_TELEPHONE: note_only, "stop-texts": silence}, describe_reply),
}
