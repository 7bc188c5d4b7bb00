"""What happened here with a person: visits, what was sent and what became of it, what came in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from services.notify.contacts.tables import Suppression
from services.notify.messages.tables import Attempt, Message
from services.notify.people.commands import note_shown
from services.notify.people.finding import PEOPLE, TEXTS, indexes, registrations_of
from services.notify.replies.tables import InboundText
from services.notify.visits.tables import Registration, VisitDay
from shared.crypto import Unreadable
from shared.desk.actions import DeskActions
from shared.desk.looking import waiting_about
from shared.events.finding import MOST_TOLD, AskStory, Happening, Story
from shared.security.service_tokens import Acting


def tell(session: Session, desk: DeskActions, asked: AskStory, acting: Acting, at: datetime) -> Story:
    """Return what happened, in no order. Words that are shown are noted in the name of who looks."""
    registrations = registrations_of(session, asked.phones, asked.emails)
    visits = _visits(session, registrations, shown=asked.shown)
    keys = indexes(asked.phones, asked.emails)
    came = _came_in(session, keys, shown=asked.shown)
    messages = _sent(session, keys, asked, registrations)
    about = [*asked.requests, *registrations, *(one.id for one in (*came, *messages))]
    note_shown(session, [*visits, *came], acting, asked.why, at=at)
    return Story(
        happened=(*visits, *messages, *came, *_stopped(session, keys)),
        waiting=waiting_about(session, about),
        reasons=desk.reasons,
    )


def _visits(session: Session, ids: Sequence[UUID], *, shown: bool) -> list[Happening]:
    rows = session.execute(
        select(
            col(Registration.id),
            col(Registration.created_at),
            col(Registration.answered_at),
            col(Registration.state),
            col(VisitDay.starts_at),
            col(VisitDay.place),
            col(VisitDay.state),
        )
        .join(VisitDay, col(VisitDay.id) == col(Registration.visit_day_id))
        .where(col(Registration.id).in_(ids))
    )
    told = []
    for id, made, answered, state, starts, place, visit in rows:
        details = {"visit": starts.isoformat(), "place": place, "visitState": str(visit)}
        name = _kept(session, Registration, id, "name") if shown else None
        told.append(
            Happening(
                at=made, what="registered", id=id, state=state, details=details, has_words=True, words=name
            )
        )
        if answered is not None:
            told.append(Happening(at=answered, what="answered", id=id, state=state, details=details))
    return told


def _sent(
    session: Session, keys: Sequence[bytes], asked: AskStory, registrations: Sequence[UUID]
) -> list[Happening]:
    reached = select(col(Attempt.message_id)).where(col(Attempt.to_index).in_(keys))
    theirs = or_(
        col(Message.recipient_id).in_([*asked.requests, *registrations]),
        col(Message.id).in_(reached),
    )
    rows = session.scalars(
        select(Message)
        .where(theirs, col(Message.recipient_kind).in_(PEOPLE), col(Message.erased_at).is_(None))
        .order_by(col(Message.created_at).desc())
        .limit(MOST_TOLD)
    ).all()
    return [
        Happening(
            at=one.created_at,
            what="message",
            id=one.id,
            request_id=one.request_id,
            state=one.state,
            details={"purpose": str(one.purpose), "channel": str(one.channel), "reason": one.reason or ""},
        )
        for one in rows
    ]


def _came_in(session: Session, keys: Sequence[bytes], *, shown: bool) -> list[Happening]:
    ids = session.scalars(
        select(col(InboundText.id))
        .where(col(InboundText.from_index).in_(keys), col(InboundText.erased_at).is_(None))
        .order_by(col(InboundText.received_at).desc())
        .limit(MOST_TOLD)
    ).all()
    return [one for one in (_text(session, id, shown) for id in ids) if one] if keys else []


def _text(session: Session, id: UUID, shown: bool) -> Happening | None:
    columns = (col(InboundText.received_at), col(InboundText.understood_as))
    row = session.execute(select(*columns).where(col(InboundText.id) == id)).one_or_none()
    return (
        Happening(
            at=row[0],
            what=TEXTS,
            id=id,
            details={"understoodAs": row[1] or ""},
            has_words=True,
            words=_kept(session, InboundText, id, "body") if shown else None,
        )
        if row
        else None
    )


def _kept(session: Session, kind: Any, id: UUID, column: str) -> str:
    """Return what stands there of a person; nothing where it cannot be read."""
    try:
        row = session.get(kind, id)
    except Unreadable:
        return ""
    return str(getattr(row, column)) if row else ""


def _stopped(session: Session, keys: Sequence[bytes]) -> list[Happening]:
    rows = (
        session.scalars(select(Suppression).where(col(Suppression.address_index).in_(keys))) if keys else ()
    )
    return [
        Happening(
            at=one.since,
            what="stopped",
            id=one.id,
            state=one.reason,
            details={"channel": one.channel},
        )
        for one in rows
    ]
