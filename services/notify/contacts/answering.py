"""How a yes or a no, and with how many a family comes, is told from a sentence; in all our languages at once.

A text is understood only where every word of it is known: a yes or a no, courtesies, and who comes. One word
more, a question mark or a doubt, and a person reads it. Nothing is guessed from a number: "with 3" is three
people or three children, so it says how many there are only where it names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from services.notify.contacts.stopping import plain, without_signature
from services.notify.safety import every_language, safety
from shared.languages import FOR_FAMILIES, text_language


class Kind(StrEnum):
    """What a word or a few of them say; each language's file has them under these names."""

    YES = "yes"
    NO = "no"
    COMES = "comes"
    COMES_NOT = "comes_not"
    COURTESY = "courtesy"
    WITH = "with_"
    AND = "and_"
    PEOPLE = "people"
    ADULTS = "adults"
    CHILDREN = "children"
    SORRY = "sorry"


NUMBER, UNKNOWN = "number", "unknown"
# More than these nobody means; a larger number is a date, a time or a mistake.
MOST = 20
ASKS = frozenset("?؟")
_WORD = re.compile(r"[^\W\d_]+|\d+")

Words = tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """What a family answers: whether it comes, and how many if it says so. `people` counts everybody."""

    comes: bool
    people: int | None = None
    adults: int | None = None
    children: int | None = None
    # A number of which nobody can tell whom it counts.
    unclear: int | None = None

    @property
    def counts(self) -> bool:
        return (self.people, self.adults, self.children, self.unclear) != (None,) * 4


def said(body: str, language: str = "") -> Said | None:
    """Return what a whole text answers, or None where a person must read it.

    `language` is that of the family: a word that says something else in it than in another language of ours
    is not heard.
    """
    if is_doubtful(body, language):
        return None
    read = list(_read(tuple(_words(without_signature(body)))))
    kinds = [kind for kind, _ in read]
    yes, no = {Kind.YES, Kind.COMES} & set(kinds), {Kind.NO, Kind.COMES_NOT} & set(kinds)
    if UNKNOWN in kinds or (yes and no):
        return None
    if no:
        return Said(comes=False) if NUMBER not in kinds else None
    if Kind.SORRY in kinds:
        return None
    return _counted(read, yes=bool(yes))


def is_doubtful(body: str, language: str) -> bool:
    """Whether it asks something, or a word in it means something else in the language of the family."""
    unsure = safety(text_language(language)).answers.unsure if language else frozenset()
    return not ASKS.isdisjoint(body) or not unsure.isdisjoint(_words([plain(body)]))


def is_sorry(body: str) -> bool:
    """Whether it regrets something, which makes a yes doubtful."""
    return any(kind is Kind.SORRY for kind, _ in _read(tuple(_words([plain(body)]))))


def _words(parts: Iterable[str]) -> Iterator[str]:
    return (word for part in parts for word in _WORD.findall(part))


def _counted(read: Sequence[tuple[str, int]], *, yes: bool) -> Said | None:
    """Return who comes. A number counts what is named right after it; each is named once."""
    found: dict[str, int] = {}
    for (kind, number), (after, _) in pairwise([*read, ("", 0)]):
        if kind != NUMBER:
            continue
        of = after if after in (Kind.PEOPLE, Kind.ADULTS, Kind.CHILDREN) else "unclear"
        if of in found or not 0 < number <= MOST:
            return None
        found[str(of)] = number
    if not found:
        return Said(comes=True) if yes else None
    # "3" alone may be an answer to anything.
    if "unclear" in found and not (yes and Kind.WITH in [kind for kind, _ in read]):
        return None
    return Said(comes=True, **found)


def _read(words: Words) -> Iterator[tuple[str, int]]:
    """Yield what the words say, the longest that are known together first."""
    at = 0
    while at < len(words):
        length = next((one for one in range(LONGEST, 0, -1) if words[at : at + one] in KNOWN), 0)
        if length:
            yield KNOWN[words[at : at + length]], 0
        elif words[at].isdecimal():
            yield NUMBER, int(words[at][:4])
        elif words[at] in NUMBERS:
            yield NUMBER, NUMBERS[words[at]]
        else:
            yield UNKNOWN, 0
        at += length or 1


def _known() -> Mapping[Words, str]:
    found: dict[Words, str] = {}
    for language in FOR_FAMILIES:
        own = every_language()[language]
        for kind in Kind:
            plainly = own.replies[kind] if kind in (Kind.YES, Kind.NO) else getattr(own.answers, kind)
            found |= {tuple(phrase.split()): kind for phrase in plainly}
    return found


KNOWN = _known()
LONGEST = max(map(len, KNOWN))
NUMBERS = {
    word: number
    for language in every_language().values()
    for number, words in enumerate(language.answers.numbers, start=1)
    for word in words.split()
}
