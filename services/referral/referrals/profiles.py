"""From what intake tells and what the directory holds to what the matching works with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.referral.directory.tables import Organisation, Service
from services.referral.matching import RequestProfile, ServiceProfile
from shared.geography import facility, find
from shared.vocabulary import AgeBand, HelpFor, Remote, Share, Stage, Urgency

WORKING_COUNTRIES = ("NL", "BE")
KEPT = (
    "reference",
    "audience",
    "helpFor",
    "needs",
    "stage",
    "childAgeBands",
    "country",
    "postcode",
    "language",
    "share",
    "hold",
    "urgency",
    "remote",
    "facility",
)


def kept(view: Mapping[str, Any]) -> dict[str, Any]:
    """What a referral keeps of a question: nothing by which anybody could be found."""
    return {name: view.get(name) for name in KEPT}


def request_profile(request_id: UUID, profile: Mapping[str, Any]) -> RequestProfile:
    place = facility(profile["facility"]) if profile.get("facility") else None
    return RequestProfile(
        id=request_id,
        country=profile["country"],
        needs=tuple(profile["needs"]),
        help_for=frozenset(HelpFor(one) for one in profile["helpFor"]),
        language=profile["language"],
        home=find(profile["country"], profile["postcode"]),
        facility=place.place if place else None,
        stage=Stage(profile["stage"]) if profile.get("stage") else None,
        age_bands=frozenset(AgeBand(one) for one in profile.get("childAgeBands") or []),
        urgency=Urgency(profile.get("urgency") or Urgency.NORMAL),
        remote=Remote(profile.get("remote") or Remote.YES),
        share=Share(profile["share"]),
        hold=bool(profile.get("hold")),
    )


def service_profile(service: Service, organisation: Organisation) -> ServiceProfile:
    return ServiceProfile(
        id=service.id,
        organisation=organisation.name,
        name=service.name,
        country=service.country,
        needs=frozenset(service.needs),
        serves=frozenset(service.serves),
        languages=frozenset(service.languages),
        regions=frozenset(service.regions),
        place=find(service.country, service.postcode) if service.postcode else None,
        stages=frozenset(service.stages),
        min_age=service.min_age,
        max_age=service.max_age,
        interpreter=service.interpreter,
        remote=service.remote,
        cross_border=service.cross_border,
        takes_referrals=service.takes_referrals,
        has_address=service.email is not None,
        active=service.active,
        agreement_signed=service.agreement_signed,
        verified_on=service.verified_on,
        capacity=service.capacity,
        waiting_days=service.waiting_days,
        website=organisation.website,
    )


def working_country(country: str, otherwise: str) -> str:
    """The country by whose clock and holidays a partner works; one that works everywhere has none."""
    return country if country in WORKING_COUNTRIES else otherwise


def partner_language(service: Service) -> str:
    """In which of our languages a partner is written to: Dutch before French where it works in both."""
    return next((code for code in ("nl", "fr", "en") if code in service.languages), "en")
