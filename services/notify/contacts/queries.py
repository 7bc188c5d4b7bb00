from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session, col, select

from services.notify.contacts.tables import Suppression
from shared.crypto import blind_index

PURPOSES = {"sms": "phone", "email": "email"}


def address_index(channel: str, address: str) -> bytes:
    """The fingerprint of an address in its normal form (E.164, lower-case address)."""
    return blind_index(PURPOSES[channel], address)


def suppressed_among(session: Session, channel: str, addresses: Iterable[str]) -> set[str]:
    """Those of the addresses (in their normal form) that must be left alone."""
    by_index = {address_index(channel, address): address for address in addresses}
    found = session.exec(
        select(Suppression.address_index).where(
            Suppression.channel == channel, col(Suppression.address_index).in_(by_index)
        )
    )
    return {by_index[bytes(index)] for index in found}


def is_suppressed(session: Session, channel: str, index: bytes) -> bool:
    """Whether the address with this fingerprint must be left alone."""
    found = select(Suppression.id).where(Suppression.channel == channel, Suppression.address_index == index)
    return session.exec(found).first() is not None
