"""What makes us look at a form from the public site before anything is done with it.

Nothing here refuses anybody: every form is counted and taken in, and one that stands out waits for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from services.intake.requests.tables import Doubt
from shared import ceilings
from shared.crypto import blind_index
from shared.web.origin import networks

HOUR, MINUTE = 3_600, 60
# Forms an hour from one address (or household, for IPv6) and from each network around it, and from everybody.
# A school has one address: forty pupils in an hour are not refused, a person reads some of their questions.
FROM_ONE_PLACE = (30, 60, 120)
ALL_FORMS = 200
# Forms about safety an hour from one place and the networks around it: above that each still comes on top of
# the desk's list, but together in one line.
HELD_FROM_ONE_PLACE = (5, 10, 20)
# Forms a minute from one address: as fast as a class can press, and slower than a program.
AT_ONCE = 10
OLD = timedelta(hours=12)


@dataclass(frozen=True)
class Counts:
    """The forms of this hour by origin and the networks around it, of this minute, and of everybody.

    `held`: those about safety of this hour, by origin and network, where this is one.
    """

    places: Sequence[int] = ()
    held: Sequence[int] = ()
    minute: int = 0
    everybody: int = 0


def count(session: Session, origin: str, at: datetime, *, held: bool = False) -> Counts:
    """Count one more form. An origin that is unknown is nobody's, so only the count of all forms grows."""
    around = [_index(place) for place in networks(origin)]
    places = [f"form-origin:{place}" for place in around]
    about_safety = [f"held-origin:{place}" for place in around] if held else []
    minute = [f"form-minute:{around[0]}"] if around else []
    hours = dict.fromkeys((*places, *about_safety, "form-all"), HOUR)
    number = ceilings.add_each(session, dict.fromkeys(minute, MINUTE) | hours, at)
    return Counts(
        [number[place] for place in places],
        [number[place] for place in about_safety],
        sum(number[one] for one in minute),
        number["form-all"],
    )


def doubt_about(counts: Counts, *, made_at: datetime | None, twice: bool, at: datetime) -> Doubt | None:
    """Return why a person reads this form first, or None.

    `made_at` is when its page was made, where that is known; `twice`: the same page was sent before with
    other content.
    """
    if crowd := _crowd(counts):
        return crowd
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


def _crowd(counts: Counts) -> Doubt | None:
    if _above(counts.places, FROM_ONE_PLACE):
        return Doubt.MANY_FROM_ONE_PLACE
    return Doubt.FAST_FROM_ONE_PLACE if counts.minute > AT_ONCE else None


def _above(numbers: Sequence[int], limits: Sequence[int]) -> bool:
    return any(number > limit for number, limit in zip(numbers, limits, strict=False))


def together_with(doubt: Doubt, origin: str) -> str:
    """Return what this form has in common with others that a person may deal with at once."""
    around = networks(origin)
    by_place = doubt in (Doubt.MANY_FROM_ONE_PLACE, Doubt.FAST_FROM_ONE_PLACE) and around
    return f"{doubt}.{_index(around[-1])[:16]}" if by_place else str(doubt)


def _index(place: str) -> str:
    return blind_index("origin", place).hex()
