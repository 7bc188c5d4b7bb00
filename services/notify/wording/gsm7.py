"""The alphabet of a plain SMS (3GPP TS 23.038), and how many segments a text takes.

A single character outside it turns the whole text into UCS-2, with 70 characters to a segment instead of 160.
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
# Characters that people and word processors use, and their plain counterparts.
PLAIN = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ", "\u202f": " "}
)
LETTERS = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE", "þ": "th"})
_BASIC, _EXTENDED = frozenset(BASIC), frozenset(EXTENDED)


def fits(text: str) -> bool:
    return all(sign in _BASIC or sign in _EXTENDED for sign in text)


def septets(text: str) -> int:
    return sum(2 if sign in _EXTENDED else 1 for sign in text)


def segments(text: str) -> int:
    """Return how many segments the provider sends, and bills, for this text."""
    if fits(text):
        return _parts(septets(text), SINGLE, PART)
    return _parts(len(text.encode("utf-16-be")) // 2, UCS2_SINGLE, UCS2_PART)


def to_gsm7(text: str) -> str:
    """Return the text in the plain alphabet: accents it lacks are dropped, other characters become `?`."""
    return "".join(_plain(sign) for sign in text.translate(PLAIN).translate(LETTERS))


def _plain(sign: str) -> str:
    if sign in _BASIC or sign in _EXTENDED:
        return sign
    base = "".join(part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part))
    if base and fits(base):
        return base
    return "" if unicodedata.category(sign)[0] in "CM" else "?"


def _parts(length: int, single: int, part: int) -> int:
    return 1 if length <= single else -(-length // part)
