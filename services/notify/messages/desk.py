"""What the desk of notify sees of messages, and can do about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlmodel import Session

from services.notify.messages.commands.consequences import CALL_KIND, CEILING_KIND, FAILED_KIND
from services.notify.messages.commands.desk import send_again
from services.notify.messages.tables import Message, RecipientKind
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
    whom = to_whom(session, message, language)
    return View([*whom.facts, *facts], elsewhere=whom.elsewhere)


def describe_call(session: Session, item: WorkItem, language: str) -> View:
    return View(elsewhere=asked_of_intake(item.subject_id, language))


def to_whom(session: Session, message: Message, language: str) -> View:
    """Who a message is to, for whoever calls them."""
    whom = _whom.get(message.recipient_kind)
    facts = whom(session, message, language) if whom else []
    is_asker = message.recipient_kind is RecipientKind.ASKER
    return View(facts, elsewhere=asked_of_intake(message.recipient_id, language) if is_asker else None)


def _number(session: Session, message: Message, language: str) -> Sequence[Fact]:
    return [Fact("phone", message.to)] if message.to else []


tells(RecipientKind.NUMBER, _number)
DESK = {
    FAILED_KIND: Kind({SETTLED_BY_TELEPHONE: note_only, "send-again": send_again}, describe_message),
    CALL_KIND: Kind({SETTLED_BY_TELEPHONE: note_only}, describe_call),
    CEILING_KIND: Kind({"seen": note_only}, describe_message),
}
