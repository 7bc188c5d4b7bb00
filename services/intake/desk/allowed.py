"""What of an item's actions is there for its asker: nobody calls who does not want that."""

from __future__ import annotations

from sqlmodel import Session

from services.intake.conversations import queries as conversations
from services.intake.conversations.tables import Side
from services.intake.requests.tables import AdviceRequest
from shared.desk.actions import SETTLED_BY_TELEPHONE, SETTLED_IN_WRITING
from shared.events.desk import Item
from shared.vocabulary import ContactChannel

# Ways of contact by which nobody is called.
NEVER_CALLED = frozenset({ContactChannel.NONE, ContactChannel.LETTER})


def asked(session: Session, item: Item) -> AdviceRequest | None:
    """Return the advice request that an item is about: its asker's, or one of our own that it names."""
    return session.get(AdviceRequest, item.asker or item.subject_id)


def narrowed(session: Session, item: Item) -> Item:
    """Return the item with the actions that there are for whose it is.

    What was settled in writing was answered in the conversation.
    """
    if item.resolved_at is not None:
        return item
    gone, request = set(), asked(session, item)
    if request is not None and request.channel in NEVER_CALLED:
        gone.add(SETTLED_BY_TELEPHONE)
    if request is None or conversations.newest_of(session, request.id, Side.CENTRE) is None:
        gone.add(SETTLED_IN_WRITING)
    return item.model_copy(update={"actions": tuple(one for one in item.actions if one not in gone)})
