"""What somebody who seeks means, and which pages answer it: every word by its stem, its parts, its synonyms.

The pages with these stems are found in the database; which of them comes first is decided here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from services.intake.guidance.articles import Article
from services.intake.guidance.library import Shelf
from services.intake.guidance.slips import Slips
from services.intake.guidance.words import (
    COMPOUNDING,
    Synonyms,
    halves,
    stem,
    stop_words,
    synonyms_of,
    words,
)

LONGEST, MOST_WORDS, MOST_MEANT = 200, 12, 8
# How much a stem counts that was not typed itself.
PART, SYNONYM, SLIP, BEGINNING = 0.7, 0.6, 0.8, 0.5
# How much of a likeness is in words that stand in every question; how rare a word is that no page has.
OF_A_STOP_WORD, OF_A_STRANGE_WORD = 0.25, 20
SHORTEST_BEGINNING, MOST_BEGUN = 4, 3
# Of the pages with the rarest of these stems so many are ranked.
MOST_RANKED = 800
ENOUGH, ENOUGH_OF_A_TITLE = 0.5, 0.5
# What is worth less than so much of the best answer is none.
OF_THE_BEST = 0.05
Weighed = tuple[str, str]


@dataclass(frozen=True)
class Term:
    """One thing that is meant: stems, each with how much it counts, of which the best one does.

    `worth` is how rare they are.
    """

    stems: Mapping[str, float]
    worth: float


@dataclass(frozen=True)
class Meant:
    """What somebody means.

    `share` is how much of it any page speaks of, `corrected` the words that we read where some were slips.
    """

    terms: tuple[Term, ...] = ()
    said: tuple[str, ...] = ()
    share: float = 0.0
    corrected: tuple[str, ...] = ()
    only_stop_words: bool = False

    @property
    def is_known(self) -> bool:
        return bool(self.terms) and self.share >= ENOUGH


class Index:
    """All words of the pages in one language."""

    def __init__(self, pages: Sequence[Article], synonyms: Synonyms, language: str) -> None:
        self.language, self._synonyms = language, synonyms
        self._stops = stop_words(language)
        self._stop_stems = {stem(word, language) for word in self._stops}
        fields = {page.slug: _fields(page) for page in pages}
        self._whole = {word for each in fields.values() for _, said in each for word in said}
        self._parts_of = lru_cache(maxsize=50_000)(self._halves)
        self.lexemes = {slug: list(self._weighed(each)) for slug, each in fields.items()}
        self._pages_with = Counter(
            one for found in self.lexemes.values() for one in {lex for lex, _ in found}
        )
        self._total = max(1, len(pages))
        self._tells = lru_cache(maxsize=50_000)(self._how_much_tells)
        self._questions = {page.slug: [self._question(one) for one in _asked(page)] for page in pages}
        self._slips = Slips(self._counted(fields))

    def meant(self, typed: str) -> Meant:
        """Return what is meant by what was typed, of which no more is read than any question needs."""
        said = self._joined(words(typed[:LONGEST])[:MOST_WORDS])
        covered = self._in_a_phrase(said)
        right = {word: word if word in covered else self._corrected(word) for word in said}
        telling = [word for word in right if right[word] not in self._stops]
        read = {word: [] if word in covered else self._read(word, right[word]) for word in telling or right}
        terms = [term for found in read.values() for term in found]
        known = sum(self._worth(right[word]) for word, found in read.items() if found or word in covered)
        every = sum(self._worth(right[word]) for word in read) or 1.0
        stems = [stem(right[word], self.language) for word in said]
        terms += [self._term({one: SYNONYM}) for one in self._meant_too(stems, terms)]
        return Meant(
            tuple(terms),
            tuple(stems),
            known / every if terms else 0.0,
            tuple(right[word] for word in said) if any(word != right[word] for word in said) else (),
            only_stop_words=not telling,
        )

    def chosen(self, meant: Meant) -> list[str]:
        """Return the rarest of the stems, by which pages are found: few enough pages hold one of them."""
        stems = {one for term in meant.terms for one in term.stems}
        by_rarity = sorted(stems, key=lambda one: (self._pages_with[one], one))
        taken, number = by_rarity[:1], self._pages_with[by_rarity[0]] if by_rarity else 0
        for one in by_rarity[1:]:
            number += self._pages_with[one]
            if number > MOST_RANKED:
                break
            taken.append(one)
        return taken

    def ranked(self, meant: Meant, found: Sequence[tuple[str, float]]) -> list[str]:
        """Return the names of pages, the best first: what a page asks and answers itself counts most."""
        best = max((score for _, score in found), default=0.0) or 1.0
        alike = {slug: self._alike(meant, slug) for slug, _ in found}
        enough = ENOUGH_OF_A_TITLE if meant.only_stop_words else 0.0
        scored = [(-(score / best + alike[slug]), slug) for slug, score in found if alike[slug] >= enough]
        least = min(scored, default=(0.0, ""))[0] * OF_THE_BEST
        return [slug for worth, slug in sorted(scored) if worth <= least]

    def _question(self, asked: str) -> tuple[frozenset[str], float]:
        """Return the stems of a question, and how much they tell together."""
        stems = frozenset(stem(word, self.language) for word in words(asked))
        return stems, sum(map(self._tells, stems))

    def _alike(self, meant: Meant, slug: str) -> float:
        """Return how much a question is one of those of the page, between 0 and 1."""
        said = frozenset(meant.said)
        every = sum(map(self._tells, said))
        return max((self._overlap(said, every, *asked) for asked in self._questions[slug]), default=0.0)

    def _overlap(self, said: frozenset[str], every: float, asked: frozenset[str], all_asked: float) -> float:
        both = sum(map(self._tells, said & asked))
        return both / (every + all_asked - both or 1.0)

    def _how_much_tells(self, lexeme: str) -> float:
        return self._rarity(lexeme) * (OF_A_STOP_WORD if lexeme in self._stop_stems else 1.0)

    def _read(self, typed: str, word: str) -> list[Term]:
        """Return what a word means: itself and its parts, else its synonyms, or words that begin so."""
        own, counts = stem(word, self.language), 1.0 if typed == word else SLIP
        parts = [self._term({stem(part, self.language): PART}) for part in self._parts_of(word)]
        parts = [one for one in parts if any(stem in self._pages_with for stem in one.stems)]
        if own in self._pages_with:
            return [self._term({own: counts}), *parts]
        if parts:
            return parts
        if meant := self._meant_by([own]):
            return [self._term(dict.fromkeys(meant, SYNONYM))]
        begun = self._slips.beginning_with(word, MOST_BEGUN) if len(word) >= SHORTEST_BEGINNING else []
        stems = {stem(one, self.language): BEGINNING for one in begun}
        return [self._term(stems)] if stems else []

    def _corrected(self, word: str) -> str:
        if stem(word, self.language) in self._pages_with or word in self._stops or self._parts_of(word):
            return word
        if self._meant_by([stem(word, self.language)]):
            return word
        return self._slips.meant(word) or word

    def _joined(self, said: Sequence[str]) -> list[str]:
        """Return the words, and each compound that was typed as two words."""
        both = (one + other for one, other in pairwise(said))
        return [*said, *(word for word in both if stem(word, self.language) in self._pages_with)]

    def _in_a_phrase(self, said: Sequence[str]) -> set[str]:
        """Return words that no page has and that together mean something that some page has."""
        stems = {word: stem(word, self.language) for word in said}
        phrases = [one for one in self._synonyms.in_([*stems.values()]) if len(one.words) > 1]
        meant = {word for one in phrases if self._pages_with.keys() & {*one.means} for word in one.words}
        return {word for word, own in stems.items() if own in meant and own not in self._pages_with}

    def _meant_by(self, said: Sequence[str]) -> list[str]:
        return [one for one in self._synonyms.meant(said) if one in self._pages_with][:MOST_MEANT]

    def _meant_too(self, said: Sequence[str], terms: Sequence[Term]) -> list[str]:
        there = {one for term in terms for one in term.stems}
        return [one for one in dict.fromkeys(self._meant_by(said)) if one not in there]

    def _halves(self, word: str) -> tuple[str, ...]:
        """Return the words that a compound is made of."""
        if self.language not in COMPOUNDING:
            return ()
        found = (one for one in halves(word, self._whole) if self._stops.isdisjoint(one))
        return tuple(dict.fromkeys(part for both in found for part in both))

    def _term(self, stems: Mapping[str, float]) -> Term:
        known = [self._rarity(one) for one in stems]
        return Term(stems, sum(known) / max(1, len(known)))

    def _rarity(self, lexeme: str) -> float:
        pages = self._pages_with[lexeme] or max(1.0, self._total / OF_A_STRANGE_WORD)
        return math.log(1 + self._total / pages)

    def _worth(self, word: str) -> float:
        return self._rarity(stem(word, self.language))

    def _weighed(self, fields: Sequence[tuple[str, list[str]]]) -> Iterator[Weighed]:
        """Yield each stem of a page with the weight of its place, in order."""
        for weight, said in fields:
            for word in said:
                if weight == "A" or word not in self._stops:
                    yield stem(word, self.language), weight
                    for part in self._parts_of(word):
                        yield stem(part, self.language), weight

    def _counted(self, fields: Mapping[str, list[tuple[str, list[str]]]]) -> Mapping[str, float]:
        """Return each word with how likely somebody means it: those of titles and questions before others."""
        counted: Counter[str] = Counter()
        for each in fields.values():
            for weight, said in each:
                for word in said:
                    counted[word] += 100 if weight in "AB" else 1
        return counted


def _fields(page: Article) -> list[tuple[str, list[str]]]:
    """Return the words of a page by the weight of their place, as the database calls it."""
    return [
        *(("A", words(one)) for one in _asked(page)),
        ("B", [word for one in page.words for word in words(one)]),
        ("C", words(page.in_short)),
        ("D", words(page.body)),
    ]


def _asked(page: Article) -> list[str]:
    return [page.title, *page.asked]


@dataclass
class _Kept:
    by_key: dict[tuple[str, str], Index] = field(default_factory=dict)


_kept = _Kept()
MOST_KEPT = 12


def index_of(shelf: Shelf, language: str) -> Index:
    """Return all words of the pages in a language, made once for each state of the pages."""
    key = shelf.edition, language
    if key not in _kept.by_key:
        if len(_kept.by_key) >= MOST_KEPT:
            _kept.by_key.clear()
        pages = shelf.in_language(language)
        _kept.by_key[key] = Index(pages, synonyms_of(shelf.synonyms, language), language)
    return _kept.by_key[key]
