"""The letters in which a language is written as SMS, and how much of it then goes into one.

Dutch, French, English and German lose nothing, or an accent, in the plain alphabet. Arabic is not in it at
all, and Turkish and Polish without their own letters say something else: those keep every letter, which
leaves 67 to a segment in place of 153, and may take two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from services.notify.wording import gsm7
from shared.languages import LANGUAGES

# Tells a telephone that a text runs from right to left, though it begins with our name.
RIGHT_TO_LEFT = "\u200f"
# Keeps the groups of a telephone number in their order inside such a text.
LEFT_TO_RIGHT = "\u200e"
NUMBERS = frozenset({"named"})
# Letters of some scripts join or part by it.
JOINS = "\u200c"


@dataclass(frozen=True)
class Letters:
    """`limit`: the most that a text may measure by `length`, and then it takes so many `segments`."""

    segments: int
    limit: int
    written: Callable[[str], str]
    length: Callable[[str], int]


def _every(text: str) -> str:
    """Return the text with all its letters, without what nobody can see."""
    shown = unicodedata.normalize("NFC", text).translate(gsm7.PLAIN)
    return "".join(sign for sign in shown if sign in f"\n{JOINS}" or unicodedata.category(sign)[0] != "C")


def _units(text: str) -> int:
    return len(text.encode("utf-16-be")) // 2


PLAIN = Letters(1, gsm7.SINGLE, gsm7.to_gsm7, gsm7.septets)
EVERY = Letters(2, 2 * gsm7.UCS2_PART, _every, _units)


def letters_of(language: str, words: str = "") -> Letters:
    """Return how a text in this language is written that says these words, which somebody chose."""
    return EVERY if LANGUAGES[language].every_letter or not _sayable(words) else PLAIN


def marked(body: str, language: str) -> str:
    """Return the text so that a telephone shows it in the direction of its language."""
    return RIGHT_TO_LEFT + body if LANGUAGES[language].direction == "rtl" else body


def in_order(name: str, value: str, language: str) -> str:
    """Return the value of a placeholder so that a number in it is read as it is dialled."""
    turns = name in NUMBERS and LANGUAGES[language].direction == "rtl"
    return LEFT_TO_RIGHT + value if turns else value


def _sayable(words: str) -> bool:
    """Whether the plain alphabet has each letter, or one like it."""
    return all(gsm7.to_gsm7(sign) != "?" for sign in words if sign.isalpha())


def beyond_plain(text: str) -> str:
    """Return the letters that make a text take twice the room, each once."""
    return "".join(sorted({sign for sign in text if not gsm7.fits(sign)}))
