"""The order in which services are asked, and the services that fail on one filter alone."""

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

# The version of the rules: change it whenever the same input could give another result.
RULESET = "2026-11.3"
ENOUGH = 50.0
BAND = 5.0
SHOWN, NEAR_MISSES = 3, 5
NO_CANDIDATE = "no-candidate"
# The desk sees a service that fails on one of these alone; failing any other means it is not meant for this.
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
    """A service that does not fit, with the verdicts that it failed."""

    service: ServiceProfile
    failed: tuple[Verdict, ...]

    def to_json(self) -> dict[str, Any]:
        return {**self.service.named, "failed": [verdict.to_json() for verdict in self.failed]}


@dataclass(frozen=True)
class Matching:
    """The outcome of matching one advice request.

    `candidates` are in the order in which they are asked. `named_instead` take no referrals; the asker is
    told of them.
    """

    request_verdicts: tuple[Verdict, ...]
    candidates: tuple[Candidate, ...]
    near_misses: tuple[Missed, ...]
    excluded: tuple[Missed, ...]
    named_instead: tuple[ServiceProfile, ...]

    @property
    def offerable(self) -> tuple[Candidate, ...]:
        """The candidates that score enough to be asked without a person looking first."""
        return tuple(candidate for candidate in self.candidates if candidate.score > ENOUGH)

    @property
    def desk_reason(self) -> str | None:
        """Why a person looks first; None where the first offer can go out."""
        for verdict in self.request_verdicts:
            if not verdict.passed:
                return verdict.filter
        return None if self.offerable else NO_CANDIDATE

    def to_json(self) -> dict[str, Any]:
        """Return all that an explanation needs, without personal data."""
        return {
            "ruleset": RULESET,
            "deskReason": self.desk_reason,
            "requestVerdicts": [verdict.to_json() for verdict in self.request_verdicts],
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "nearMisses": [missed.to_json() for missed in self.near_misses],
            # An older version that cannot unpack reads an empty list here, and does not fail.
            "excluded": [],
            "excludedPacked": packed([missed.to_json() for missed in self.excluded]),
            "namedInstead": [{**service.named, "website": service.website} for service in self.named_instead],
        }


def match(
    request: RequestProfile, services: Sequence[ServiceProfile], history: History, *, today: date
) -> Matching:
    """Judge every service and rank those that fit. The order of `services` does not matter."""
    passed, missed = [], []
    for service in services:
        verdicts = judge(request, service, history, today)
        failed = tuple(verdict for verdict in verdicts if not verdict.passed)
        if failed:
            missed.append(Missed(service, failed))
        else:
            parts = tuple(score(request, service, history.of(service.id)))
            passed.append(Candidate(service, parts, tuple(verdicts)))
    missed.sort(key=lambda miss: (len(miss.failed), miss.service.named["serviceId"]))
    near = [miss for miss in missed if len(miss.failed) == 1 and miss.failed[0].filter in NEARLY]
    near = near[:NEAR_MISSES]
    nearest = {miss.service.id for miss in near}
    return Matching(
        tuple(judge_request(request)),
        tuple(rank(request, passed, history)),
        tuple(near),
        tuple(miss for miss in missed if miss.service.id not in nearest),
        tuple(_instead(missed)),
    )


def rank(request: RequestProfile, candidates: Sequence[Candidate], history: History) -> list[Candidate]:
    """Rank by score, with five points or fewer apart as equal; an urgent request by waiting time first."""
    if request.urgency is Urgency.URGENT:
        return sorted(candidates, key=lambda candidate: _urgent_key(request, candidate, history))
    left = sorted(candidates, key=lambda candidate: (-candidate.score, str(candidate.service.id)))
    ranked: list[Candidate] = []
    while left:
        best = left[0].score
        band = [candidate for candidate in left if round(best - candidate.score, 2) <= BAND]
        left = left[len(band) :]
        ranked += sorted(band, key=lambda candidate: _fairness(request, candidate, history))
    return ranked


def _urgent_key(request: RequestProfile, candidate: Candidate, history: History) -> tuple[Any, ...]:
    waiting = candidate.service.waiting_days
    return (
        candidate.score <= ENOUGH,
        waiting is None,
        waiting or 0,
        -candidate.score,
        *_fairness(request, candidate, history),
    )


def _fairness(request: RequestProfile, candidate: Candidate, history: History) -> tuple[Any, ...]:
    """Return a key: least in hand for its capacity, asked longest ago, then a draw that can be repeated."""
    service = candidate.service
    record = history.of(service.id)
    load = record.open_load / (service.capacity or CAPACITY_UNKNOWN)
    return load, record.last_offered_at or LONG_AGO, _chance(request.id, service.id)


def _chance(request: UUID, service: UUID) -> str:
    return hashlib.sha256(request.bytes + service.bytes).hexdigest()


def _instead(missed: Sequence[Missed]) -> list[ServiceProfile]:
    """Return services that fit but take no referrals: the asker can turn to them directly."""
    official = {"takes-referrals", "agreement"}
    return [
        miss.service
        for miss in missed
        if not miss.service.takes_referrals and {verdict.filter for verdict in miss.failed} <= official
    ][:SHOWN]
