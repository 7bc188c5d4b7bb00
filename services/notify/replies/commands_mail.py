"""What is done with an answer that comes by mail. Nothing here commits but `unsubscribe`.

Anybody can write any address above a mail, so who sent it is not believed. What it answers is: the id of a
mail of ours is known to whoever received that mail, and to nobody else. Only an answer to a mail of ours that
comes from the address to which that mail went does by itself what it says. All else can do no more than keep
mail back until a person has looked, and that only for an address which we write to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.contacts import answering, proofs
from services.notify.contacts.answering import Said
from services.notify.contacts.commands import suppress_by_index, unsuppress_by_index
from services.notify.contacts.queries import address_index
from services.notify.contacts.rules import PAUSED, Keyword, keyword_of_mail, of_answer
from services.notify.contacts.stopping import is_only_cancelling, mentions_a_stop
from services.notify.messages.queries import last_sent_to
from services.notify.messages.tables import Attempt, Message, Purpose, RecipientKind
from services.notify.replies.commands import texts_from
from services.notify.replies.tables import InboundText
from services.notify.visits import commands as visits
from shared.desk.items import is_open_for_any, open_item, resolve_all_of
from shared.ids import new_id

EMAIL = ChannelName.EMAIL
MAIL_KIND, MAIL_PAUSED_KIND, UNREADABLE_KIND = "mail-reply", "mail-reply-paused", "mail-to-open"
STRANGERS = "mail-of-strangers"
NOBODY = "?"


class Heard(StrEnum):
    """What was done with a mail: `paused`, `person` and `stranger` wait for somebody at the desk."""

    STOP = "stop"
    START = "start"
    YES = "yes"
    NO = "no"
    PAUSED = "paused"
    PERSON = "person"
    STRANGER = "stranger"


@dataclass(frozen=True)
class MailIn:
    """A mail of a person. `id` is ours for it; `answers` are attempts of ours that it says it answers.

    `sender` is the address that it says it comes from, or None if it names none that can be used.
    """

    id: UUID
    sender: str | None
    text: str
    answers: Sequence[UUID]


@dataclass(frozen=True)
class _From:
    """Whose a mail is. `written_to`: the mail of ours that it answers; `index`: the address it is about."""

    index: bytes
    written_to: Attempt | None
    message: Message | None
    certain: bool

    @property
    def registration_id(self) -> UUID | None:
        if self.message is None or self.message.recipient_kind is not RecipientKind.REGISTRATION:
            return None
        return self.message.recipient_id


def hear(session: Session, mail: MailIn, *, at: datetime) -> Heard:
    """Act on a mail: STOP, START, yes, no, or words for a person."""
    whose = _whose(session, mail)
    language = whose.message.language if whose.message else ""
    meaning = keyword_of_mail(mail.text, language)
    text = _keep(session, mail, whose, meaning, at)
    if whose.message is None:
        return _of_a_stranger(session, mail, whose, meaning, text, at)
    if whose.message.recipient_kind is RecipientKind.PARTNER:
        return _ask_a_person(session, mail, whose, "from-a-partner", text, at)
    if not whose.certain:
        return _of_somebody(session, mail, whose, meaning, text, at)
    if meaning is Keyword.STOP:
        return _stop_or_cancel(session, mail, whose, text, at)
    if meaning is Keyword.START:
        return _start(session, whose, at)
    heard = answering.said(mail.text, language) if meaning is None else None
    if heard is not None and heard.counts:
        return _who_comes(session, mail, whose, heard, text, at)
    if meaning is not None and _answer(session, whose, meaning, at):
        return Heard.YES if meaning is Keyword.YES else Heard.NO
    if meaning is None and mentions_a_stop(mail.text):
        return _pause(session, mail, whose, "stop-in-a-mail", text, at)
    reason = "answer-to-nothing" if meaning else "not-understood" if mail.text else "mail-without-words"
    return _ask_a_person(session, mail, whose, reason, text, at)


def _whose(session: Session, mail: MailIn) -> _From:
    """Find the mail that it answers, or else the last one to the address from which it says that it comes."""
    sender = address_index(EMAIL, mail.sender) if mail.sender else b""
    attempt = _answered(session, mail.answers)
    if attempt is not None:
        message = session.get_one(Message, attempt.message_id)
        return _From(attempt.to_index, attempt, message, attempt.to_index == sender)
    return _From(sender, None, last_sent_to(session, sender) if sender else None, certain=False)


def _answered(session: Session, ids: Sequence[UUID]) -> Attempt | None:
    """Return the latest mail to a family that is named; one to somebody who was erased is to nobody."""
    for one in ids[:10]:
        attempt = session.get(Attempt, one)
        if attempt is not None and attempt.channel is EMAIL and attempt.to_index:
            return attempt
    return None


def _keep(session: Session, mail: MailIn, whose: _From, meaning: Keyword | None, at: datetime) -> InboundText:
    sender = mail.sender or NOBODY
    index = address_index(EMAIL, sender)
    text = InboundText(
        id=new_id(),
        provider_sid=f"mail:{mail.id}",
        channel=EMAIL,
        from_index=index,
        about_index=whose.index if whose.written_to and whose.index != index else None,
        sender=sender,
        body=mail.text,
        understood_as=meaning,
        received_at=at,
    )
    session.add(text)
    session.flush()
    return text


def _stop_or_cancel(session: Session, mail: MailIn, whose: _From, text: InboundText, at: datetime) -> Heard:
    """Hear "cancel" with a visit ahead as about the visit, as in a text."""
    done = None
    if is_only_cancelling(mail.text):
        done = visits.call_off_mail(session, whose.index, at=at, registration_id=whose.registration_id)
    if done is None:
        silence_address(session, whose.index, reason="stop-word", at=at)
        return Heard.STOP
    return Heard.NO if done else _ask_a_person(session, mail, whose, "which-visit", text, at)


def silence_address(session: Session, index: bytes, *, reason: str, at: datetime) -> None:
    """Write to this address no more, and take it that nothing that waits for its owner is theirs. Idempotent.

    It is not confirmed by mail: whoever wants no mail gets none.
    """
    proofs.answered_no(session, EMAIL, index, at=at)
    suppress_by_index(session, EMAIL, index, reason=reason, at=at)


def unsubscribe(session: Session, index: bytes, *, at: datetime) -> None:
    """Write no more to the address of this fingerprint: its owner followed the link of a mail. Commits."""
    silence_address(session, index, reason="one-click", at=at)
    session.commit()


def _start(session: Session, whose: _From, at: datetime) -> Heard:
    unsuppress_by_index(session, EMAIL, whose.index)
    waiting = texts_from(session, whose.index)
    resolve_all_of(session, waiting, "started-again", at=at, kinds=[MAIL_PAUSED_KIND])
    return Heard.START


def _who_comes(
    session: Session, mail: MailIn, whose: _From, heard: Said, text: InboundText, at: datetime
) -> Heard:
    """Record with how many a family comes, as of a text; else a person asks."""
    if whose.registration_id is not None and _answer(session, whose, of_answer(heard), at, heard):
        return Heard.YES
    return _ask_a_person(session, mail, whose, "how-many", text, at)


def _answer(
    session: Session, whose: _From, meaning: Keyword, at: datetime, heard: Said | None = None
) -> bool:
    """Act on a yes or no: to whose address this is, where that was asked, else to whether they come."""
    if whose.message is not None and whose.message.purpose is Purpose.CONFIRM_NUMBER:
        return visits.whose_mail(session, whose.index, meaning, at=at)
    if whose.message is not None and whose.message.purpose is Purpose.CONFIRM_CONTACT:
        answered = proofs.answered_yes if meaning is Keyword.YES else proofs.answered_no
        return answered(session, EMAIL, whose.index, at=at)
    return visits.answer_mail(
        session, whose.index, meaning, at=at, registration_id=whose.registration_id, heard=heard
    )


def _of_somebody(
    session: Session,
    mail: MailIn,
    whose: _From,
    meaning: Keyword | None,
    text: InboundText,
    at: datetime,
) -> Heard:
    """Somebody may write in another's name: a person looks, and a STOP keeps mail back until then."""
    if meaning is Keyword.STOP or mentions_a_stop(mail.text):
        return _pause(session, mail, whose, "stop-perhaps-anothers", text, at)
    return _ask_a_person(session, mail, whose, "perhaps-anothers", text, at)


