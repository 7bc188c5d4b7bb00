"""How many questions come in, and how many of them nobody has proven, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from prometheus_client import Counter
from prometheus_client.core import Metric
from sqlalchemy import func
from sqlmodel import Session, col, select

from services.intake.requests.rules import FINAL
from services.intake.requests.tables import AdviceRequest, WaitsFor
from shared.figures import gauge

LATELY = timedelta(hours=1)
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


def figures(session: Session, now: datetime) -> Iterator[Metric]:
    """Count the questions of the last hour that nobody has proven or confirmed, and that are not held."""
    counted = session.exec(
        select(AdviceRequest.waits_for, func.count())
        .where(
            col(AdviceRequest.waits_for).is_not(None),
            col(AdviceRequest.received_at) > now - LATELY,
            col(AdviceRequest.state).not_in(FINAL),
            ~col(AdviceRequest.hold),
        )
        .group_by(col(AdviceRequest.waits_for))
    )
    found: dict[tuple[str, ...], float] = {(str(waits),): number for waits, number in counted}
    yield gauge(
        "questions_unproven_last_hour",
        "Questions of the last hour that nobody has proven or confirmed, by what they wait for",
        ["waits_for"],
        dict.fromkeys(((waits.value,) for waits in WaitsFor), 0.0) | found,
    )
