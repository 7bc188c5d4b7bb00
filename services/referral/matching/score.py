"""Points out of a hundred for a service that passed every filter. The centre chose the weights."""

from __future__ import annotations

from dataclasses import dataclass

from services.referral.matching.filters import matched_need, region, serves_area
from services.referral.matching.profiles import Record, RequestProfile, Sentence, ServiceProfile
from shared.geography import Place, distance_km
from shared.vocabulary import Remote

NEED, PROXIMITY, AUDIENCE, STAGE, LANGUAGE, WAITING, RESPONSE = 35, 15, 10, 10, 10, 10, 10
EXACT, WIDER = 1.0, 0.6
NEAR_KM = 10.0
SHORT_WAIT, LONG_WAIT, UNKNOWN_WAIT = 5, 30, 0.4


@dataclass(frozen=True)
class Part:
    """A part of the score: `share`, between 0 and 1, of at most `most` points."""

    name: str
    most: int
    share: float
    sentence: Sentence

    @property
    def points(self) -> float:
        return round(self.most * self.share, 2)

    def to_json(self) -> dict[str, object]:
        return {"part": self.name, "points": self.points, "of": self.most, **self.sentence.to_json()}


def score(request: RequestProfile, service: ServiceProfile, record: Record) -> list[Part]:
    return [
        need(request, service),
        proximity(request, service),
        audience(request, service),
        stage(request, service),
        language(request, service),
        waiting(service),
        responsiveness(record),
    ]


def need(request: RequestProfile, service: ServiceProfile) -> Part:
    """Score how many of the needs are covered; the first counts double."""
    weights = [2.0] + [1.0] * (len(request.needs) - 1)
    kinds = [matched_need(code, service) for code in request.needs]
    worth = [{"exact": EXACT, "parent": WIDER}.get(kind or "", 0.0) for kind in kinds]
    share = sum(weight * value for weight, value in zip(weights, worth, strict=True)) / sum(weights)
    met = [code for code, kind in zip(request.needs, kinds, strict=True) if kind]
    key = "score.need.all" if len(met) == len(request.needs) else "score.need.some"
    return Part("need", NEED, share, Sentence(key, {"needs": ";".join(met)}))


def proximity(request: RequestProfile, service: ServiceProfile) -> Part:
    """Score how near the service is to home or to the place of detention, the better of the two."""
    if request.remote is Remote.PREFERRED and service.remote:
        return Part("proximity", PROXIMITY, 1.0, Sentence("score.proximity.remote-preferred"))
    nearness = [_nearness(place, service, request.language) for _, place in request.areas]
    share, key = max(nearness, default=(0.4, "wide"))
    return Part("proximity", PROXIMITY, share, Sentence(f"score.proximity.{key}"))


def _nearness(place: Place, service: ServiceProfile, language: str) -> tuple[float, str]:
    distance = distance_km(place, service.place)
    if distance is not None and distance <= NEAR_KM:
        return 1.0, "near"
    if _same_province(place, service.place):
        return 0.7, "province"
    if service.regions and region(place) in service.regions and serves_area(place, service, language):
        return 0.5, "region"
    return 0.4, "wide"


def _same_province(one: Place, other: Place | None) -> bool:
    """Compare country and province: the Netherlands and Belgium both have a Limburg."""
    if other is None or not other.province:
        return False
    return (one.country, one.province) == (other.country, other.province)


def audience(request: RequestProfile, service: ServiceProfile) -> Part:
    named = bool(service.serves & request.help_for)
    return Part(
        "audience", AUDIENCE, 1.0 if named else 0.6, Sentence(f"score.audience.{'named' if named else 'all'}")
    )


def stage(request: RequestProfile, service: ServiceProfile) -> Part:
    if not service.stages:
        return Part("stage", STAGE, 0.6, Sentence("score.stage.all"))
    if request.stage is None:
        return Part("stage", STAGE, 0.6, Sentence("score.stage.unknown"))
    return Part("stage", STAGE, 1.0, Sentence("score.stage.named"))


def language(request: RequestProfile, service: ServiceProfile) -> Part:
    direct = request.language in service.languages
    key = "score.language.direct" if direct else "score.language.interpreter"
    return Part("language", LANGUAGE, 1.0 if direct else 0.5, Sentence(key, {"language": request.language}))


def waiting(service: ServiceProfile) -> Part:
    """Score the waiting time: all at five working days or fewer, none at thirty, a straight line between."""
    if service.waiting_days is None:
        return Part("waiting", WAITING, UNKNOWN_WAIT, Sentence("score.waiting.unknown"))
    share = (LONG_WAIT - service.waiting_days) / (LONG_WAIT - SHORT_WAIT)
    values = {"days": str(service.waiting_days)}
    return Part("waiting", WAITING, min(1.0, max(0.0, share)), Sentence("score.waiting.days", values))


def responsiveness(record: Record) -> Part:
    """Score answering in time, whatever the answer: declining costs no points."""
    share = (record.answered_in_time + 4) / (record.offers + 5)
    values = {"answered": str(record.answered_in_time), "offers": str(record.offers)}
    key = "score.response.known" if record.offers else "score.response.new"
    return Part("responsiveness", RESPONSE, min(1.0, share), Sentence(key, values))
