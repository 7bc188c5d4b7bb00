"""What each step lets people choose from, in the language of the page: what fits this person comes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from services.intake.asking.answers import FOR_OTHERS, WHO, Answers
from services.intake.requests.options import options
from services.intake.requests.reaching import OFFERED_INSIDE
from shared.geography import facilities
from shared.geography.facilities import Facility
from shared.vocabulary import SAFETY, Audience, ContactChannel, HelpFor, Share, need_name, needs
from shared.web import pages

Choice = tuple[str, str]
# Prisons of one part of a country, under its name.
Group = tuple[str, Sequence[Choice]]
SMS, EMAIL, PHONE, LETTER, WORKER, NONE = ContactChannel
REACHED: Mapping[str, Sequence[ContactChannel]] = {
    Audience.CHILD: (NONE, SMS, EMAIL, PHONE, WORKER),
    Audience.PARENT_IN_DETENTION: OFFERED_INSIDE,
    Audience.CARER: (SMS, PHONE, EMAIL, LETTER, WORKER, NONE),
}
AT_WORK = (EMAIL, PHONE, SMS, NONE)
# Ways that few people need who are at home: these unfold.
SELDOM: Mapping[str, Sequence[str]] = {Audience.CHILD: (WORKER,), Audience.CARER: (LETTER, WORKER)}
# What people of an audience come for most; the others unfold.
FIRST: Mapping[str, Sequence[str]] = {
    Audience.CHILD: ("bezoek", "contact-op-afstand", "emotioneel", "lotgenoten", "school", SAFETY),
    Audience.PARENT_IN_DETENTION: ("ouderschap", "bezoek", "contact-op-afstand", "gezag-opvang", "terugkeer"),
    Audience.CARER: ("uitleg", "bezoek", "begeleiding-bezoek", "emotioneel", "geld", "school", SAFETY),
    Audience.SCHOOL: ("uitleg", "school", "emotioneel", "media", "lotgenoten", SAFETY),
    Audience.PROFESSIONAL: ("uitleg", "begeleiding-bezoek", "emotioneel", "ouderschap", "terugkeer", SAFETY),
    Audience.PRISON_STAFF: ("bezoek", "contact-op-afstand", "ouderschap", "moeder-kind", "terugkeer"),
}


def choices(given: Answers, language: str) -> Mapping[str, Sequence[tuple[str, ...]]]:
    """Return the choices of each field that has some."""
    first, more = _needs(given, language)
    ways, more_ways = _ways(given, language)
    all_ = options(language)
    return {
        **all_,
        "secret": _named("asking.secret", ("no", "yes"), language),
        "who": _named("asking.who", WHO, language),
        "for": _named("asking.for", FOR_OTHERS, language),
        "help_for": [one for one in all_["help_for"] if one[0] in _helped(given)],
        "share": _named("asking.share", _shares(given), language),
        "channel": ways,
        "more_ways": more_ways,
        "urgency": [(*one, "") for one in all_["urgency"]],
        "needs": first,
        "more_needs": more,
    }


def prisons(country: str, language: str) -> list[Group]:
    """Return the prisons of a country by province, those outside one under their region."""
    here = sorted(
        (one for one in facilities().values() if one.country == country),
        key=lambda one: (_part(one), one.called(language)),
    )
    return [
        (part, [(one.id, one.called(language)) for one in found]) for part, found in groupby(here, key=_part)
    ]


def _part(one: Facility) -> str:
    return one.province or one.region


def _shares(given: Answers) -> Sequence[str]:
    """Whoever asks in their work most often wants advice; whoever asks for themselves, somebody who helps."""
    return (Share.NO, Share.YES, Share.ASK_FIRST) if given.at_work else (Share.YES, Share.NO, Share.ASK_FIRST)


def _helped(given: Answers) -> Sequence[HelpFor]:
    """Only who asks in their work may ask for help in it."""
    return tuple(one for one in HelpFor if given.at_work or one is not HelpFor.PROFESSIONAL)


def _needs(given: Answers, language: str) -> tuple[list[Choice], list[Choice]]:
    first = FIRST.get(given.audience) or tuple(needs())
    more = [code for code in needs() if code not in first]
    return _all(first, language), _all(more, language)


def _all(codes: Iterable[str], language: str) -> list[Choice]:
    return [(code, need_name(code, language)) for code in codes]


def _ways(given: Answers, language: str) -> tuple[list[Choice], list[Choice]]:
    """Return the ways to reach this person that most use, and the others."""
    seldom = () if given.for_somebody_else else SELDOM.get(given.audience, ())
    named = [(code, _channel(given, code, language)) for code in _channels(given)]
    return [one for one in named if one[0] not in seldom], [one for one in named if one[0] in seldom]


def _channels(given: Answers) -> Sequence[str]:
    """Return the ways that reach this person; whoever must stay unseen first reads that nothing comes."""
    offered = list(REACHED.get(given.audience, AT_WORK))
    if given.for_somebody_else and WORKER in offered:
        offered.sort(key=lambda one: one is not WORKER)
    if given.is_secret:
        offered.sort(key=lambda one: one is not NONE)
    return offered


def _channel(given: Answers, code: str, language: str) -> str:
    own = "asking.through-me" if code == WORKER and given.for_somebody_else else f"asking.channel-{code}"
    return _text(own, language)


def _named(kind: str, codes: Iterable[str], language: str) -> list[Choice]:
    return [(code, _text(f"{kind}-{code}", language)) for code in codes]


def _text(key: str, language: str) -> str:
    return pages.texts().text(language, key)
