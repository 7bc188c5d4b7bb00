"""What makes us look at a form from the public site before anything is done with it.

Nothing here refuses anybody: every form is counted and taken in, and one that stands out waits for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from services.intake.requests.mail_providers import FOR_EVERYBODY
from services.intake.requests.tables import Doubt
from shared import ceilings
from shared.crypto import blind_index
from shared.web.origin import networks

DAY, HOUR, MINUTE = 86_400, 3_600, 60
# Forms an hour from one address (or household, for IPv6) and from each network around it, and from everybody.
# A school has one address: forty pupils in an hour are not refused, a person reads some of their questions.
FROM_ONE_PLACE = (30, 60, 120)
# The same of a day: who sends a few every hour would use up the texts that ask people whose a number is.
ALL_DAY_FROM_ONE_PLACE = (60, 120, 240)
ALL_FORMS = 200
# Forms about safety an hour from one place and the networks around it: above that each still comes on top of
# the desk's list, but together in one line.
HELD_FROM_ONE_PLACE = (5, 10, 20)
# Forms a day with addresses of one domain. Who has a domain has as many addresses as they like, and can
# answer from each; at a provider for everybody people have a few.
FROM_ONE_DOMAIN = 5
# Forms a minute from one address: as fast as a class can press, and slower than a program.
AT_ONCE = 10
OLD = timedelta(hours=12)


@dataclass(frozen=True)
class Counts:
    """The forms of late by origin and networks, by the minute, by domain of the address, and of everybody.

    Of everybody's only those that do not stand out by the others: else one stranger could make all wait.
    `held`: those about safety of this hour, by origin and network, where this is one.
    """

    places: Sequence[int] = ()
    all_day: Sequence[int] = ()
    held: Sequence[int] = ()
    minute: int = 0
    domain: int = 0
    everybody: int = 0


def count(session: Session, origin: str, address: str | None, at: datetime, *, held: bool = False) -> Counts:
    """Count one more form, with the address to which we are to write, if any.

    An origin that is unknown is nobody's.
    """
    around = [_index(place) for place in networks(origin)]
    places, all_day = [f"form-origin:{one}" for one in around], [f"form-day:{one}" for one in around]
    about_safety = [f"held-origin:{one}" for one in around] if held else []
    minute = [f"form-minute:{_index(origin)}"] if around else []
    domain = [f"form-domain:{blind_index('domain', one).hex()}" for one in _own_domain(address)]
    windows = dict.fromkeys(minute, MINUTE) | dict.fromkeys((*places, *about_safety), HOUR)
    number = ceilings.add_each(session, windows | dict.fromkeys([*all_day, *domain], DAY), at)
    here = Counts(
        [number[place] for place in places],
        [number[place] for place in all_day],
        [number[place] for place in about_safety],
        sum(number[one] for one in minute),
        sum(number[one] for one in domain),
    )
    if _stands_out(here) is not None:
        return here
    return replace(here, everybody=ceilings.add(session, "form-all", HOUR, 1, at))


def doubt_about(counts: Counts, *, made_at: datetime | None, twice: bool, at: datetime) -> Doubt | None:
    """Return why a person reads this form first, or None.

    `made_at` is when its page was made, where that is known; `twice`: the same page was sent before with
    other content.
    """
    by_count = _stands_out(counts)
    if by_count is not None:
        return by_count
    if counts.everybody > ALL_FORMS:
        return Doubt.MANY_FORMS
    if twice:
        return Doubt.FORM_SENT_TWICE
    return Doubt.OLD_FORM if made_at is not None and at - made_at > OLD else None


def crowd_of_held(counts: Counts) -> Doubt | None:
    """Return what a form about safety has in common with too many others from its place, or None.

    It is doubted for nothing else: where its origin does not stand out, it stands alone on the desk's list.
    """
    return Doubt.MANY_FROM_ONE_PLACE if _above(counts.held, HELD_FROM_ONE_PLACE) else _crowd(counts)


def _stands_out(counts: Counts) -> Doubt | None:
    """Return what stands out about where a form came from, or None."""
    by_domain = Doubt.MANY_FOR_ONE_CONTACT if counts.domain > FROM_ONE_DOMAIN else None
    return _crowd(counts) or by_domain


def _crowd(counts: Counts) -> Doubt | None:
    if _above(counts.places, FROM_ONE_PLACE) or _above(counts.all_day, ALL_DAY_FROM_ONE_PLACE):
        return Doubt.MANY_FROM_ONE_PLACE
    return Doubt.FAST_FROM_ONE_PLACE if counts.minute > AT_ONCE else None


def _above(numbers: Sequence[int], limits: Sequence[int]) -> bool:
    return any(number > limit for number, limit in zip(numbers, limits, strict=False))


def _own_domain(address: str | None) -> list[str]:
    """Return the domain of an address without what stands before it, unless it is one for everybody."""
    domain = ".".join((address or "").rpartition("@")[2].split(".")[-2:])
    return [domain] if domain and domain not in FOR_EVERYBODY else []


def together_with(doubt: Doubt, origin: str) -> str:
    """Return what this form has in common with others that a person may deal with at once."""
    around = networks(origin)
    by_place = doubt in (Doubt.MANY_FROM_ONE_PLACE, Doubt.FAST_FROM_ONE_PLACE) and around
    return f"{doubt}.{_index(around[-1])[:16]}" if by_place else str(doubt)


def _index(place: str) -> str:
    return blind_index("origin", place).hex()
