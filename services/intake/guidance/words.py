"""Words as the search compares them: stems, without accents and capitals, of whole words and their parts.

The stems are made here and not in the database: its own stemmer does not join gevangenis and gevangenissen,
brief and brieven, bellen and gebeld.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from threading import local
from typing import Any

import snowballstemmer

from shared import toml
from shared.languages import LANGUAGES

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
LONGEST_WORD = 40
# What stands between the halves of a Dutch compound: gezins-bezoek, boeken-tas.
BETWEEN = ("", "s", "e", "en", "n")
SHORTEST_COMPOUND, SHORTEST_HALF, SHORTEST_LAST = 7, 3, 4
# Short words that compounds end in, where others of three letters are endings.
SHORT_LASTS = frozenset({"dag", "uur", "man", "wet", "les", "zus", "pas"})
COMPOUNDING = frozenset({"nl", "de"})
# A vowel is written twice in one form of a Dutch word and once in another: materiaal, materialen.
TWICE, PLURAL = re.compile(r"([aeou])\1"), re.compile("kinderen$")
WITH_GE = ("gezag", "gezin", "gevaar", "gevaren", "geheim", "gesprek", "geluk", "gezond", "gemeen")
ELIDED = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'")
_of_thread = local()


def words(text: str) -> list[str]:
    """Return the words of a text in order, in small letters and without accents."""
    return [plain(found) for found in WORD.findall(unicodedata.normalize("NFKC", text))]


@lru_cache(maxsize=100_000)
def plain(word: str) -> str:
    small = word.casefold().replace("’", "'").removesuffix("'s")
    taken = unicodedata.normalize("NFD", ELIDED.sub("", small))
    bare = (sign for sign in taken if sign != "'" and not unicodedata.combining(sign))
    return "".join(bare)[:LONGEST_WORD]


@lru_cache(maxsize=100_000)
def stem(word: str, language: str) -> str:
    """Return what a word has in common with its other forms; the word itself where we know none."""
    algorithm = LANGUAGES[language].stemmer if language in LANGUAGES else ""
    if not algorithm or not word.isalpha():
        return word
    if algorithm == "dutch":
        return _dutch(word)
    return plain(str(_stemmer(algorithm).stemWord(word))) or word


def _dutch(word: str) -> str:
    """Return a Dutch stem, also where the algorithm takes a beginning for a prefix, or knows no plural."""
    begins = "ge" if word.startswith(WITH_GE) else ""
    word = PLURAL.sub("kind", word.removeprefix(begins))
    made = plain(str(_stemmer(LANGUAGES["nl"].stemmer).stemWord(word))) or word
    return begins + TWICE.sub(r"\1", made)


def _stemmer(algorithm: str) -> snowballstemmer.Stemmer:
    """Each thread has its own: one of these remembers the word at which it works."""
    made: dict[str, snowballstemmer.Stemmer] = _of_thread.__dict__
    if algorithm not in made:
        made[algorithm] = snowballstemmer.stemmer(algorithm)
    return made[algorithm]


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return words that stand in every text and say nothing of what it is about."""
    lists = toml.read(files(__package__) / "stop_words.toml")
    return frozenset(plain(word) for word in str(lists.get(language, "")).split())


def halves(word: str, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the two words that a compound is made of, as far as they are known."""
    if len(word) < SHORTEST_COMPOUND:
        return
    for at in range(SHORTEST_HALF, len(word) - SHORTEST_HALF + 1):
        last = word[at:]
        if last in known and (len(last) >= SHORTEST_LAST or last in SHORT_LASTS):
            for between in BETWEEN:
                first = word[:at].removesuffix(between) if word[:at].endswith(between) else ""
                if len(first) >= SHORTEST_HALF and first in known:
                    yield first, last
                    break


@dataclass(frozen=True)
class Phrase:
    """Words that together mean what other words mean."""

    words: tuple[str, ...]
    means: tuple[str, ...]


@dataclass(frozen=True)
class Synonyms:
    """What editors say that words of one language mean as well."""

    phrases: tuple[Phrase, ...] = ()

    def meant(self, said: Sequence[str]) -> Iterator[str]:
        """Yield other words for what is said."""
        for phrase in self.in_(said):
            yield from phrase.means

    def in_(self, said: Sequence[str]) -> Iterator[Phrase]:
        """Yield the phrases of the table that stand in what is said."""
        there = {*said}
        for phrase in (one for one in self.phrases if one.words[0] in there):
            size = len(phrase.words)
            if any(tuple(said[at : at + size]) == phrase.words for at in range(len(said) - size + 1)):
                yield phrase


def synonyms_of(tables: Iterable[str], language: str) -> Synonyms:
    """Return what the tables say of a language, all beside each other. Raises what TOML raises."""
    rows = [row for text in tables for row in tomllib.loads(text).get(language, {}).items()]
    made = (Phrase(_stems([phrase], language), _stems(means, language)) for phrase, means in rows)
    return Synonyms(tuple(one for one in made if one.words))


def _stems(said: Iterable[str], language: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stem(word, language) for one in said for word in words(one)))


def is_table(read: Mapping[str, Any]) -> bool:
    """Whether this is a table of synonyms: by language, for each word or phrase a list of others."""
    return all(
        isinstance(rows, Mapping)
        and all(
            isinstance(means, list) and all(isinstance(one, str) for one in means) for means in rows.values()
        )
        for rows in read.values()
    )
