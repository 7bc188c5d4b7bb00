"""Slips of whoever types: the word that was meant, by the groups of three letters that two words share."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache

SHORTEST, LONG = 4, 7
MOST_COMPARED = 60
# Letters that sound alike, as whoever writes by ear puts them.
SOUNDS = (
    (re.compile("ij|ei|y"), "y"),
    (re.compile("ch"), "g"),
    (re.compile("au|ou"), "o"),
    (re.compile("ph|v"), "f"),
    (re.compile("z"), "s"),
    (re.compile("x"), "ks"),
    (re.compile("qu|q|c"), "k"),
    (re.compile("(?:dt|d)$"), "t"),
    (re.compile("ie"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
)


class Slips:
    """Knows words, each with how likely somebody means it."""

    def __init__(self, known: Mapping[str, float]) -> None:
        self._known = {word: likely for word, likely in known.items() if len(word) >= SHORTEST}
        self._with: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._known:
            for three in _threes(word):
                self._with[three].append(word)
        likeliest = sorted(known, key=lambda one: (known[one], one))
        self._sounding = {sound(word): word for word in likeliest}
        self.meant = lru_cache(maxsize=10_000)(self._meant)

    def _meant(self, word: str) -> str | None:
        """Return the word that sounds the same, or is one slip away, or two where it is long; else None."""
        if heard := self._sounding.get(sound(word)):
            return heard
        if len(word) < SHORTEST or word.isdigit():
            return None
        allowed = 2 if len(word) >= LONG else 1
        near = ((distance(word, one, allowed), one) for one in self._shares_most(word))
        fits = [(off, -self._known[one], one) for off, one in near if off <= allowed]
        return min(fits)[2] if fits else None

    def beginning_with(self, word: str, most: int) -> list[str]:
        """Return known words that begin so, the likeliest first."""
        begun = [one for one in self._with.get(f"^{word[:2]}", ()) if one.startswith(word)]
        return sorted(begun, key=lambda one: (-self._known[one], one))[:most]

    def _shares_most(self, word: str) -> list[str]:
        shared = Counter(one for three in _threes(word) for one in self._with.get(three, ()))
        alike = ((number / (len(word) + len(one)), one) for one, number in shared.items())
        return [one for _, one in sorted(alike, reverse=True)[:MOST_COMPARED]]


def sound(word: str) -> str:
    """Return a word as it sounds, where words that sound the same are written the same."""
    for letters, heard in SOUNDS:
        word = letters.sub(heard, word)
    return word


def _threes(word: str) -> Iterator[str]:
    """Yield each three letters in a row, with a sign for where the word begins and where it ends."""
    marked = f"^{word}$"
    yield from {marked[at : at + 3] for at in range(len(marked) - 2)}


def distance(one: str, other: str, most: int) -> int:
    """Return in how many slips one word becomes the other: a letter more, less, changed, or two that changed
    places. More than `most` is as good as any."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, last, row = row, before, [at]
        for there, other_letter in enumerate(other, 1):
            cost = min(before[there] + 1, row[-1] + 1, before[there - 1] + (letter != other_letter))
            if last and there > 1 and letter == other[there - 2] and one[at - 2] == other_letter:
                cost = min(cost, last[there - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
