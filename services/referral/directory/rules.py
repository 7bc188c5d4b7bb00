from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.referral.directory.tables import Service
from shared.countries import zone


def local_day(moment: datetime, country: str) -> date:
    """Return the date of `moment` in the country; agreements and verifications count in such days."""
    return moment.astimezone(ZoneInfo(zone(country))).date()


def is_partner(service: Service, today: date) -> bool:
    """Whether this service may learn who asks for help: active, with a signed agreement."""
    return service.active and service.agreement_signed is not None and service.agreement_signed <= today


def can_be_asked(service: Service, today: date) -> bool:
    """Whether this is a partner with an address that offers can go to."""
    return is_partner(service, today) and service.email is not None
