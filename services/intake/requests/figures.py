"""How many questions come in, for Prometheus."""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import Counter

QUESTIONS = Counter(
    "weerzien_questions_total",
    "Questions taken in, by the way they came and whether they are held",
    ["way", "held"],
)


def count(*, by_form: bool, held: bool) -> None:
    _of(by_form, held).inc()


# Cached: the library looks each up anew, under a lock.
@lru_cache(maxsize=4)
def _of(by_form: bool, held: bool) -> Counter:
    return QUESTIONS.labels("form" if by_form else "key", "yes" if held else "no")


# All from the start: an alert on an hour's growth would miss the first of a way that was not there before.
for _by_form in (True, False):
    for _held in (True, False):
        _of(_by_form, _held)
