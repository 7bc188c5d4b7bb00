"""Second factors that are typed: what an authenticator app shows, and codes for whoever has lost theirs."""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import datetime
from uuid import UUID

import pyotp
import segno

from shared.crypto import blind_index, equal

ISSUER = "Weerzien"
STEP_SECONDS = 30
# A clock may be half a minute off, and a code may be typed in its last second.
AROUND = (0, -1, 1)
HOW_MANY = 10
# Without signs that are taken for each other. 24 of them are 117 bits, which cannot be guessed from a list.
SIGNS = "23456789ABCDEFGHJKLMNPQRSTVWXZ"
GROUPS, GROUP = 6, 4


def new_secret() -> str:
    return pyotp.random_base32()


def typed(code: str) -> str:
    """Return a code as it was meant: without spaces and hyphens, in capitals."""
    return re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", code[:100]).upper())


def is_of_app(code: str) -> bool:
    """Whether it looks like a code of an authenticator app, after `typed`."""
    return len(code) == 6 and code.isdigit()


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """Return the half minute whose code this is, around this moment, or None if it is of none."""
    app, now = pyotp.TOTP(secret), int(at.timestamp()) // STEP_SECONDS
    return next((now + one for one in AROUND if equal(app.generate_otp(now + one), code)), None)


def picture(secret: str, email: str) -> str:
    """Return what an authenticator app reads the secret from: a QR code, as the address of an image."""
    address = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
    return str(segno.make(address, error="m").svg_data_uri(scale=4, border=4, light="#ffffff"))


def in_groups(secret: str) -> str:
    return " ".join(re.findall(".{1,4}", secret))


def new_recovery_codes() -> list[str]:
    return [
        "-".join("".join(secrets.choice(SIGNS) for _ in range(GROUP)) for _ in range(GROUPS))
        for _ in range(HOW_MANY)
    ]


def fingerprint(person_id: UUID, code: str) -> bytes:
    """Return what a recovery code of a person is found by, after `typed`."""
    return blind_index("staff.recovery", f"{person_id}:{code}")
