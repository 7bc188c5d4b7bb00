"""How many sign-ins there were, for Prometheus: a guess shows before it is right."""

from __future__ import annotations

from prometheus_client import Counter

SIGN_INS = Counter(
    "weerzien_sign_ins_total",
    "Sign-ins of people who work here, by what became of them",
    ["outcome"],
)
OUTCOMES = ("in", "refused", "slowed")


def count(outcome: str) -> None:
    """Count a sign-in: somebody was let in (`in`), was `refused`, or has to wait first (`slowed`)."""
    SIGN_INS.labels(outcome).inc()


# All from the start: an alert on an hour's growth would miss the first of what was not there before.
for _outcome in OUTCOMES:
    SIGN_INS.labels(_outcome)
