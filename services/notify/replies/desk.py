"""What the desk sees of replies that no rule understood, and what it can do about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlmodel import Session

from services.notify.messages.recipients import ByKind
from services.notify.messages.tables import Message
from services.notify.replies.commands import PAUSED_KIND, REPLY_KIND, go_on, silence
from services.notify.replies.commands_mail import MAIL_KIND, MAIL_PAUSED_KIND, UNREADABLE_KIND
from services.notify.replies.conversation import conversation
from services.notify.replies.tables import InboundText
from services.notify.visits import queries as visits
from services.notify.visits.commands import read_in_a_reply, write_back
from services.notify.visits.desk import family_facts, in_words
from services.notify.visits.tables import Registration, RegistrationState, VisitDay
from shared.crypto import Unreadable
from shared.desk.actions import (
    SETTLED_BY_TELEPHONE,
    SETTLED_IN_WRITING,
    Choice,
    Fact,
    Kind,
    Question,
    View,
    note_only,
)
from shared.desk.items import WorkItem
from shared.errors import FieldError, Invalid
from shared.web import pages

# What somebody reads in a reply; each is about one of the families that share the number.
COMES, COMES_NOT, COMES_WITH = "comes", "comes-not", "comes-with"
WHOSE, CHILDREN = "registrationId", "children"
HOW_MANY = tuple(str(number) for number in range(1, 9))
WRITE_BACK, WORDS = "write-back", "words"
OF_A_FAMILY = (COMES, COMES_NOT, COMES_WITH, WRITE_BACK)
ASKS = {
    COMES_WITH: (Question(CHILDREN, CHILDREN, HOW_MANY),),
    WRITE_BACK: (Question(WORDS, WORDS, words=True),),
}


def kinds(recipients: ByKind) -> Mapping[str, Kind]:
    shown = partial(describe, recipients)
    return {
        REPLY_KIND: Kind(
            {
                COMES: comes,
                COMES_NOT: comes_not,
                COMES_WITH: comes_with,
                WRITE_BACK: written_back,
                SETTLED_BY_TELEPHONE: note_only,
                SETTLED_IN_WRITING: note_only,
                "stop-texts": silence,
            },
            shown,
            parameter=dict.fromkeys(OF_A_FAMILY, WHOSE),
            asks=ASKS,
        ),
        PAUSED_KIND: Kind({"go-on": go_on, "stop-texts": silence}, shown),
        MAIL_KIND: Kind(
            {
                COMES: comes,
                COMES_NOT: comes_not,
                COMES_WITH: comes_with,
                WRITE_BACK: written_back,
                "answered": note_only,
                "stop-mail": silence,
            },
            shown,
            parameter=dict.fromkeys(OF_A_FAMILY, WHOSE),
            asks=ASKS,
            for_many=["answered"],
        ),
        MAIL_PAUSED_KIND: Kind(
            {"go-on": go_on, "stop-mail": silence}, shown, for_many=["go-on", "stop-mail"]
        ),
        UNREADABLE_KIND: Kind({"answered": note_only}, shown),
    }


def comes(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    """Record that the family comes, as its reply says, and confirm it by text. Does not commit."""
    whose = _whose(session, item, params, at)
    read_in_a_reply(session, whose, RegistrationState.CONFIRMED, at=at)


def comes_not(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    whose = _whose(session, item, params, at)
    read_in_a_reply(session, whose, RegistrationState.CANCELLED, at=at)


def comes_with(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    whose, children = _whose(session, item, params, at), int(params[CHILDREN])
    read_in_a_reply(session, whose, RegistrationState.CONFIRMED, children=children, at=at)


def written_back(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    """Send the family a person's own words, as a text or a mail. Does not commit."""
    write_back(session, _whose(session, item, params, at), params[WORDS], at=at)


def describe(recipients: ByKind, session: Session, item: WorkItem, language: str) -> View:
    """Show the number to call back, what went to and fro, and what it was last told.

    The words themselves are in the work item.
    """
    text = session.get(InboundText, item.subject_id)
    last = session.get(Message, UUID(item.details["messageId"])) if "messageId" in item.details else None
    facts = [Fact("sender", text.sender)] if text else []
    if text and text.about_index:
        facts.append(Fact("other-address", "yes"))
    facts += conversation(session, text, language) if text else []
    for registration_id in item.details.get("registrationIds", "").split():
        facts += family_facts(session, UUID(registration_id), language)
    choices = _choices(session, item, language)
    if last is None:
        return View(facts, choices)
    whom = recipients[last.recipient_kind].view(session, last, language)
    return View([*facts, Fact("purpose", last.purpose), *whom.facts], choices, whom.asker)


def _whose(session: Session, item: WorkItem, params: Mapping[str, str], at: datetime) -> UUID:
    """Return the registration that was chosen. Raises Invalid for one of another number than it came from."""
    for registration, _ in _of_sender(session, item, at):
        if str(registration.id) == params[WHOSE]:
            return registration.id
    raise Invalid([FieldError(f"/{WHOSE}", WHOSE, "not-of-this-number")])


def _choices(session: Session, item: WorkItem, language: str) -> Mapping[str, Sequence[Choice]]:
    """Return the families of the number, told apart by their visit and their id: a name is no label."""
    try:
        found = _of_sender(session, item, item.opened_at)
    except Unreadable:
        found = []
    offered = [_choice(registration, visit, language) for registration, visit in found]
    return dict.fromkeys(OF_A_FAMILY, offered)


def _choice(registration: Registration, visit: VisitDay, language: str) -> Choice:
    coming = {"adults": registration.adults, "children": len(registration.child_age_bands)}
    with_whom = ", ".join(
        pages.texts().text(language, f"desk-value.comes.{who}", count=number)
        for who, number in coming.items()
    )
    return Choice(str(registration.id), in_words(visit, language), [with_whom, str(registration.id)])


def _of_sender(session: Session, item: WorkItem, at: datetime) -> Sequence[tuple[Registration, VisitDay]]:
    text = session.get(InboundText, item.subject_id)
    return visits.of_number(session, text.from_index, at) if text else []
