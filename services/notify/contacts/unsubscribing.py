"""The link by which the owner of a mailbox ends all mail to it with one click (RFC 8058).

It holds the fingerprint of the address under a seal, and no address. The seal is made with the key that stays
when signing keys are rotated: a mail may be years old when its reader has had enough.
"""

from __future__ import annotations

import base64
import hmac

from services.notify.contacts.queries import address_index
from shared.crypto import derive_index, equal

PATH = "/unsubscribe"
FINGERPRINT, SEAL = 32, 16


def link(public_url: str, address: str, language: str) -> str:
    """Return the link for mail in this language to this address, in its normal form."""
    index = address_index("email", address)
    return f"{public_url}{PATH}/{base64.urlsafe_b64encode(index + _seal(index)).decode()}?lang={language}"


def index_of(token: str) -> bytes | None:
    """Return the fingerprint of the address that a link is for, or None for a token that is not ours."""
    try:
        held = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, UnicodeError):
        return None
    index, seal = held[:FINGERPRINT], held[FINGERPRINT:]
    return index if len(held) == FINGERPRINT + SEAL and equal(seal, _seal(index)) else None


def _seal(index: bytes) -> bytes:
    return hmac.digest(derive_index("unsubscribe"), index, "sha256")[:SEAL]
