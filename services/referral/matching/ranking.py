"""Who is asked first, and who would have fitted but for one thing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.referral.matching.filters import Verdict, judge, judge_request
from services.referral.matching.packing import packed
from services.referral.matching.profiles import History, RequestProfile, ServiceProfile
from services.referral.matching.score import Part, score
from shared.vocabulary import Urgency

# The version of the rules: it changes whenever the same input could give another answer.
RULESET = "2026-11.2"
ENOUGH = 50.0
BAND = 5.0
SHOWN, NEAR_MISSES = 3, 5
NO_CANDIDATE = "no-candidate"
# Failing one of these alone is worth telling the desk; the others mean that the service is not there for it.
NEARLY = frozenset({"language", "age", "stage", "area", "full", "serves", "declined", "verified"})
CAPACITY_UNKNOWN = 5
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Candidate:
    service: ServiceProfile
    parts: tuple[Part, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def score(self) -> float:
        return round(sum(part.points for part in self.parts), 2)

    def to_json(self) -> dict[str, Any]:
        return {
            **self.service.named,
            "score": self.score,
            "parts": [part.to_json() for part in self.parts],
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
        }


@dataclass(frozen=True)
class Missed:
    """A service that failed, with what it failed on."""

    service: ServiceProfile
    failed: tuple[Verdict, ...]

    def to_json(self) -> dict[str, Any]:
        return {**self.service.named, "failed": [verdict.to_json() for verdict in self.failed]}


@dataclass(frozen=True)
class Matching:
    """`candidates` in the order in which they are asked; `desk_reason` says why a person looks first.

    `named_instead` take no referrals: the asker is told of them.
    """

    request_verdicts: tuple[Verdict, ...]
    candidates: tuple[Candidate, ...]
    near_misses: tuple[Missed, ...]
    excluded: tuple[Missed, ...]
    named_instead: tuple[ServiceProfile, ...]

    @property
    def offerable(self) -> tuple[Candidate, ...]:
        """Good enough to be asked without a person having looked."""
        return tuple(one for one in self.candidates if one.score > ENOUGH)

    @property
    def desk_reason(self) -> str | None:
        for verdict in self.request_verdicts:
            if not verdict.passed:
                return verdict.filter
        return None if self.offerable else NO_CANDIDATE

    def to_json(self) -> dict[str, Any]:
        """All that is needed to explain, without a person in it."""
        return {
            "ruleset": RULESET,
            "deskReason": self.desk_reason,
            "requestVerdicts": [verdict.to_json() for verdict in self.request_verdicts],
            "candidates": [one.to_json() for one in self.candidates],
            "nearMisses": [one.to_json() for one in self.near_misses],
            # For whoever reads explanations and knows no packing yet: nobody, rather than an error.
            "excluded": [],
            "excludedPacked": packed([one.to_json() for one in self.excluded]),
            "namedInstead": [{**one.named, "website": one.website} for one in self.named_instead],
        }


def match(
    request: RequestProfile, services: Sequence[ServiceProfile], history: History, *, today: date
) -> Matching:
    """Judge and rank. The order of `services` does not matter; nothing is read or written."""
    passed, missed = [], []
    for one in services:
        verdicts = judge(request, one, history, today)
        failed = tuple(verdict for verdict in verdicts if not verdict.passed)
        if failed:
            missed.append(Missed(one, failed))
        else:
            parts = tuple(score(request, one, history.of(one.id)))
            passed.append(Candidate(one, parts, tuple(verdicts)))
    missed.sort(key=lambda one: (len(one.failed), one.service.named["serviceId"]))
    near = [one for one in missed if len(one.failed) == 1 and one.failed[0].filter in NEARLY][:NEAR_MISSES]
    nearest = {one.service.id for one in near}
    return Matching(
        tuple(judge_request(request)),
        tuple(rank(request, passed, history)),
        tuple(near),
        tuple(one for one in missed if one.service.id not in nearest),
        tuple(_instead(missed)),
    )


def rank(request: RequestProfile, candidates: Sequence[Candidate], history: History) -> list[Candidate]:
    """By score, where at most five points apart counts as equal; the urgent by waiting time first."""
    if request.urgency is Urgency.URGENT:
        return sorted(candidates, key=lambda one: _urgent_key(request, one, history))
    left = sorted(candidates, key=lambda one: (-one.score, str(one.service.id)))
    ranked: list[Candidate] = []
    while left:
        band = [one for one in left if round(left[0].score - one.score, 2) <= BAND]
        left = left[len(band) :]
        ranked += sorted(band, key=lambda one: _fairness(request, one, history))
    return ranked


def _urgent_key(request: RequestProfile, one: Candidate, history: History) -> tuple[Any, ...]:
    waiting = one.service.waiting_days
    return (
        one.score <= ENOUGH,
        waiting is None,
        waiting or 0,
        -one.score,
        *_fairness(request, one, history),
    )


def _fairness(request: RequestProfile, one: Candidate, history: History) -> tuple[Any, ...]:
    """Who has least in hand, then who was asked longest ago, then chance that is the same every time."""
    record = history.of(one.service.id)
    load = record.open_load / (one.service.capacity or CAPACITY_UNKNOWN)
    return load, record.last_offered_at or LONG_AGO, _chance(request.id, one.service.id)


def _chance(request: UUID, service: UUID) -> str:
    return hashlib.sha256(request.bytes + service.bytes).hexdigest()


def _instead(missed: Sequence[Missed]) -> list[ServiceProfile]:
    """What would have fitted, were it not that it takes no referrals: somebody can still turn to it."""
    official = {"takes-referrals", "agreement"}
    return [
        one.service
        for one in missed
        if not one.service.takes_referrals and {verdict.filter for verdict in one.failed} <= official
    ][:SHOWN]
