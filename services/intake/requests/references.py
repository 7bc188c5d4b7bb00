"""References and return codes: short enough for a telephone, long enough not to be guessed; and links."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from uuid import UUID

from shared.contact.text import bare
from shared.crypto import derive_all, equal

# Digits and capitals that are not mistaken for one another; without vowels, so that they never spell a word.
ALPHABET = "23456789BCDFGHJKMNPQRTVWXYZ"
REFERENCE = re.compile(r"(?:WZ)?([2-9BCDFGHJKMNPQRTVWXYZ]{4})([2-9BCDFGHJKMNPQRTVWXYZ]{4})")
PROOF_PAGE = "/confirm"
REFERENCE_GROUPS, CODE_GROUPS, GROUP = 2, 4, 4


def new_reference() -> str:
    """Return a reference such as `WZ-7K3M-9QXT`: 38 bits. The database keeps it unique; it is no secret."""
    number = secrets.randbelow(len(ALPHABET) ** (REFERENCE_GROUPS * GROUP))
    return f"WZ-{_grouped(number, REFERENCE_GROUPS)}"


def tidy_reference(text: str) -> str | None:
    """Return the normal form of a reference that a person typed or pasted, or None if it cannot be one."""
    match = REFERENCE.fullmatch(bare(text))
    return f"WZ-{match.group(1)}-{match.group(2)}" if match else None


def return_code(request_id: UUID) -> str:
    """Return a code such as `7K3M-9QXT-BCDF-2345`: 76 bits, derived from the id and so the same each time."""
    return return_codes(request_id)[0]


def return_codes(request_id: UUID) -> tuple[str, ...]:
    """Return the code that each signing key derives, that of today's key first."""
    return tuple(
        _grouped(int.from_bytes(hmac.digest(key, request_id.bytes, "sha256"), "big"), CODE_GROUPS)
        for key in derive_all("return-code")
    )


def tidy_code(text: str) -> str:
    """Return the normal form of a return code that a person typed or pasted."""
    letters = bare(text)
    return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))


def proof_token(request_id: UUID) -> str:
    """Return what proves, in a mail's link, that its reader has the address: the id and 256 derived bits."""
    return base64.urlsafe_b64encode(request_id.bytes + _proofs(request_id)[0]).decode()


def request_of(token: str) -> UUID | None:
    """Return the id of the advice request that this token was made for, or None if we made no such token."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(raw) != 48:
        return None
    request_id = UUID(bytes=raw[:16])
    return request_id if any(equal(raw[16:], proof) for proof in _proofs(request_id)) else None


def _proofs(request_id: UUID) -> list[bytes]:
    """Return what each signing key derives, that of today's key first."""
    keys = derive_all("proof-of-contact")
    return [hmac.digest(key, request_id.bytes, "sha256") for key in keys]


def _grouped(number: int, groups: int) -> str:
    letters = []
    for _ in range(groups * GROUP):
        number, left = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[left])
    text = "".join(letters)
    return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))