def _group(session: Session, whose: _From, kind: str) -> str | None:
    """Put more mail in the name of somebody whose mail waits on one line: it may be anybody's."""
    if whose.certain or not is_open_for_any(session, texts_from(session, whose.index), kind=kind):
        return None
    return f"{kind}:{hashlib.sha256(whose.index).hexdigest()[:16]}"


def _of_a_stranger(
    session: Session, mail: MailIn, whose: _From, meaning: Keyword | None, text: InboundText, at: datetime
) -> Heard:
    """Mail that answers nothing, from nobody that we write to: one line at the desk, and one for a STOP."""
    if meaning is Keyword.STOP:
        suppress_by_index(session, EMAIL, whose.index, reason=PAUSED, at=at)
        _open(session, MAIL_PAUSED_KIND, "stop-of-a-stranger", mail, text, {}, at, group=STRANGERS)
        return Heard.STRANGER
    _open(session, MAIL_KIND, "from-a-stranger", mail, text, {}, at, group=STRANGERS)
    return Heard.STRANGER


def _pause(
    session: Session, mail: MailIn, whose: _From, reason: str, text: InboundText, at: datetime
) -> Heard:
    """Let nothing go to the address until a person has read the mail. One that is silent stays so."""
    suppress_by_index(session, EMAIL, whose.index, reason=PAUSED, at=at)
    group = _group(session, whose, MAIL_PAUSED_KIND)
    _open(session, MAIL_PAUSED_KIND, reason, mail, text, _context(whose), at, group=group)
    return Heard.PAUSED


def _ask_a_person(
    session: Session, mail: MailIn, whose: _From, reason: str, text: InboundText, at: datetime
) -> Heard:
    group = _group(session, whose, MAIL_KIND)
    _open(session, MAIL_KIND, reason, mail, text, _context(whose), at, group=group)
    return Heard.PERSON


def _context(whose: _From) -> dict[str, str]:
    if whose.message is None:
        return {}
    return {
        "messageId": str(whose.message.id),
        "purpose": str(whose.message.purpose),
        "causeId": str(whose.message.cause_id),
        "recipientId": str(whose.message.recipient_id),
    }


def _open(
    session: Session,
    kind: str,
    reason: str,
    mail: MailIn,
    text: InboundText,
    details: dict[str, str],
    at: datetime,
    *,
    group: str | None = None,
) -> None:
    open_item(
        session,
        kind=kind,
        reason=reason,
        subject_id=text.id,
        dedupe_key=f"reply:{text.id}",
        details=details,
        words=mail.text,
        at=at,
        group=group,
    )


def read_by_hand(session: Session, mail_id: UUID, *, at: datetime) -> None:
    """Have a person open a mail in the mailbox that no program could read."""
    open_item(
        session,
        kind=UNREADABLE_KIND,
        reason="mail-unreadable",
        subject_id=mail_id,
        dedupe_key=f"mail:{mail_id}",
        at=at,
    )
