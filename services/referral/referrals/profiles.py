"""Turn what intake tells and what the directory holds into the input of the matching. Pure."""

from __future__ import annotations

from uuid import UUID

from services.referral.directory.tables import Organisation, Service
from services.referral.matching import RequestProfile, ServiceProfile
from shared.contact.organisations import marks
from shared.countries import COUNTRIES
from shared.events.details import AboutRequest
from shared.geography import facility, find, home_language
from shared.languages import FOR_PAGES


def request_profile(request_id: UUID, about: AboutRequest) -> RequestProfile:
    detention = facility(about.facility) if about.facility else None
    return RequestProfile(
        id=request_id,
        country=about.country,
        needs=about.needs,
        help_for=frozenset(about.help_for),
        language=about.language,
        home=find(about.country, about.postcode),
        facility=detention.place if detention else None,
        stage=about.stage,
        age_bands=frozenset(about.child_age_bands),
        urgency=about.urgency,
        remote=about.remote,
        share=about.share,
        hold=about.hold,
        own=frozenset(about.own),
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
        marks=frozenset(marks(organisation.key, organisation.name)),
    )


def working_country(country: str, otherwise: str) -> str:
    """Return the country whose clock and holidays a partner keeps; `otherwise` if it works everywhere."""
    return country if country in COUNTRIES else otherwise


def partner_language(service: Service) -> str:
    """Return the language to write to a partner in: the first of ours that it works in, or its place's."""
    return next((code for code in FOR_PAGES if code in service.languages), _home_language(service))


def _home_language(service: Service) -> str:
    if service.regions and {*service.regions} <= {"wallonie", "brussel"}:
        return "fr"
    return home_language(service.country, service.postcode or "")
