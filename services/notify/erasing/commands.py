"""Erasing a person from notify. Nothing here commits but the worker's own `tell_provider`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from services.notify.channels.port import ChannelName
from services.notify.channels.tables import Posted
from services.notify.contacts import proofs
from services.notify.erasing import queries
from services.notify.erasing.queries import DRAFTS, MESSAGES, POSTBUS, REGISTRATIONS, REQUESTS, TEXTS
from services.notify.erasing.tables import KeptByProvider
from services.notify.families.tables import FamilyDraft
from services.notify.messages.commands import no_call_any_more, void
from services.notify.messages.purposes import UNTIL_WITHDRAWN
from services.notify.messages.tables import Attempt, Message, MessageState
from services.notify.replies.tables import InboundText
from services.notify.visits import queries as visits
from services.notify.visits.commands import offer_places
from services.notify.visits.mass.tables import KeptPlace
from services.notify.visits.tables import (
    STANDING,
    Choice,
    FamilyWords,
    Registration,
    RegistrationState,
    ReminderStep,
    VisitDay,
)
from shared.desk.items import forget_about
from shared.events.erasure import Whom
from shared.forgetting import Counts, Eraser, Things
from shared.forgetting import erasing as forgetting
from shared.forgetting.batches import empty_rows
from shared.ids import new_id
from shared.messaging import wake_after_commit
from shared.messaging.deliveries import DEAD_LETTER

ERASED = "erased"
# What a call that is not over yet is recognised by is needed until its end is known.
NOT_OVER = (MessageState.IN_FLIGHT, MessageState.UNKNOWN)


def forget_request(session: Session, request_id: UUID, *, at: datetime) -> None:
    """Forget the asker of an advice request; what its partners were to hear goes as with a withdrawal."""
    void(session, request_id, reason="withdrawn", purposes=UNTIL_WITHDRAWN)
    no_call_any_more(session, request_id, "withdrawn", at=at)
    forgetting.erase(session, ERASER, Whom(request_ids=(request_id,)), at=at)


def erase(session: Session, things: Things, at: datetime) -> Counts:
    """Erase all of this. Suppressions stay, as fingerprints: to be left alone is the person's own wish."""
    registrations, texts = list(things.get(REGISTRATIONS, ())), list(things.get(TEXTS, ()))
    messages, requests = list(things.get(MESSAGES, ())), list(things.get(REQUESTS, ()))
    proofs.forget(session, [*requests, *registrations])
    steps = _registrations(session, registrations, at)
    void(session, requests, reason="withdrawn", purposes=UNTIL_WITHDRAWN)
    at_provider = _texts(session, texts, at) + _messages(session, messages, at)
    return {
        REGISTRATIONS: len(registrations),
        "reminderSteps": steps,
        TEXTS: len(texts),
        MESSAGES: len(messages),
        "textsAtProvider": at_provider,
        POSTBUS: _postbus(session, things.get(POSTBUS, ())),
        DRAFTS: _drafts(session, things.get(DRAFTS, ())),
        "workItems": forget_about(
            session, [*registrations, *texts, *messages, *requests], at=at, but=[DEAD_LETTER]
        ),
    }


def _registrations(session: Session, ids: Sequence[UUID], at: datetime) -> int:
    """Free the places at visits to come for who waits, and leave of each registration what is counted."""
    if not ids:
        return 0
    days = session.exec(select(Registration.visit_day_id).where(col(Registration.id).in_(ids))).all()
    visits.lock_visits(session, set(days))
    ahead = select(VisitDay.id).where(col(VisitDay.starts_at) > at)
    session.execute(
        update(Registration)
        .where(
            col(Registration.id).in_(ids),
            col(Registration.state).in_(STANDING),
            col(Registration.visit_day_id).in_(ahead),
        )
        .values(state=RegistrationState.CANCELLED, answered_at=at, offered_until=None)
    )
    void(session, ids, reason=ERASED)
    session.execute(delete(KeptPlace).where(col(KeptPlace.registration_id).in_(ids)))
    session.execute(delete(FamilyWords).where(col(FamilyWords.registration_id).in_(ids)))
    gone = session.execute(
        delete(ReminderStep).where(col(ReminderStep.registration_id).in_(ids)).returning(col(ReminderStep.id))
    ).all()
    empty_rows(session, Registration, ids, NAMELESS | {"contact_index": NOBODYS, "erased_at": at})
    session.expire_all()
    for day in sorted(set(days)):
        offer_places(session, visits.visit_day(session, day), at)
    return len(gone)


