"""Links to a family's own page: given, ended, and sent once more. The caller commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, text
from sqlmodel import Session, col, select

from services.notify.messages.tables import Message, Purpose
from services.notify.visits import private_links
from services.notify.visits.commands.planning import want_text
from services.notify.visits.tables import UNLINKED, Registration, VisitDay
from services.notify.visits.unread import UNREAD


def give_links(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Give those a page whom the version before registered; it is done here, and no worker is told."""
    chosen = select(Registration).where(text(UNLINKED)).limit(limit).options(*UNREAD)
    for registration in session.exec(chosen.with_for_update(skip_locked=True, of=Registration)):
        private_links.seal(registration)
    session.flush()
    return []


def end_links(session: Session, registration: Registration) -> None:
    """Have every link to this family's page and calendar lead nowhere, and make others."""
    registration.link_generation += 1
    private_links.seal(registration)


def send_link(session: Session, registration: Registration, visit: VisitDay, at: datetime) -> None:
    """Send the link to where this family is written to, inside the window: anybody may have asked for it."""
    key = f"page-link:{registration.id}:{at.isoformat()}"
    want_text(session, visit, registration, Purpose.PAGE_LINK, key, at, windowed=True)


def link_sent(session: Session, registration_ids: Sequence[UUID], *, since: datetime) -> bool:
    """Whether a link was sent, or is to be sent, to one of these families since then."""
    sent = select(Message.id).where(
        col(Message.recipient_id).in_(registration_ids),
        Message.purpose == Purpose.PAGE_LINK,
        col(Message.created_at) > since,
    )
    return session.exec(sent.limit(1)).first() is not None


def registration_of(session: Session, token: str) -> Registration | None:
    """Return the registration to whose page a token leads, or None where it leads nowhere (any more)."""
    return _found(session, col(Registration.link_index) == private_links.index_of(token))


def registration_of_feed(session: Session, token: str) -> Registration | None:
    return _found(session, col(Registration.feed_index) == private_links.index_of(token))


def _found(session: Session, which: ColumnElement[bool]) -> Registration | None:
    return session.exec(select(Registration).where(which)).one_or_none()
