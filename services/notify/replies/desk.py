"""What the desk sees of replies that no rule understood, and what it can do about them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from sqlmodel import Session

from services.notify.messages.recipients import ByKind
from services.notify.messages.tables import Message
from services.notify.replies.commands import PAUSED_KIND, REPLY_KIND, go_on, silence
from services.notify.replies.tables import InboundText
from services.notify.visits.desk import family_facts
from shared.desk.actions import SETTLED_BY_TELEPHONE, Fact, Kind, View, note_only
from shared.desk.items import WorkItem


def kinds(recipients: ByKind) -> Mapping[str, Kind]:
    shown = partial(describe, recipients)
    return {
        REPLY_KIND: Kind({SETTLED_BY_TELEPHONE: note_only, "stop-texts": silence}, shown),
        PAUSED_KIND: Kind({"go-on": go_on, "stop-texts": silence}, shown),
    }


def describe(recipients: ByKind, session: Session, item: WorkItem, language: str) -> View:
    """Show the number to call back and what it was last told; the words themselves are in the work item."""
    text = session.get(InboundText, item.subject_id)
    last = session.get(Message, UUID(item.details["messageId"])) if "messageId" in item.details else None
    facts = [Fact("sender", text.sender)] if text else []
    for registration_id in item.details.get("registrationIds", "").split():
        facts += family_facts(session, UUID(registration_id), language)
    if last is None:
        return View(facts)
    whom = recipients[last.recipient_kind].view(session, last, language)
    return View([*facts, Fact("purpose", last.purpose), *whom.facts], asker=whom.asker)
