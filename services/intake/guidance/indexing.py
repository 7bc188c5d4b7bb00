"""What the search has to know of the pages in one language, worked out once for each state of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from struct import pack, unpack

from services.intake.guidance.articles import Article
from services.intake.guidance.words import COMPOUNDING, Synonyms, halves, stem, stop_words, words

# How much a word counts in the title or a question, among the other words, in what is said in short, and in
# the body. The second time on a page it counts a quarter of that, the third a ninth.
WEIGHTS = (1.0, 0.8, 0.35, 0.1)
MOST_COUNTED = 255
# Of a page with its score as they are kept.
SIZE = 8
OF_A_TITLE, OF_A_TEXT = 100, 1
# The words of a page, by the place where they stand.
Said = tuple[Mapping[str, int], ...]


@dataclass(frozen=True)
class Places:
    """On which pages a stem stands, by their number, and how much it counts on each."""

    pages: Sequence[int]
    scores: Sequence[float]

    def packed(self) -> bytes:
        """Return this as it is kept: all numbers, then all scores."""
        return pack(f"<{len(self.pages)}I{len(self.scores)}f", *self.pages, *self.scores)

    @classmethod
    def of(cls, packed: bytes) -> Places:
        number = len(packed) // SIZE
        both = unpack(f"<{number}I{number}f", packed)
        return cls(both[:number], both[number:])


@dataclass(frozen=True)
class Learnt:
    """All that the search knows of the pages in one language.

    `pages` are their names, in the order of their numbers; `asked` the stems of the questions that each
    answers; `likely` how likely somebody means a word.
    """

    pages: list[str]
    asked: list[list[list[str]]]
    likely: dict[str, int]
    places: dict[str, Places]
    synonyms: Synonyms


def learn(articles: Sequence[Article], synonyms: Synonyms, language: str) -> Learnt:
    """Return what there is to know of these pages."""
    pages = sorted(articles, key=lambda page: page.slug)
    said = [_said(page) for page in pages]
    likely = _likely(said)
    return Learnt(
        [page.slug for page in pages],
        [[_stems(asked, language) for asked in _asked(page)] for page in pages],
        likely,
        _places(said, _stems_of(likely, language), stop_words(language)),
        synonyms,
    )


def halves_of(known: Mapping[str, object], language: str) -> Callable[[str], tuple[str, ...]]:
    """Return what tells the words that a compound is made of, which itself are known."""
    stops = stop_words(language)

    @lru_cache(maxsize=50_000)
    def parts(word: str) -> tuple[str, ...]:
        if language not in COMPOUNDING:
            return ()
        found = (one for one in halves(word, known) if stops.isdisjoint(one))
        return tuple(dict.fromkeys(part for both in found for part in both))

    return parts


def _said(page: Article) -> Said:
    return (
        Counter(word for one in _asked(page) for word in words(one)),
        Counter(word for one in page.words for word in words(one)),
        Counter(words(page.in_short)),
        Counter(words(page.body)),
    )


def _asked(page: Article) -> list[str]:
    return [page.title, *page.asked]


def _stems(asked: str, language: str) -> list[str]:
    return [*dict.fromkeys(stem(word, language) for word in words(asked))]


def _likely(said: Sequence[Said]) -> dict[str, int]:
    """Return each word with how likely somebody means it: those of titles and questions before others."""
    counted: Counter[str] = Counter()
    for places in said:
        for at, place in enumerate(places):
            counts = OF_A_TITLE if at < 2 else OF_A_TEXT
            for word, times in place.items():
                counted[word] += times * counts
    return dict(counted)


def _stems_of(known: Mapping[str, object], language: str) -> Callable[[str], tuple[str, ...]]:
    """Return what tells the stem of a word, and those of its parts."""
    parts = halves_of(known, language)

    @cache
    def stems(word: str) -> tuple[str, ...]:
        return stem(word, language), *(stem(part, language) for part in parts(word))

    return stems


def _places(
    said: Sequence[Said], stems: Callable[[str], tuple[str, ...]], stops: frozenset[str]
) -> dict[str, Places]:
    found: defaultdict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    for number, places in enumerate(said):
        for one, times in _counted(places, stems, stops).items():
            pages, scores = found[one]
            pages.append(number)
            scores.append(_score(*times))
    return {one: Places(*both) for one, both in found.items()}


def _counted(
    places: Said, stems: Callable[[str], tuple[str, ...]], stops: frozenset[str]
) -> dict[str, list[int]]:
    """Return how often each stem stands at each place of a page. A stop word counts in a title alone."""
    counted: dict[str, list[int]] = {}
    for at, place in enumerate(places):
        for word, times in place.items():
            if at and word in stops:
                continue
            for one in stems(word):
                counted.setdefault(one, [0] * len(WEIGHTS))[at] += times
    return counted


# How much so many times count together.
_TOGETHER = [0.0]
for _time in range(1, MOST_COUNTED + 1):
    _TOGETHER.append(_TOGETHER[-1] + 1 / _time**2)


@cache
def _score(*times: int) -> float:
    """Return how much a stem counts on a page where it stands so often at each place."""
    score, before = 0.0, 0
    for weight, number in zip(WEIGHTS, times, strict=True):
        after = min(before + number, MOST_COUNTED)
        score += weight * (_TOGETHER[after] - _TOGETHER[before])
        before = after
    return score
