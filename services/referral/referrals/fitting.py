"""Services that fit what a page of guidance is about, by the rules by which questions are matched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlmodel import Session

from services.referral.directory.queries import services_by_id
from services.referral.directory.rules import local_day
from services.referral.directory.tables import Organisation, Service
from services.referral.matching import History, RequestProfile, ServiceProfile
from services.referral.matching import score as scoring
from services.referral.matching.explaining import say
from services.referral.matching.filters import judge
from services.referral.matching.score import Part
from services.referral.referrals.known import services_now
from shared.countries import COUNTRIES
from shared.events.fitting import AT_MOST, CALLERS, PATH, AskFitting, Fitting, ServiceFitting
from shared.languages import LANGUAGES
from shared.security.access import only
from shared.vocabulary import is_need
from shared.web.dependencies import Now, SessionDep
from shared.web.languages import preferred

router = APIRouter(include_in_schema=False, dependencies=[Depends(only(*CALLERS))])
NOBODY = UUID(int=0)
# Where nobody is, no place is near. Whom a helpline's agreement is with matters to us, not to who calls it.
NOT_ASKED = frozenset({"area", "takes-referrals"})
FOR_REFERRALS = frozenset({"agreement"})
Fits = tuple[ServiceProfile, list[Part]]


@router.post(PATH)
def fitting(asked: AskFitting, session: SessionDep, now: Now) -> Fitting:
    """Return the services of each country that fit best, with why; none where nothing is asked."""
    known = [code for code in asked.needs if is_need(code)]
    found = [
        one
        for country in asked.countries
        if country in COUNTRIES and known
        for one in _best(session, _profile(asked, country, known), asked.stages, now)
    ]
    rows = services_by_id(session, [service.id for service, _ in found])
    reader = preferred(asked.reader)
    return Fitting(items=tuple(_out(*rows[one.id], parts, reader) for one, parts in found if one.id in rows))


def _profile(asked: AskFitting, country: str, needs: Sequence[str]) -> RequestProfile:
    """Return a question as somebody who reads the page could ask it."""
    return RequestProfile(
        id=NOBODY,
        country=country,
        needs=tuple(needs),
        help_for=frozenset(asked.help_for),
        language=asked.language,
        home=None,
        stage=asked.stages[0] if len(asked.stages) == 1 else None,
    )


def _best(session: Session, profile: RequestProfile, stages: Sequence[str], now: datetime) -> list[Fits]:
    today = local_day(now, profile.country)
    fits = [
        (service, list(_parts(profile, service)))
        for service in services_now(session)
        if not (_failed(profile, service, today) - _waived(service)) and _is_there(profile, service, stages)
    ]
    return sorted(fits, key=lambda one: (-sum(part.points for part in one[1]), one[0].organisation))[:AT_MOST]


def _failed(profile: RequestProfile, service: ServiceProfile, today: date) -> set[str]:
    return {one.filter for one in judge(profile, service, History(), today) if not one.passed}


def _waived(service: ServiceProfile) -> frozenset[str]:
    return NOT_ASKED if service.takes_referrals else NOT_ASKED | FOR_REFERRALS


def _is_there(profile: RequestProfile, service: ServiceProfile, stages: Sequence[str]) -> bool:
    """Whether it is in the country, in a part where the language is spoken, and in one of the stages."""
    if service.country != profile.country and not service.cross_border:
        return False
    row = LANGUAGES.get(profile.language)
    spoken = (row.regions if row else None) or service.regions
    here = not service.regions or service.remote or bool(service.regions & spoken)
    return here and (not stages or not service.stages or bool(service.stages & {*stages}))


def _parts(profile: RequestProfile, service: ServiceProfile) -> Iterator[Part]:
    """Yield the parts of the score that hold for everybody who reads the page."""
    yield scoring.need(profile, service)
    if service.serves:
        yield scoring.audience(profile, service)
    if service.stages and profile.stage:
        yield scoring.stage(profile, service)
    yield scoring.language(profile, service)


def _out(service: Service, organisation: Organisation, parts: Sequence[Part], reader: str) -> ServiceFitting:
    return ServiceFitting(
        id=service.id,
        name=service.name,
        organisation=organisation.name,
        country=service.country,
        website=f"https://{organisation.website}" if organisation.website else None,
        phone=service.phone,
        takes_referrals=service.takes_referrals,
        sample=organisation.sample,
        why=tuple(say(part.to_json(), reader) for part in parts),
    )
