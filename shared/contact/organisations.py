"""By what an organisation is recognised whose name somebody typed: the same one, however it was written."""

from __future__ import annotations

import hashlib

from shared.contact.text import bare

LENGTH = 16


def mark(name: str) -> str:
    """Return a fingerprint of a name or an id, the same for `De Springplank` and `de-springplank`.

    It keeps a name from being read in passing, and no more: whoever has a list of names can try each.
    """
    return hashlib.sha256(bare(name).encode()).hexdigest()[:LENGTH]


def marks(*names: str | None) -> tuple[str, ...]:
    """Return the fingerprint of each name, once; what has no letter or digit in it is no name."""
    return tuple(dict.fromkeys(mark(one) for one in names if one and bare(one)))
