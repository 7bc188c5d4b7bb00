"""How easy a text is to read: words in a sentence, and for Dutch the Flesch-Douma scale.

Flesch-Douma is 206.8 less 0.77 for each syllable in a hundred words, less 0.93 for each word in a sentence:
70 to 80 is easy, 80 to 90 very easy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import pyphen

from shared.languages import LANGUAGES

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
SENTENCE_ENDS = re.compile(r"(?<=[.!?…:])['\"”’)»]*\s+|\n")
IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
BEFORE = re.compile(r"^(?:[-*+>]|\d+[.)])\s+")


@dataclass(frozen=True)
class Reading:
    """`ease` is that of Flesch-Douma, None where a language has no scale here. `longest` is a sentence."""

    ease: float | None
    per_sentence: float
    words: int
    longest: str


def measure(text: str, language: str) -> Reading:
    """Measure a text without signs of Markdown; see `plain`. A line that ends is a sentence that ends."""
    sentences = [one for one in SENTENCE_ENDS.split(text) if one and WORD.search(one)]
    words = WORD.findall(text)
    per_sentence = len(words) / max(1, len(sentences))
    longest = max(sentences, key=lambda one: len(WORD.findall(one)), default="")
    return Reading(_ease(words, per_sentence, language), per_sentence, len(words), longest.strip())


def plain(markdown: str, item: str = "") -> str:
    """Return the words of Markdown that are read aloud: no headings, no addresses, no pictures.

    What stands in a list or a quotation begins with `item`.
    """
    shown = LINK.sub(r"\1", IMAGE.sub("", markdown))
    lines = (line.strip() for line in shown.splitlines())
    return "\n".join(BEFORE.sub(item, line).replace("*", "") for line in lines if line and line[0] != "#")


def syllables(words: Iterable[str], language: str) -> int:
    """Return how many syllables these words have. Raises KeyError for a language that has no scale here."""
    dictionary = LANGUAGES[language].syllables
    if not dictionary:
        raise KeyError(language)
    return sum(_syllables(word.lower(), dictionary) for word in words)


def _ease(words: list[str], per_sentence: float, language: str) -> float | None:
    # Where we have no scale, only the sentences are measured.
    if language not in LANGUAGES or not LANGUAGES[language].syllables or not words:
        return None
    return 206.8 - 77 * syllables(words, language) / len(words) - 0.93 * per_sentence


@lru_cache(maxsize=50_000)
def _syllables(word: str, dictionary: str) -> int:
    return len(_hyphenator(dictionary).positions(word)) + 1


@lru_cache(maxsize=4)
def _hyphenator(dictionary: str) -> pyphen.Pyphen:
    # Without room kept at either end: a syllable may be one letter.
    return pyphen.Pyphen(lang=dictionary, left=1, right=1)
