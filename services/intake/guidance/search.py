"""What somebody who seeks means, and which pages answer it: every word by its stem, its parts, its synonyms.

On which pages these stems stand is in the database; which of them comes first is decided here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest
from itertools import pairwise

from services.intake.guidance.indexing import Places, halves_of
from services.intake.guidance.slips import Slips
from services.intake.guidance.words import Synonyms, stem, stop_words, words

LONGEST, MOST_WORDS, MOST_MEANT = 200, 12, 8
# How much a stem counts that was not typed itself.
PART, SYNONYM, SLIP, BEGINNING = 0.7, 0.6, 0.8, 0.5
# How much of a likeness is in words that stand in every question; how rare a word is that no page has.
OF_A_STOP_WORD, OF_A_STRANGE_WORD = 0.25, 20
SHORTEST_BEGINNING, MOST_BEGUN = 4, 3
# Of the pages that speak of it most so many are ranked.
MOST_FOUND = 60
ENOUGH, ENOUGH_OF_A_TITLE = 0.5, 0.5
# What is worth less than so much of the best answer is none.
OF_THE_BEST = 0.05


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


@dataclass(frozen=True)
class Known:
    """What a process remembers of the pages in one language: all but where each stem stands.

    `pages_with` says on how many pages a stem stands; the rest is as in `Learnt`.
    """

    pages: Sequence[str]
    asked: Sequence[Sequence[Sequence[str]]]
    likely: Mapping[str, int]
    pages_with: Mapping[str, int]
    synonyms: Synonyms


class Index:
    """All words of the pages in one language, as of one state of them."""

    def __init__(self, known: Known, language: str, edition: str = "") -> None:
        self.language, self.edition = language, edition
        self._pages, self._synonyms = known.pages, known.synonyms
        self._stops = stop_words(language)
        self._stop_stems = {stem(word, language) for word in self._stops}
        self._parts_of = halves_of(known.likely, language)
        self._pages_with, self._total = known.pages_with, max(1, len(known.pages))
        self._tells = lru_cache(maxsize=50_000)(self._how_much_tells)
        self._questions = [[self._question(one) for one in asked] for asked in known.asked]
        self._slips = Slips(known.likely)

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

    def ranked(self, meant: Meant, found: Mapping[str, Places]) -> list[str]:
        """Return the names of pages, the best first: what a page asks and answers itself counts most.

        `found` says of each stem that is meant where it stands.
        """
        scores = self._scores(meant, found)
        chosen = [-page for _, page in nlargest(MOST_FOUND, ((scores[page], -page) for page in scores))]
        best = max((scores[page] for page in chosen), default=0.0) or 1.0
        alike = {page: self._alike(meant, page) for page in chosen}
        enough = ENOUGH_OF_A_TITLE if meant.only_stop_words else 0.0
        scored = [(-(scores[page] / best + alike[page]), page) for page in chosen if alike[page] >= enough]
        least = min(scored, default=(0.0, 0))[0] * OF_THE_BEST
        return [self._pages[page] for worth, page in sorted(scored) if worth <= least]

    def _scores(self, meant: Meant, found: Mapping[str, Places]) -> dict[int, float]:
        """Return how much each page speaks of what is meant: of each term its best stem there counts."""
        scores: dict[int, float] = {}
        for term in meant.terms:
            best = _best(term, found)
            both = scores.keys() & best.keys()
            scores |= best | {page: scores[page] + best[page] for page in both}
        return scores

    def _question(self, asked: Sequence[str]) -> tuple[frozenset[str], float]:
        """Return the stems of a question, and how much they tell together."""
        return frozenset(asked), sum(map(self._tells, asked))

    def _alike(self, meant: Meant, page: int) -> float:
        """Return how much a question is one of those of the page, between 0 and 1."""
        said = frozenset(meant.said)
        every = sum(map(self._tells, said))
        return max((self._overlap(said, every, *asked) for asked in self._questions[page]), default=0.0)

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

    def _term(self, stems: Mapping[str, float]) -> Term:
        known = [self._rarity(one) for one in stems]
        return Term(stems, sum(known) / max(1, len(known)))

    def _rarity(self, lexeme: str) -> float:
        pages = self._pages_with.get(lexeme) or max(1.0, self._total / OF_A_STRANGE_WORD)
        return math.log(1 + self._total / pages)

    def _worth(self, word: str) -> float:
        return self._rarity(stem(word, self.language))


def _best(term: Term, found: Mapping[str, Places]) -> dict[int, float]:
    """Return for each page how much the best stem of a term counts there."""
    best: dict[int, float] = {}
    for one, counts in term.stems.items():
        if there := found.get(one):
            weight = counts * term.worth
            here = dict(zip(there.pages, [score * weight for score in there.scores], strict=True))
            both = best.keys() & here.keys()
            best |= here | {page: max(best[page], here[page]) for page in both}
    return best
