from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.referral.directory.tables import Service
from shared.countries import zone


def local_day(moment: datetime, country: str) -> date:
    """Agreements and verifications go by days, and a day begins by the clock of its country."""
    return moment.astimezone(ZoneInfo(zone(country))).date()


def is_partner(service: Service, today: date) -> bool:
    """Whether it may know of anybody: active, with an agreement that is signed."""
    return service.active and service.agreement_signed is not None and service.agreement_signed <= today


def can_be_asked(service: Service, today: date) -> bool:
    """A partner with an address for offers."""
    return is_partner(service, today) and service.email is not None
