"""The long part of an explanation, compressed before it is stored: most of a directory never fits.

Some twenty kilobytes become three, and the database need not parse and compress them itself. The format is
JSON, compressed with zlib (RFC 1950), in base64.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json, to_json

# A higher level saves a tenth of the space and takes twice as long.
LEVEL = 1


def packed(entries: Sequence[Any]) -> str:
    return b64encode(zlib.compress(to_json(entries), LEVEL)).decode()


def unpacked(text: str) -> list[Any]:
    """Return the entries that `packed` was given, as JSON values."""
    entries: list[Any] = from_json(zlib.decompress(b64decode(text)))
    return entries
