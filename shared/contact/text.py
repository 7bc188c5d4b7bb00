"""Text that people wrote, without the characters that they cannot see."""

from __future__ import annotations

import re
import unicodedata

# Signs that turn the direction of all that follows, which on a page or in a mail is our own text.
OVERRIDES = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# The same and the marks that a language written from right to left may need between its words.
TURNS = OVERRIDES | dict.fromkeys([0x200E, 0x200F, 0x061C])
# Dashes that are none to Unicode: a minus, a bullet, and a modifier that looks like one.
MORE_DASHES = frozenset("\u2212\u2043\u02d7")
# What nobody can see and is yet no mark (Cf) to Unicode: joiners, fillers and selectors of a variant.
FILLERS = (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0)
SELECTORS = (*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
UNSEEN = frozenset(map(chr, (*FILLERS, *SELECTORS)))
# What people put between the parts of a code.
APART = re.compile(r"[\W_]")
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


def plain(raw: str) -> str:
    """Return a code, a number or an address as a keyboard writes it, whatever it was copied from.

    Digits of any script, wide letters and every dash become the plain ones, and what cannot be seen is left
    out. Sign by sign, so that the work grows no faster than the text.
    """
    return raw if raw.isascii() else raw.translate(_PLAIN)


def pasted(raw: str) -> str:
    """Return `plain` text on one line, with single spaces."""
    return " ".join(plain(raw).split())


def bare(raw: str) -> str:
    """Return the letters and digits of a code, in capitals: how people group them does not count."""
    return APART.sub("", plain(raw)).upper()


class _Plain(dict[int, str]):
    """What stands for each sign, worked out when it is asked for: `str.translate` asks sign by sign."""

    def __missing__(self, code: int) -> str:
        return "".join(map(_plain_sign, unicodedata.normalize("NFKC", chr(code))))


def _plain_sign(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    if kind == "Pd" or sign in MORE_DASHES:
        return "-"
    return "" if kind == "Cf" or sign in UNSEEN else sign


_PLAIN = _Plain()
