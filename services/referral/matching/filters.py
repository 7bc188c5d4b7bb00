"""Hard filters: each gives a verdict in words, and none of them knows offence, nationality or religion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from services.referral.matching.profiles import (
    ANYWHERE,
    FAMILY,
    History,
    RequestProfile,
    Sentence,
    ServiceProfile,
)
from shared.geography import Place
from shared.vocabulary import HelpFor, Remote, Share, need_parent

VERIFIED_WITHIN = timedelta(days=180)
REGIONS = {
    "Vlaams Gewest": "vlaanderen",
    "Waals Gewest": "wallonie",
    "Brussels Hoofdstedelijk Gewest": "brussel",
}
# Communities serve Brussels in their own language.
IN_BRUSSELS = {"vlaanderen": "nl", "wallonie": "fr"}


@dataclass(frozen=True)
class Verdict:
    filter: str
    passed: bool
    sentence: Sentence

    def to_json(self) -> dict[str, object]:
        return {"filter": self.filter, "passed": self.passed, **self.sentence.to_json()}


Check = Callable[[RequestProfile, ServiceProfile, History, date], tuple[bool, Sentence]]


def judge(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> list[Verdict]:
    """Every filter's verdict, also after one has said no: the desk sees all of them."""
    verdicts = []
    for name, check in CHECKS.items():
        passed, sentence = check(request, service, history, today)
        verdicts.append(Verdict(name, passed, sentence))
    return verdicts


def judge_request(request: RequestProfile) -> list[Verdict]:
    """What holds for every service alike: somebody's safety first, and the asker's consent."""
    return [
        Verdict("hold", not request.hold, Sentence("hold.open" if request.hold else "hold.none")),
        Verdict("consent", request.share is Share.YES, Sentence(f"consent.{request.share}")),
    ]


def region(place: Place) -> str:
    return REGIONS.get(place.region, "")


def matched_need(code: str, service: ServiceProfile) -> str | None:
    """`exact`, `parent`, or nothing where the service does not offer this need."""
    if code in service.needs:
        return "exact"
    return "parent" if need_parent(code) in service.needs else None


def areas(request: RequestProfile) -> list[tuple[str, Place]]:
    """Where help would be of use: at home, and at the place of detention."""
    both = [("home", request.home), ("facility", request.facility)]
    return [(name, place) for name, place in both if place is not None]


def serves_area(place: Place, service: ServiceProfile, language: str) -> bool:
    """Whether people there are among those whom this service is for."""
    if service.country not in (place.country, ANYWHERE):
        return service.cross_border
    if not service.regions or not region(place):
        return True
    here = region(place)
    if here in service.regions:
        return True
    return here == "brussel" and any(IN_BRUSSELS.get(one) == language for one in service.regions)


def _active(
    request: RequestProfile, service: ServiceProfile, history: History, today: date
) -> tuple[bool, Sentence]:
    return service.active, Sentence("active.yes" if service.active else "active.no")


def _agreement(
    request: RequestProfile, service: ServiceProfile, history: History, today: date
) -> tuple[bool, Sentence]:
    signed = service.agreement_signed is not None and service.agreement_signed <= today
    return signed, Sentence("agreement.yes" if signed else "agreement.no")


def _verified(
    request: RequestProfile, service: ServiceProfile, history: History, today: date
) -> tuple[bool, Sentence]:
    if service.verified_on is None:
        return False, Sentence("verified.never")
    fresh = today - service.verified_on <= VERIFIED_WITHIN
    return fresh, Sentence("verified.yes" if fresh else "verified.old", {"date": str(service.verified_on)})


def _need(
    request: RequestProfile, service: ServiceProfile, history: History, today: date
) -> tuple[bool, Sentence]:
    found = [code for code in request.needs if matched_need(code, service)]
    wanted = found or list(request.needs)
    return bool(found), Sentence("need.yes" if found else "need.no", {"needs": ";".join(wanted)})


def _serves(
    request: RequestProfile, service: ServiceProfile, history: History, today: date
) -> tuple[bool, Sentence]:
    who = ";".join(sorted(request.help_for))
    everybody = not service.serves
    family = "family" in service.serves and request.help_for & FAMILY
    served = bool(everybody or family or service.serves & request.help_for)
    return served, Sentence("serves.yes" if served else "serves.no", {"who": who})


def _age(
    request: RequestProfile, service: ServiceProfile, history: History, today: date
) -> tuple[bool, Sentence]:
    if HelpFor.CHILD not in request.help_for or not request.age_bands:
        return True, Sentence("age.any")
    low = service.min_age if service.min_age is not None else 0
    high = service.max_age if service.max_age is not None else 120
    fits = any(band.years[0] <= high and low <= band.years[1] for band in request.age_bands)
    return fits, Sentence("age.yes" if fits else "age.no", {"from": str(low), "to": str(high)})


def _stage(
    request: RequestProfile, service: ServiceProfile, history: History, today: date
) -> tuple[bool, Sentence]:
    if request.stage is None or not service.stages:
        return True, Sentence("stage.any")
    fits = request.stage in service.stages
    return fits, Sentence("stage.yes" if fits else "stage.no", {"stage": request.stage})


def _takes(
    request: RequestProfile, service: ServiceProfile, history: History, today: date
) -> tuple[bool, Sentence]:
    return service.takes_referrals, Sentence("takes.yes" if service.takes_referrals else "takes.no")


def _area(
    request: RequestProfile, service: ServiceProfile, history: History, today: date
) -> tuple[bool, Sentence]:
    for name, place in areas(request):
        if serves_area(place, service, request.language):
            return True, Sentence(f"area.{name}")
    at_a_distance = request.remote is not Remote.NO and service.remote and service.country == request.country
    return at_a_distance, Sentence("area.remote" if at_a_distance else "area.no")


def _language(
    request: RequestProfile, service: ServiceProfile, history: History, today: date
) -> tuple[bool, Sentence]:
    values = {"language": request.language}
    if request.language in service.languages:
        return True, Sentence("language.direct", values)
    return service.interpreter, Sentence(
        "language.interpreter" if service.interpreter else "language.no", values
    )


def _declined(
    request: RequestProfile, service: ServiceProfile, history: History, today: date
) -> tuple[bool, Sentence]:
    before = service.id in history.declined
    return not before, Sentence("declined.before" if before else "declined.no")


def _full(
    request: RequestProfile, service: ServiceProfile, history: History, today: date
) -> tuple[bool, Sentence]:
    load = history.of(service.id).open_load
    full = service.capacity is not None and load >= service.capacity
    return not full, Sentence(
        "full.yes" if full else "full.no", {"load": str(load), "capacity": str(service.capacity or "")}
    )


CHECKS: dict[str, Check] = {
    "active": _active,
    "agreement": _agreement,
    "verified": _verified,
    "need": _need,
    "serves": _serves,
    "age": _age,
    "stage": _stage,
    "takes-referrals": _takes,
    "area": _area,
    "language": _language,
    "declined": _declined,
    "full": _full,
}
