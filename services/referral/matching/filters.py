"""Hard filters: each gives a verdict in words. None knows of an offence, a nationality or a religion."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from services.referral.matching.profiles import (
    History,
    RequestProfile,
    Sentence,
    ServiceProfile,
)
from shared.countries import ANYWHERE
from shared.geography import Place
from shared.vocabulary import HelpFor, Remote, Share, need_parent

VERIFIED_WITHIN = timedelta(days=180)
REGIONS = {
    "Vlaams Gewest": "vlaanderen",
    "Waals Gewest": "wallonie",
    "Brussels Hoofdstedelijk Gewest": "brussel",
}
# No person can overrule these: the partner cannot be asked, or has been asked. The others may be weighed.
BINDING = frozenset({"active", "agreement", "takes-referrals", "declined", "own"})
# In Brussels each community serves the people who speak its language.
IN_BRUSSELS = {"vlaanderen": "nl", "wallonie": "fr"}


class Verdict(NamedTuple):
    filter: str
    passed: bool
    sentence: Sentence

    def to_json(self) -> dict[str, object]:
        return {"filter": self.filter, "passed": self.passed, **self.sentence.to_json()}


Check = Callable[[RequestProfile, ServiceProfile, History, date], Verdict]


def judge(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> list[Verdict]:
    """Return the verdict of every filter, also after one has failed: the desk sees all of them."""
    return [check(request, service, history, today) for check in CHECKS]


def judge_request(request: RequestProfile) -> list[Verdict]:
    """Return the verdicts that hold for every service alike: safety first, then the asker's consent."""
    return [
        Verdict("hold", not request.hold, Sentence("hold.open" if request.hold else "hold.none")),
        Verdict("consent", request.share is Share.YES, Sentence(f"consent.{request.share}")),
    ]


def region(place: Place) -> str:
    return REGIONS.get(place.region, "")


def matched_need(code: str, service: ServiceProfile) -> str | None:
    """Return `exact`, `parent`, or None where the service does not offer this need."""
    if code in service.needs:
        return "exact"
    return "parent" if need_parent(code) in service.needs else None


def serves_area(place: Place, service: ServiceProfile, language: str) -> bool:
    """Whether this service is open to people in that place."""
    if service.country not in (place.country, ANYWHERE):
        return service.cross_border
    if not service.regions or not region(place):
        return True
    here = region(place)
    if here in service.regions:
        return True
    return here == "brussel" and any(IN_BRUSSELS.get(code) == language for code in service.regions)


def _verdicts(name: str, no: str, yes: str) -> tuple[Verdict, Verdict]:
    """Return the failed and the passed verdict of a filter that names no value, so `[passed]` picks one."""
    return Verdict(name, False, Sentence(no)), Verdict(name, True, Sentence(yes))


ACTIVE = _verdicts("active", "active.no", "active.yes")
AGREEMENT = _verdicts("agreement", "agreement.no", "agreement.yes")
TAKES = _verdicts("takes-referrals", "takes.no", "takes.yes")
NO_ADDRESS = Verdict("takes-referrals", False, Sentence("takes.no-address"))
DECLINED = _verdicts("declined", "declined.before", "declined.no")
OWN = _verdicts("own", "own.yes", "own.no")
ASKED = Verdict("declined", False, Sentence("declined.asked"))
NEVER_VERIFIED = Verdict("verified", False, Sentence("verified.never"))
ANY_AGE = Verdict("age", True, Sentence("age.any"))
ANY_STAGE = Verdict("stage", True, Sentence("stage.any"))
IN_AREA = {
    name: Verdict("area", name != "no", Sentence(f"area.{name}"))
    for name in ("home", "facility", "remote", "no")
}


def _active(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    return ACTIVE[service.active]


def _agreement(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    return AGREEMENT[service.agreement_signed is not None and service.agreement_signed <= today]


def _verified(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    if service.verified_on is None:
        return NEVER_VERIFIED
    return _verified_on(service.verified_on, today - service.verified_on <= VERIFIED_WITHIN)


# Verdicts with values are cached: matching against 76 services takes 1.3 ms, and 1.7 if each is built anew.
@lru_cache(maxsize=1000)
def _verified_on(day: date, fresh: bool) -> Verdict:
    return Verdict(
        "verified", fresh, Sentence("verified.yes" if fresh else "verified.old", {"date": str(day)})
    )


def _need(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    met = [code for code in request.needs if matched_need(code, service)]
    needs = {"needs": ";".join(met or request.needs)}
    return Verdict("need", bool(met), Sentence("need.yes" if met else "need.no", needs))


def _serves(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    served = request.help_for & service.there_for if service.serves else request.help_for
    if not served:
        return Verdict("serves", False, Sentence("serves.no", request.who))
    who = request.who if served == request.help_for else {"who": ";".join(sorted(served))}
    return Verdict("serves", True, Sentence("serves.yes", who))


def _age(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    if HelpFor.CHILD not in request.help_for or not request.age_bands:
        return ANY_AGE
    low = service.min_age if service.min_age is not None else 0
    high = service.max_age if service.max_age is not None else 120
    fits = any(band.years[0] <= high and low <= band.years[1] for band in request.age_bands)
    years = {"from": str(low), "to": str(high)}
    return Verdict("age", fits, Sentence("age.yes" if fits else "age.no", years))


def _stage(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    if request.stage is None or not service.stages:
        return ANY_STAGE
    fits = request.stage in service.stages
    return Verdict("stage", fits, Sentence("stage.yes" if fits else "stage.no", {"stage": request.stage}))


def _takes(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    if service.takes_referrals and not service.has_address:
        return NO_ADDRESS
    return TAKES[service.takes_referrals]


def _area(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    for name, place in request.areas:
        if serves_area(place, service, request.language):
            return IN_AREA[name]
    at_a_distance = request.remote is not Remote.NO and service.remote and service.country == request.country
    return IN_AREA["remote" if at_a_distance else "no"]


def _language(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    direct = request.language in service.languages
    how = "direct" if direct else "interpreter" if service.interpreter else "no"
    return _in_language(request.language, how)


@lru_cache(maxsize=1000)
def _in_language(language: str, how: str) -> Verdict:
    return Verdict("language", how != "no", Sentence(f"language.{how}", {"language": language}))


def _declined(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    return ASKED if service.id in history.asked else DECLINED[service.id not in history.declined]


def _own(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    """Whoever asks us for help elsewhere is not sent to their own organisation."""
    return OWN[request.own.isdisjoint(service.marks)]


def _full(request: RequestProfile, service: ServiceProfile, history: History, today: date) -> Verdict:
    return _with_load(history.of(service.id).open_load, service.capacity)


@lru_cache(maxsize=1000)
def _with_load(load: int, capacity: int | None) -> Verdict:
    full = capacity is not None and load >= capacity
    told = {"load": str(load), "capacity": "" if capacity is None else str(capacity)}
    return Verdict("full", not full, Sentence("full.yes" if full else "full.no", told))


CHECKS: tuple[Check, ...] = (
    _active,
    _agreement,
    _verified,
    _need,
    _serves,
    _age,
    _stage,
    _takes,
    _area,
    _language,
    _declined,
    _own,
    _full,
)
