"""What is done with a text that comes in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from services.notify.channels.port import ChannelName, Inbound
from services.notify.contacts import proofs
from services.notify.contacts.commands import suppress, unsuppress
from services.notify.contacts.queries import address_index
from services.notify.contacts.rules import ASKED_AGAIN_AFTER, Keyword, keyword
from services.notify.messages.commands import Wanted, void, want
from services.notify.messages.queries import asked_whose_number, last_sent_to
from services.notify.messages.rules import JUST_NOW
from services.notify.messages.tables import Purpose
from services.notify.replies.tables import InboundText
from services.notify.visits import commands as visits
from services.notify.visits.queries import families_of_number
from shared.database.encrypted import of_row
from shared.desk.items import WorkItem, open_item
from shared.ids import new_id

REPLY_KIND = "reply"
DEFAULT_LANGUAGE = "nl"


def receive(session: Session, inbound: Inbound, *, at: datetime) -> None:
    """Act on an incoming text: STOP, START, yes, no, or words for a person. Idempotent."""
    meaning = Keyword.STOP if inbound.answered_stop else keyword(inbound.body)
    text_id = _keep(session, inbound, meaning, at)
    if text_id is not None:
        _act(session, inbound, meaning, text_id, at)
    session.commit()


def _keep(session: Session, inbound: Inbound, meaning: Keyword | None, at: datetime) -> UUID | None:
    id = new_id()
    row = insert(InboundText).values(
        id=id,
        provider_sid=inbound.sid,
        from_index=address_index(ChannelName.SMS, inbound.sender),
        sender=of_row(id, inbound.sender),
        body=of_row(id, inbound.body),
        understood_as=meaning,
        received_at=at,
    )
    added = row.on_conflict_do_nothing(index_elements=["provider_sid"]).returning(col(InboundText.id))
    added_id: UUID | None = session.execute(added).scalar_one_or_none()
    return added_id


def _act(session: Session, inbound: Inbound, meaning: Keyword | None, text_id: UUID, at: datetime) -> None:
    if meaning is Keyword.STOP:
        _stop(session, inbound, text_id, at)
    elif meaning is Keyword.START:
        _start(session, inbound)
    elif meaning is None or not _answer(session, inbound.sender, meaning, at):
        _ask_a_person(session, inbound, meaning, text_id, at)


def _answer(session: Session, number: str, meaning: Keyword, at: datetime) -> bool:
    """Act on a yes or no; it may be about a visit, about whose number this is, or about both."""
    whose = bool(asked_whose_number(session, [number], at, within=2 * ASKED_AGAIN_AFTER)) and (
        _whose_contact(session, number, meaning, at)
    )
    return visits.answer(session, number, meaning, at=at) or whose


def _whose_contact(session: Session, number: str, meaning: Keyword, at: datetime) -> bool:
    index = address_index(ChannelName.SMS, number)
    answered = proofs.answered_yes if meaning is Keyword.YES else proofs.answered_no
    return answered(session, ChannelName.SMS, index, at=at)


def _stop(session: Session, inbound: Inbound, text_id: UUID, at: datetime) -> None:
    """Suppress the number. Confirm it once each time silence begins, unless the provider has done so."""
    proofs.answered_no(session, ChannelName.SMS, address_index(ChannelName.SMS, inbound.sender), at=at)
    is_new = suppress(session, ChannelName.SMS, inbound.sender, reason="stop-word", at=at)
    if is_new and not inbound.answered_stop:
        want(session, _confirmation(session, inbound, text_id, at), at=at)


def _start(session: Session, inbound: Inbound) -> None:
    """Lift the suppression, and void confirmations of silence that have not gone out."""
    unsuppress(session, ChannelName.SMS, inbound.sender)
    index = address_index(ChannelName.SMS, inbound.sender)
    said = session.exec(
        select(InboundText.id).where(
            InboundText.from_index == index, InboundText.understood_as == Keyword.STOP
        )
    )
    void(session, said.all(), reason="heard-from-again", purposes=[Purpose.STOP_CONFIRMED])


def _confirmation(session: Session, inbound: Inbound, text_id: UUID, at: datetime) -> Wanted:
    """Return the confirmation of silence, in the language of the last text to this number."""
    last = last_sent_to(session, address_index(ChannelName.SMS, inbound.sender))
    return Wanted(
        purpose=Purpose.STOP_CONFIRMED,
        cause_id=text_id,
        recipient_id=text_id,
        channel=ChannelName.SMS,
        language=last.language if last else DEFAULT_LANGUAGE,
        due_at=at,
        not_after=at + JUST_NOW,
        windowed=False,
        dedupe_key=f"stop-confirmed:{text_id}",
        to=inbound.sender,
    )


def _ask_a_person(
    session: Session, inbound: Inbound, meaning: Keyword | None, text_id: UUID, at: datetime
) -> None:
    context = _context(session, inbound.sender, at)
    open_item(
        session,
        kind=REPLY_KIND,
        reason=_why(meaning, context),
        subject_id=text_id,
        dedupe_key=f"reply:{text_id}",
        details=context,
        words=inbound.body,
        at=at,
    )


def _why(meaning: Keyword | None, context: Mapping[str, str]) -> str:
    if meaning is None:
        return "not-understood"
    return "which-of-several" if "registrationIds" in context else "answer-to-nothing"


def _context(session: Session, number: str, at: datetime) -> dict[str, str]:
    """Return what the reply may be about: the last message to this number, and the families that share it."""
    index = address_index(ChannelName.SMS, number)
    last = last_sent_to(session, index)
    sharing = sorted(str(one.id) for one in families_of_number(session, index, at))
    several = {"registrationIds": " ".join(sharing)} if len(sharing) > 1 else {}
    if last is None:
        return several
    return several | {
        "messageId": str(last.id),
        "purpose": str(last.purpose),
        "causeId": str(last.cause_id),
        "recipientId": str(last.recipient_id),
    }


def silence(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    """Suppress the number of a reply that asks for silence in words that no rule knows. Idempotent.

    Does not commit: the desk does, together with the work item.
    """
    text = session.get_one(InboundText, item.subject_id)
    suppress(session, ChannelName.SMS, text.sender, reason="desk", at=at)
