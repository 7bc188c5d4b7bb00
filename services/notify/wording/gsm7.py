"""The alphabet of a plain SMS (3GPP TS 23.038), and how many segments a text takes.

One character outside it turns the whole text into UCS-2, where a segment holds 70 characters instead of 160.
"""

from __future__ import annotations

import unicodedata

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = "\f^{}\\[~]|€"
SINGLE, PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67
# Signs that people and word processors use, and their plain counterparts.
PLAIN = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ", "\u202f": " "}
)
LETTERS = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE", "þ": "th"})
_BASIC, _EXTENDED = frozenset(BASIC), frozenset(EXTENDED)


def fits(text: str) -> bool:
    return all(one in _BASIC or one in _EXTENDED for one in text)


def septets(text: str) -> int:
    return sum(2 if one in _EXTENDED else 1 for one in text)


def segments(text: str) -> int:
    """How many SMS this text is to the provider (and on its bill)."""
    if fits(text):
        return _parts(septets(text), SINGLE, PART)
    return _parts(len(text.encode("utf-16-be")) // 2, UCS2_SINGLE, UCS2_PART)


def to_gsm7(text: str) -> str:
    """The same text in the plain alphabet: accents it lacks are dropped, other signs become a `?`."""
    return "".join(_plain(one) for one in text.translate(PLAIN).translate(LETTERS))


def _plain(one: str) -> str:
    if one in _BASIC or one in _EXTENDED:
        return one
    base = "".join(part for part in unicodedata.normalize("NFKD", one) if not unicodedata.combining(part))
    if base and fits(base):
        return base
    return "" if unicodedata.category(one)[0] in "CM" else "?"


def _parts(length: int, single: int, part: int) -> int:
    return 1 if length <= single else -(-length // part)
