"""How long notify keeps each kind of data. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from services.notify.channels.tables import Posted
from services.notify.contacts.tables import AskerContact
from services.notify.erasing.commands import NAMELESS, NOBODYS
from services.notify.mailbox.tables import TakenMail
from services.notify.messages.tables import Message, MessageState
from services.notify.replies.tables import InboundText
from services.notify.visits.facility_tables import ClosedDays
from services.notify.visits.mass.tables import KeptPlace, MassChange, MassState
from services.notify.visits.tables import Choice, FamilyWords, Registration, ReminderStep, VisitDay
from shared.desk.tables import work_items
from shared.forgetting import Period
from shared.forgetting.batches import delete_some, empty_rows, some_ids

NOT_OVER = (MessageState.PLANNED, MessageState.IN_FLIGHT, MessageState.UNKNOWN)
STANDS = (
    (col(MassChange.state) == MassState.CONFIRMED)
    & col(MassChange.until_further_notice)
    & col(MassChange.last_date).is_(None)
)
# As long as the fingerprint of a number; what stands in its place once it is erased is half as long.
FINGERPRINT = 32


def families(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Forget who was registered for visits that were over before this moment; they stay counted."""
    past = select(VisitDay.id).where(col(VisitDay.ends_at) < before)
    old = col(Registration.visit_day_id).in_(past) & col(Registration.erased_at).is_(None)
    ids = some_ids(session, Registration, old, limit)
    session.execute(delete(ReminderStep).where(col(ReminderStep.registration_id).in_(ids)))
    session.execute(delete(KeptPlace).where(col(KeptPlace.registration_id).in_(ids)))
    session.execute(delete(FamilyWords).where(col(FamilyWords.registration_id).in_(ids)))
    return empty_rows(session, Registration, ids, NAMELESS | {"erased_at": at})


def trusted_numbers(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Forget the fingerprints by which a number that was confirmed long ago would be trusted."""
    old = (
        col(Registration.erased_at).is_not(None)
        & (col(Registration.created_at) < before)
        & (func.length(col(Registration.contact_index)) == FINGERPRINT)
    )
    ids = some_ids(session, Registration, old, limit)
    session.execute(update(Registration).where(col(Registration.id).in_(ids)).values(contact_index=NOBODYS))
    return len(ids) + delete_some(session, AskerContact, col(AskerContact.since) < before, limit)


def cancel_reasons(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Forget why visit days did not take place, and closed days that are over with why."""
    old = (col(VisitDay.ends_at) < before) & col(VisitDay.cancel_reason).is_not(None)
    closed = delete_some(session, ClosedDays, col(ClosedDays.last_day) < before.date(), limit)
    long_ago = (col(MassChange.asked_at) < before) & col(MassChange.reason).is_not(None)
    whys = empty_rows(session, MassChange, some_ids(session, MassChange, long_ago, limit), {})
    return closed + whys + empty_rows(session, VisitDay, some_ids(session, VisitDay, old, limit), {})


def texts(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Delete what came in, and the words that were copied for the desk; not what still waits for a person."""
    waits = select(work_items.c.subject_id).where(work_items.c.resolved_at.is_(None))
    old = (col(InboundText.received_at) < before) & col(InboundText.id).not_in(waits)
    ids = some_ids(session, InboundText, old, limit)
    session.execute(update(work_items).where(work_items.c.subject_id.in_(ids)).values(text=None, details={}))
    session.execute(delete(Choice).where(col(Choice.id).in_(ids)))
    session.execute(delete(InboundText).where(col(InboundText.id).in_(ids)))
    return len(ids) + delete_some(session, TakenMail, col(TakenMail.taken_at) < before, limit)


def messages(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Delete messages with their attempts; not what still waits for a person or a moment.

    Mass changes go with them, which say who got one; not what holds until further notice.
    """
    waits = select(work_items.c.subject_id).where(work_items.c.resolved_at.is_(None))
    over = col(Message.state).not_in(NOT_OVER) & col(Message.id).not_in(waits)
    gone = delete_some(session, Message, (col(Message.created_at) < before) & over, limit)
    return gone + delete_some(session, MassChange, (col(MassChange.asked_at) < before) & ~STANDS, limit)


def postbus(session: Session, before: datetime, limit: int, at: datetime) -> int:
    return delete_some(session, Posted, col(Posted.sent_at) < before, limit)


def figures(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Delete visit days with those who were counted."""
    ids = some_ids(session, VisitDay, col(VisitDay.ends_at) < before, limit)
    registered = select(Registration.id).where(col(Registration.visit_day_id).in_(ids))
    session.execute(delete(ReminderStep).where(col(ReminderStep.registration_id).in_(registered)))
    session.execute(delete(FamilyWords).where(col(FamilyWords.registration_id).in_(registered)))
    session.execute(delete(Registration).where(col(Registration.visit_day_id).in_(ids)))
    session.execute(delete(VisitDay).where(col(VisitDay.id).in_(ids)))
    return len(ids)


PERIODS = (
    Period("keep_registrations_days", families),
    Period("keep_trusted_numbers_days", trusted_numbers),
    Period("keep_cancel_reasons_days", cancel_reasons),
    Period("keep_inbound_texts_days", texts),
    Period("keep_messages_days", messages),
    Period("keep_postbus_days", postbus),
    Period("keep_figures_days", figures),
)
