"""What a family's own page shows of a registration to be changed, and what it makes of the change. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from services.notify.families.answers import (
    BANDS,
    BY_PHONE,
    EMAIL,
    LETTER,
    NO,
    YES,
    Answers,
)
from services.notify.visits.commands import Amendment
from services.notify.visits.rules import UNKNOWN_AGE
from services.notify.visits.tables import FamilyChannel, Registration, VisitDay

REACH = ("phone", "email", "address")


def filled(one: Registration, visit: VisitDay) -> Answers:
    """Return a registration as its family would fill it in."""
    ages = {name: str(one.child_age_bands.count(str(band)) or "") for name, band in BANDS.items()}
    return Answers(
        name=one.name,
        adults=str(one.adults),
        companions=one.companions or "",
        first_visit=YES if one.first_visit else NO,
        papers_until=one.papers_until.isoformat() if one.papers_until else "",
        special_needs=one.special_needs or "",
        escort=YES if one.escort_wanted else NO,
        channel=LETTER if one.channel is FamilyChannel.NONE and one.address else str(one.channel),
        phone=one.phone or "",
        email=one.email or "",
        address=one.address or "",
        minor=YES if one.minors_own_phone else NO,
        language=one.language,
        country=visit.country,
        done=["children"],
        **ages,
    )


def without_reach(shown: Answers) -> Answers:
    """Return them without number and address: a page that somebody else opens does not give them away."""
    return shown.model_copy(update=dict.fromkeys(REACH, ""))


def changed(before: Answers, posted: Answers, fields: Collection[str], language: str) -> Answers:
    """Return what is to be from now on. A number or address that was left empty stays as it is."""
    new = {name: getattr(posted, name) for name in fields}
    kept = {name: getattr(before, name) for name in REACH if name in new and not new[name]}
    new |= kept
    new["language"] = new.get("language") or before.language or language
    return before.model_copy(update=new)


def reach(shown: Answers, one: Registration) -> Amendment:
    """Return the change of how the family is reached; of the language alone where nothing else changed."""
    wanted = shown.reach()
    same = wanted.channel is one.channel and (wanted.address or "") == (one.address or "")
    if same and wanted.phone in (None, one.phone) and wanted.email in (None, one.email):
        return Amendment(language=wanted.language)
    return replace(wanted, language=wanted.language)


def reached(one: Registration) -> str:
    """Return the end of the number, or the begin of the address, by which its owner knows it again."""
    if one.channel in BY_PHONE and one.phone:
        return f"… {one.phone[-3:]}"
    if one.channel == EMAIL and one.email:
        name, _, domain = one.email.partition("@")
        return f"{name[:1]}…@{domain}"
    return ""


def counted_ages(ages: Sequence[str]) -> list[tuple[str, int]]:
    """Return how many children of which age, the youngest first; of some nobody said how old they are."""
    known = [(str(band), ages.count(str(band))) for band in BANDS.values()]
    others = len(ages) - sum(number for _, number in known)
    return [(band, number) for band, number in known if number] + ([(UNKNOWN_AGE, others)] if others else [])
