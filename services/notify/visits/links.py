"""The link in a mail that asks whose an address is: it says nothing, and works for that address alone."""

from __future__ import annotations

import base64
import binascii
import hmac
from uuid import UUID

from services.notify.visits.tables import Registration
from shared.crypto import derive_all, equal

PAGE = "/confirm"
ID, PROOF = 16, 32


def token(registration: Registration) -> str:
    """Return what proves that its reader has the address: the id and 256 derived bits."""
    return base64.urlsafe_b64encode(registration.id.bytes + _proofs(registration)[0]).decode()


def registration_of(token: str) -> UUID | None:
    """Return the id of the registration that a token names, made by us or not; None if there is none."""
    raw = _read(token)
    return None if raw is None else UUID(bytes=raw[:ID])


def leads_to(token: str, registration: Registration) -> bool:
    """Whether we made this token for this registration and the address that it has now."""
    raw = _read(token)
    return raw is not None and any(equal(raw[ID:], proof) for proof in _proofs(registration))


def _read(token: str) -> bytes | None:
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if len(raw) == ID + PROOF else None


def _proofs(registration: Registration) -> list[bytes]:
    """Return what each signing key derives, that of today's key first."""
    what = registration.id.bytes + bytes(registration.contact_index)
    return [hmac.digest(key, what, "sha256") for key in derive_all("proof-of-address")]
