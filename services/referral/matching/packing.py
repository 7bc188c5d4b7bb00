"""The long part of an explanation, made small before it is stored: most of a directory never fits a question.

Some twenty kilobytes become three, and the database is spared taking them apart and compressing them itself.
JSON, zlib (RFC 1950), base64.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json, to_json

# More effort saves a tenth of the room and takes twice as long.
LEVEL = 1


def packed(entries: Sequence[Any]) -> str:
    return b64encode(zlib.compress(to_json(entries), LEVEL)).decode()


def unpacked(text: str) -> list[Any]:
    """What `packed` was given, as JSON has it."""
    found: list[Any] = from_json(zlib.decompress(b64decode(text)))
    return found
