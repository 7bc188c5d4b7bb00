"""What is done with a text that comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from services.notify.channels.port import ChannelName, Inbound, OptOut
from services.notify.contacts import answering, proofs
from services.notify.contacts.answering import Said
from services.notify.contacts.commands import (
    suppress,
    suppress_by_index,
    unsuppress,
    unsuppress_by_index,
)
from services.notify.contacts.queries import address_index
from services.notify.contacts.rules import (
    ASKED_AGAIN_AFTER,
    PAUSED,
    QUESTION_KEEPS,
    Keyword,
    chosen,
    keyword,
    of_answer,
)
from services.notify.contacts.stopping import is_only_cancelling, mentions_a_stop
from services.notify.messages.commands import Wanted, void, want
from services.notify.messages.queries import asked_whose_number, last_sent_to
from services.notify.messages.rules import JUST_NOW
from services.notify.messages.tables import Purpose, RecipientKind
from services.notify.replies.tables import InboundText
from services.notify.visits import commands as visits
from services.notify.visits.queries import families_of_number
from shared.database.encrypted import of_row
from shared.desk.items import WorkItem, is_open_for_any, open_item, resolve_all_of
from shared.ids import new_id

REPLY_KIND, PAUSED_KIND = "reply", "reply-paused"
DEFAULT_LANGUAGE = "nl"


def receive(session: Session, inbound: Inbound, *, at: datetime) -> None:
    """Act on an incoming text: STOP, START, yes, no, who comes, or words for a person. Idempotent."""
    last = last_sent_to(session, address_index(ChannelName.SMS, inbound.sender))
    heard = answering.said(inbound.body, last.language if last else "") if inbound.opt_out is None else None
    meaning = _meaning(inbound, last.language if last else "")
    text_id = _keep(session, inbound, meaning, at)
    if text_id is not None and meaning is None and heard is not None and heard.counts:
        _who_comes(session, inbound, heard, text_id, at)
    elif text_id is not None:
        _act(session, inbound, meaning, text_id, at)
    session.commit()


PROVIDER_READ = {OptOut.STOP: Keyword.STOP, OptOut.START: Keyword.START, OptOut.HELP: None}


def _meaning(inbound: Inbound, language: str) -> Keyword | None:
    """Return what the provider has read in a text and acted on, or else what its words mean."""
    return PROVIDER_READ[inbound.opt_out] if inbound.opt_out else keyword(inbound.body, language)


def _who_comes(session: Session, inbound: Inbound, heard: Said, text_id: UUID, at: datetime) -> None:
    """Record with how many a family comes, where it was asked and that is clear; else a person asks."""
    if _chose(session, inbound, at):
        return
    if not _answer(session, inbound.sender, of_answer(heard), at, heard):
        _ask_a_person(session, inbound, "how-many", text_id, at)


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
        _stop_or_cancel(session, inbound, text_id, at)
    elif meaning is Keyword.START:
        _start(session, inbound, at)
    elif meaning is None and inbound.opt_out is None and mentions_a_stop(inbound.body):
        _pause(session, inbound, text_id, at)
    elif meaning is None and not _chose(session, inbound, at):
        _ask_a_person(session, inbound, "not-understood", text_id, at)
    elif meaning is not None and not _answer_or_ask_which(session, inbound.sender, meaning, text_id, at):
        _ask_a_person(session, inbound, "answer-to-nothing", text_id, at)


def _chose(session: Session, inbound: Inbound, at: datetime) -> bool:
    """Act on the number of a family, if the sender was asked for one and says nothing else."""
    number = chosen(inbound.body) if inbound.opt_out is None else None
    return number is not None and visits.choose(session, inbound.sender, *number, at=at)


def _answer_or_ask_which(
    session: Session, number: str, meaning: Keyword, text_id: UUID, at: datetime
) -> bool:
    if _answer(session, number, meaning, at):
        return True
    if meaning is Keyword.NO and not _is_about_a_visit(session, number):
        return False
    return visits.ask_which(session, text_id, number, meaning, at=at)


def _is_about_a_visit(session: Session, number: str) -> bool:
    """Whether a no that nobody asked for may cancel a visit: not if our last text was about another thing."""
    last = last_sent_to(session, address_index(ChannelName.SMS, number))
    return last is None or last.recipient_kind is not RecipientKind.ASKER


def not_chosen(session: Session, choice_id: UUID, *, at: datetime) -> None:
    """Leave a yes or no to a person of which nobody said in time whom it is for. Idempotent. Commits."""
    if visits.give_up_choice(session, choice_id, at=at):
        text = session.get(InboundText, choice_id)
        if text is not None and text.erased_at is None:
            inbound = Inbound(text.provider_sid, text.sender, text.body)
            _ask_a_person(session, inbound, "answer-to-nothing", text.id, at)
    session.commit()


def _stop_or_cancel(session: Session, inbound: Inbound, text_id: UUID, at: datetime) -> None:
    """Hear "cancel" with a visit ahead as about the visit; silence the number only if its provider did."""
    about_a_visit = is_only_cancelling(inbound.body)
    done = visits.call_off(session, inbound.sender, at=at) if about_a_visit else None
    if done is None or inbound.answered_stop:
        _stop(session, inbound, text_id, at)
    elif not done and not visits.ask_which(session, text_id, inbound.sender, Keyword.NO, at=at, of_all=True):
        _ask_a_person(session, inbound, "which-visit", text_id, at)


def _answer(session: Session, number: str, meaning: Keyword, at: datetime, heard: Said | None = None) -> bool:
    """Act on a yes or no to what was asked last: whose this number is, or whether the family comes.

    Anybody can have a number asked whose it is, by typing it into the public form. What its owner says to
    that changes nothing about a visit that they have answered for. Of one that still waits for an answer, a
    yes is taken for both, and a no is left to a person.
    """
    # Whoever gave the number when it was not to be asked again yet has as long to answer as the others.
    within = 2 * ASKED_AGAIN_AFTER + QUESTION_KEEPS
    asked = asked_whose_number(session, [number], at, within=within).get(number)
    visit = visits.last_asked(session, number, at=at)
    unasked = _is_about_a_visit(session, number)
    if asked is None or (visit is not None and visit.is_after(asked)):
        return visits.answer(session, number, meaning, at=at, heard=heard, unasked=unasked)
    waits = proofs.waits(session, ChannelName.SMS, address_index(ChannelName.SMS, number), at=at)
    whose = _whose_contact(session, number, meaning, at)
    if waits and visit is not None and (meaning is Keyword.NO or not visit.waits):
        return not visit.waits
    return visits.answer(session, number, meaning, at=at, heard=heard, unasked=unasked and not waits) or whose


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


def _pause(session: Session, inbound: Inbound, text_id: UUID, at: datetime) -> None:
    """Let nothing go to the number until a person has read the text. One that is silent stays so."""
    suppress(session, ChannelName.SMS, inbound.sender, reason=PAUSED, at=at)
    _ask_a_person(session, inbound, "stop-in-a-sentence", text_id, at, kind=PAUSED_KIND)


def _start(session: Session, inbound: Inbound, at: datetime) -> None:
    """Lift the suppression, and void confirmations of silence that have not gone out."""
    unsuppress(session, ChannelName.SMS, inbound.sender)
    index = address_index(ChannelName.SMS, inbound.sender)
    resolve_all_of(session, texts_from(session, index), "started-again", at=at, kinds=[PAUSED_KIND])
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


def texts_from(session: Session, index: bytes) -> Sequence[UUID]:
    """Return the texts and mails that came from this number or address, or answer a mail to it."""
    theirs = (InboundText.from_index == index) | (InboundText.about_index == index)
    return session.exec(select(InboundText.id).where(theirs)).all()


def _ask_a_person(
    session: Session,
    inbound: Inbound,
    reason: str,
    text_id: UUID,
    at: datetime,
    *,
    kind: str = REPLY_KIND,
) -> None:
    context = _context(session, inbound.sender, at)
    open_item(
        session,
        kind=kind,
        reason="which-of-several" if _is_of_several(reason, context) else reason,
        subject_id=text_id,
        dedupe_key=f"reply:{text_id}",
        details=context,
        words=inbound.body,
        at=at,
    )


def _is_of_several(reason: str, context: Mapping[str, str]) -> bool:
    return reason == "answer-to-nothing" and "registrationIds" in context


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
    """Suppress the number or address of a reply that asks for silence in words no rule knows. Idempotent.

    Does not commit: the desk does, together with the work item.
    """
    text = session.get_one(InboundText, item.subject_id)
    suppress_by_index(session, text.channel, text.silenced, reason="desk", at=at)


def go_on(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    """End the pause of a number or address whose text a person has read, unless another waits to be read.

    One that was silenced meanwhile stays silent. Idempotent. Does not commit.
    """
    text = session.get_one(InboundText, item.subject_id)
    others = [one for one in texts_from(session, text.silenced) if one != item.subject_id]
    if not is_open_for_any(session, others, kind=item.kind):
        unsuppress_by_index(session, text.channel, text.silenced, only=PAUSED)
