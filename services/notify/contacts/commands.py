"""Suppressing an address, and lifting that again. The caller commits, together with the cause."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.notify.contacts.queries import address_index
from services.notify.contacts.rules import PAUSED
from services.notify.contacts.tables import Suppression
from shared.ids import new_id


def suppress(session: Session, channel: str, address: str, *, reason: str, at: datetime) -> bool:
    """Suppress this number or address on this channel. Idempotent: returns True the first time only.

    `address` is in its normal form; `reason` is a code: `stop-word`, `one-click`, `provider`, `desk` or
    `paused`. A pause becomes silence by any other reason, and silence never becomes a pause.
    """
    return suppress_by_index(session, channel, address_index(channel, address), reason=reason, at=at)


def suppress_by_index(session: Session, channel: str, index: bytes, *, reason: str, at: datetime) -> bool:
    """The same for an address of which only the fingerprint is known."""
    row = insert(Suppression).values(
        id=new_id(), channel=channel, address_index=index, since=at, reason=reason
    )
    for_good = row.on_conflict_do_update(
        index_elements=["channel", "address_index"],
        set_={"reason": row.excluded.reason, "since": row.excluded.since},
        where=(col(Suppression.reason) == PAUSED) & (row.excluded.reason != PAUSED),
    )
    return session.execute(for_good.returning(col(Suppression.id))).first() is not None


def unsuppress(session: Session, channel: str, address: str) -> bool:
    """Lift the suppression. Idempotent: returns False if the address was not suppressed."""
    return unsuppress_by_index(session, channel, address_index(channel, address))


def unsuppress_by_index(session: Session, channel: str, index: bytes, *, only: str | None = None) -> bool:
    """The same for an address of which only the fingerprint is known; `only`: if this is the reason."""
    gone = delete(Suppression).where(
        col(Suppression.channel) == channel, col(Suppression.address_index) == index
    )
    if only is not None:
        gone = gone.where(col(Suppression.reason) == only)
    return session.execute(gone.returning(col(Suppression.id))).first() is not None
