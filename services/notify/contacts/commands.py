"""Suppressing an address, and lifting that again. The caller commits, together with the cause."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.notify.contacts.queries import address_index
from services.notify.contacts.tables import Suppression
from shared.ids import new_id


def suppress(session: Session, channel: str, address: str, *, reason: str, at: datetime) -> bool:
    """Suppress this number or address on this channel. Idempotent: returns True the first time only.

    `address` is in its normal form; `reason` is a code: `stop-word`, `provider` or `desk`.
    """
    row = insert(Suppression).values(
        id=new_id(), channel=channel, address_index=address_index(channel, address), since=at, reason=reason
    )
    added = session.execute(row.on_conflict_do_nothing().returning(col(Suppression.id)))
    return added.first() is not None


def unsuppress(session: Session, channel: str, address: str) -> bool:
    """Lift the suppression. Idempotent: returns False if the address was not suppressed."""
    gone = delete(Suppression).where(
        col(Suppression.channel) == channel,
        col(Suppression.address_index) == address_index(channel, address),
    )
    return session.execute(gone.returning(col(Suppression.id))).first() is not None
