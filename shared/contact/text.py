"""Text that people wrote, without the characters that they cannot see."""

from __future__ import annotations

import re
import unicodedata

# Signs that turn the direction of all that follows, which on a page or in a mail is our own text.
OVERRIDES = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# The same and the marks that a language written from right to left may need between its words.
TURNS = OVERRIDES | dict.fromkeys([0x200E, 0x200F, 0x061C])
# Everything of Cc but the tab and the line breaks that people type.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def tidy_line(raw: str) -> str:
    """Return one line with single spaces, without control characters or signs that turn its direction."""
    if raw.isascii() and raw.isprintable():
        return " ".join(raw.split())
    text = unicodedata.normalize("NFC", raw).translate(TURNS)
    return " ".join(CONTROL.sub(" ", text).split())


def tidy_text(raw: str) -> str:
    """Return the lines as written, without control characters or signs that turn their direction."""
    return CONTROL.sub("", raw.translate(OVERRIDES)).strip()