# By what a family, its page and its calendar are found, and what it said that is not counted.
NAMELESS = dict.fromkeys(("name_index", "marks", "link_index", "feed_index", "papers_until"))
# In place of the fingerprint of a number: no number has it, and no two rows have the same.
NOBODYS = func.uuid_send(col(Registration.id))


def _texts(session: Session, ids: Sequence[UUID], at: datetime) -> int:
    by_sms = col(InboundText.channel) == ChannelName.SMS
    sids = session.exec(select(InboundText.provider_sid).where(col(InboundText.id).in_(ids), by_sms)).all()
    void(session, ids, reason=ERASED)
    session.execute(delete(Choice).where(col(Choice.id).in_(ids)))
    empty_rows(session, InboundText, ids, {"from_index": b"", "about_index": None, "erased_at": at})
    return _hand_over(session, [{"sid": sid, "attempt_id": None} for sid in sids], at)


def _messages(session: Session, ids: Sequence[UUID], at: datetime) -> int:
    if not ids:
        return 0
    session.execute(
        update(Message)
        .where(col(Message.id).in_(ids), col(Message.state) == MessageState.PLANNED)
        .values(state=MessageState.VOID, reason=ERASED, leased_until=None)
    )
    over = select(Message.id).where(col(Message.id).in_(ids), col(Message.state).not_in(NOT_OVER))
    session.execute(update(Attempt).where(col(Attempt.message_id).in_(over)).values(to_index=b""))
    empty_rows(session, Message, ids, {"erased_at": at})
    texts = session.exec(
        select(Attempt.id).where(col(Attempt.message_id).in_(ids), Attempt.channel == ChannelName.SMS)
    ).all()
    mails = select(Attempt.id).where(col(Attempt.message_id).in_(ids), Attempt.channel != ChannelName.SMS)
    session.execute(update(Attempt).where(col(Attempt.id).in_(mails)).values(to_index=b""))
    return _hand_over(session, [{"sid": None, "attempt_id": one} for one in texts], at)


def _hand_over(session: Session, texts: Sequence[dict[str, object]], at: datetime) -> int:
    """Note what the provider is to forget; a worker tells it, for as long as it takes."""
    if texts:
        rows = [
            {"id": new_id(), "channel": ChannelName.SMS, "due_at": at, "tries": 0, **text} for text in texts
        ]
        session.execute(insert(KeptByProvider).values(rows).on_conflict_do_nothing())
        wake_after_commit(session)
    return len(texts)


def _postbus(session: Session, ids: Sequence[UUID]) -> int:
    gone = session.execute(delete(Posted).where(col(Posted.id).in_(ids)).returning(col(Posted.id)))
    return len(gone.all())


def _drafts(session: Session, ids: Sequence[UUID]) -> int:
    gone = delete(FamilyDraft).where(col(FamilyDraft.id).in_(ids)).returning(col(FamilyDraft.id))
    return len(session.execute(gone).all())


ERASER = Eraser(
    queries.kept_of,
    erase,
    {
        REGISTRATIONS: queries.every_registration,
        TEXTS: queries.every_text,
        MESSAGES: queries.every_message,
        POSTBUS: queries.every_posted,
        REQUESTS: queries.every_request,
        DRAFTS: queries.every_draft,
    },
)
