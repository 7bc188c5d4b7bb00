"""Twilio's signature over an address and the whole form: by it we know that Twilio speaks, and of what.

https://www.twilio.com/docs/usage/security says how it is made. It is HMAC-SHA-1, by Twilio's own definition.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit, urlunsplit

HEADER = "X-Twilio-Signature"
PORTS = {"https": 443, "http": 80}


def is_signed(token: str, address: str, form: Iterable[tuple[str, str]], given: str | None) -> bool:
    """Whether `given` is the signature of a form that was sent to this address of ours.

    A form may come again with the same signature, so what it leads to must be idempotent.
    """
    fields = list(form)
    return given is not None and any(
        hmac.compare_digest(signature(token, one, fields).encode(), given.encode("utf-8", "replace"))
        for one in _written(address)
    )


def signature(token: str, address: str, form: Iterable[tuple[str, str]]) -> str:
    """Return the signature that Twilio makes: the fields in order, each value once."""
    told = address + "".join(name + value for name, value in sorted(set(form)))
    made = hmac.new(token.encode(), told.encode("utf-8", "replace"), hashlib.sha1)
    return base64.b64encode(made.digest()).decode()


def _written(address: str) -> Iterator[str]:
    """Twilio signs some addresses with their port and some without, whichever it was told."""
    yield address
    parts = urlsplit(address)
    host = parts.netloc.rpartition(":")[0] if parts.port else f"{parts.netloc}:{PORTS.get(parts.scheme, 80)}"
    yield urlunsplit(parts._replace(netloc=host))
