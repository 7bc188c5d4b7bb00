"""What people write, without what they cannot see."""

from __future__ import annotations

import re
import unicodedata

# Signs that turn the direction of all that follows: on a page or in a mail those would be our own words.
OVERRIDES = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# With the marks that a language written from right to left may need between its words.
TURNS = OVERRIDES | dict.fromkeys([0x200E, 0x200F, 0x061C])
# Everything of Cc but the tab and the line breaks that people type.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def tidy_line(raw: str) -> str:
    """One line with single spaces, without control characters and signs that turn its direction."""
    if raw.isascii() and raw.isprintable():
        return " ".join(raw.split())
    text = unicodedata.normalize("NFC", raw).translate(TURNS)
    return " ".join(CONTROL.sub(" ", text).split())


def tidy_text(raw: str) -> str:
    """Text of several lines as it was written, without control characters and what turns its direction."""
    return CONTROL.sub("", raw.translate(OVERRIDES)).strip()
