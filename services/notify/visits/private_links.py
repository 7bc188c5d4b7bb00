"""The address of a family's own page, and of its calendar: each leads to one registration, until it ends.

128 derived bits each, so that it fits in a text. Only hashes are kept. Whoever has the one cannot tell the
other: a calendar that others see does not open the page.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence

from services.notify.visits.tables import Registration
from shared.crypto import derive_all, hash_secret, issued

PAGE = "/a"
BYTES = 16
LINK, FEED = "family-page", "family-feed"


def private_link(registration: Registration, site: str) -> str:
    """Return the address of a family's page, or nothing where it has none (yet)."""
    token = page_token(registration)
    return f"{site}{PAGE}/{token}" if token else ""


def page_token(registration: Registration) -> str | None:
    return _given_out(LINK, registration, registration.link_index)


def feed_token(registration: Registration) -> str | None:
    return _given_out(FEED, registration, registration.feed_index)


def seal(registration: Registration) -> None:
    """Let the links of this generation lead to the registration, and those of before nowhere."""
    registration.link_index = index_of(_made(LINK, registration)[0])
    registration.feed_index = index_of(_made(FEED, registration)[0])


def index_of(token: str) -> bytes:
    """Return by what the registration of a token is found."""
    return hash_secret(token)


def _given_out(label: str, registration: Registration, kept: bytes | None) -> str | None:
    return issued(_made(label, registration), bytes(kept)) if kept else None


def _made(label: str, registration: Registration) -> Sequence[str]:
    """Return what each signing key derives, that of today's key first."""
    what = registration.id.bytes + registration.link_generation.to_bytes(8)
    return [_url(hmac.digest(key, what, "sha256")[:BYTES]) for key in derive_all(label)]


def _url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
