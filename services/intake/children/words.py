"""Five words of things that children know: how they are drawn, and what somebody means who types some.

The lists are files with one word a line. No two words of a list are one slip of the finger apart.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from string import ascii_lowercase

from shared.languages import FOR_PAGES

HOW_MANY = 5
# Longer than five of the longest words with what people put between them; the rest is not looked at.
LONGEST = 400
LETTERS = re.compile(r"[^\W\d_]+")
SIGNS_OF_TWO = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ĳ": "ij"})
Words = tuple[str, ...]


def draw(language: str) -> Words:
    """Return five words by chance, as they are shown."""
    return tuple(secrets.choice(_in_order(language)) for _ in range(HOW_MANY))


def plain(text: str) -> str:
    """Return letters as a keyboard without accents writes them, small."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(SIGNS_OF_TWO))
    return "".join(one for one in apart if not unicodedata.combining(one))


def understood(typed: str, language: str) -> Words | None:
    """Return which five words are meant, without accents; None where that is not sure.

    Capitals, accents and whatever stands between the words do not count, also where nothing does. One slip in
    a word is forgiven where only one word can be meant. The language of the page is tried first.
    """
    spoken = [language, *(one for one in FOR_PAGES if one != language)]
    found = [one for code in spoken if (one := _meant(_tokens(typed), code)) is not None]
    return min(found, key=lambda one: one[0])[1] if found else None


def unknown(typed: str, language: str) -> list[str]:
    """Return which of the words somebody typed are in no list, not even with one slip."""
    tokens = _tokens(typed)
    return [one for one in tokens if not any(_near(one, code) for code in (language, *FOR_PAGES))]


def how_many(typed: str) -> int:
    return len(_tokens(typed))


def looks_like_a_code(text: str) -> bool:
    """Whether a text is five words of a list and nothing else: then it is no message."""
    return any(_meant(_tokens(text), code) is not None for code in FOR_PAGES)


def rows_of_five(text: str) -> Iterator[Words]:
    """Yield each five words of a text that follow each other, without accents."""
    tokens = LETTERS.findall(plain(text))
    yield from (tuple(tokens[at : at + HOW_MANY]) for at in range(len(tokens) - HOW_MANY + 1))


def shown(words: Iterable[str], language: str) -> Words:
    """Return words as they are shown, with their accents."""
    return tuple(by_plain(language).get(plain(one), one) for one in words)


@lru_cache(maxsize=8)
def by_plain(language: str) -> Mapping[str, str]:
    """Return the words of a language by how they are written without accents."""
    lines = (files(__package__) / "words" / f"{language}.txt").read_text("utf-8").splitlines()
    return {plain(one): one for one in map(str.strip, lines) if one and not one.startswith("#")}


@lru_cache(maxsize=8)
def _in_order(language: str) -> Words:
    return tuple(by_plain(language).values())


def _tokens(typed: str) -> list[str]:
    return LETTERS.findall(plain(typed[:LONGEST]))


def _meant(tokens: list[str], language: str) -> tuple[int, Words] | None:
    """Return the words that are meant in a language, after how many slips; None where that is not sure."""
    if len(tokens) == HOW_MANY:
        near = [_near(one, language) for one in tokens]
        if all(len(one) == 1 for one in near):
            words = tuple(one for [one] in near)
            return sum(one != typed for one, typed in zip(words, tokens, strict=True)), words
    apart = _apart("".join(tokens), HOW_MANY, by_plain(language))
    return (0, apart[0]) if len(apart) == 1 else None


def _near(typed: str, language: str) -> frozenset[str]:
    """Return the word itself where it is one of the list, else all that are one slip away."""
    known = by_plain(language)
    return frozenset({typed}) if typed in known else frozenset(_slips(typed)) & known.keys()


def _slips(typed: str) -> Iterator[str]:
    """Yield what is one letter too many, too few, another, or two in the wrong order away."""
    halves = [(typed[:at], typed[at:]) for at in range(len(typed) + 1)] if len(typed) < 20 else []
    for head, tail in halves:
        yield from (head + one + tail for one in ascii_lowercase)
        if tail:
            yield head + tail[1:]
            yield from (head + one + tail[1:] for one in ascii_lowercase)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]


def _apart(text: str, number: int, known: Mapping[str, str]) -> list[Words]:
    """Return the ways, two at most, in which letters without anything between them are so many words."""
    if number == 0 or not text:
        return [()] if number == 0 and not text else []
    found: list[Words] = []
    for at in range(1, min(len(text), 15) + 1):
        if text[:at] in known:
            found += [(text[:at], *rest) for rest in _apart(text[at:], number - 1, known)]
        if len(found) > 1:
            break
    return found[:2]
