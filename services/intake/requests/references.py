"""References and return codes: short enough for a telephone, long enough not to be guessed."""

from __future__ import annotations

import hmac
import re
import secrets
from uuid import UUID

from shared.crypto import derive

# Digits and capitals that are not taken for one another, and no vowels: no word comes out by accident.
ALPHABET = "23456789BCDFGHJKMNPQRTVWXYZ"
REFERENCE = re.compile(r"WZ-?([2-9BCDFGHJKMNPQRTVWXYZ]{4})-?([2-9BCDFGHJKMNPQRTVWXYZ]{4})")
REFERENCE_GROUPS, CODE_GROUPS, GROUP = 2, 4, 4


def new_reference() -> str:
    """`WZ-7K3M-9QXT`: 38 bits, unique by the database; it identifies and proves nothing."""
    number = secrets.randbelow(len(ALPHABET) ** (REFERENCE_GROUPS * GROUP))
    return f"WZ-{_grouped(number, REFERENCE_GROUPS)}"


def tidy_reference(text: str) -> str | None:
    """A reference as people type it, in its own form; nothing where it cannot be one."""
    match = REFERENCE.fullmatch(re.sub(r"\s", "", text).upper())
    return f"WZ-{match.group(1)}-{match.group(2)}" if match else None


def return_code(request_id: UUID) -> str:
    """`7K3M-9QXT-BCDF-2345`: 76 bits derived from the id, so that a repeated request gets the same one."""
    number = int.from_bytes(hmac.digest(derive("return-code"), request_id.bytes, "sha256"), "big")
    return _grouped(number, CODE_GROUPS)


def tidy_code(text: str) -> str:
    """A return code as people type it, in its own form."""
    plain = re.sub(r"[^0-9A-Z]", "", text.upper())
    return "-".join(plain[start : start + GROUP] for start in range(0, len(plain), GROUP))


def _grouped(number: int, groups: int) -> str:
    letters = []
    for _ in range(groups * GROUP):
        number, left = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[left])
    text = "".join(letters)
    return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))
