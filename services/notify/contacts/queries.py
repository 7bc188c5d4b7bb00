from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session, col, select

from services.notify.contacts.rules import PAUSED, mailbox
from services.notify.contacts.tables import Suppression
from shared.crypto import blind_index

PURPOSES = {"sms": "phone", "email": "email"}


def address_index(channel: str, address: str) -> bytes:
    """Return the fingerprint of a number (E.164) or an e-mail address (lower case)."""
    return blind_index(PURPOSES[channel], address)


def mailbox_index(channel: str, address: str) -> bytes:
    """Return the fingerprint of the mailbox behind an address, or of the number; for counting alone."""
    return address_index(channel, mailbox(address) if channel == "email" else address)


def silent_among(session: Session, channel: str, addresses: Iterable[str]) -> dict[str, str]:
    """Return, of the addresses in their normal form, those that are suppressed, each with the reason."""
    by_index = {address_index(channel, address): address for address in addresses}
    if not by_index:
        return {}
    rows = session.exec(
        select(Suppression.address_index, Suppression.reason).where(
            Suppression.channel == channel, col(Suppression.address_index).in_(by_index)
        )
    )
    return {by_index[bytes(index)]: reason for index, reason in rows}


def is_suppressed(session: Session, channel: str, index: bytes, *, for_good: bool = False) -> bool:
    """Whether the address with this fingerprint is suppressed; `for_good`: by more than a pause."""
    query = select(Suppression.id).where(Suppression.channel == channel, Suppression.address_index == index)
    if for_good:
        query = query.where(Suppression.reason != PAUSED)
    return session.exec(query).first() is not None
