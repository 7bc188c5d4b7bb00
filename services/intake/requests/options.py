"""The choices that the form offers, in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from services.intake.requests.reaching import OFFERED_INSIDE
from shared.countries import COUNTRIES
from shared.geography import facilities
from shared.languages import ROWS, weekday
from shared.vocabulary import (
    AgeBand,
    Audience,
    ContactChannel,
    HelpFor,
    Remote,
    Share,
    Stage,
    Urgency,
    Weekday,
    need_name,
    needs,
)
from shared.web import pages

# A code, its words, and (in lists that unfold) attributes of the option.
Options = Sequence[tuple[str, ...]]
SELECTS = frozenset({"stage", "facility", "language"})


def options(language: str, audience: str = "") -> Mapping[str, Options]:
    """Return the choices of each field; somebody in detention is offered what reaches them."""
    choices = {
        name: choices if name in SELECTS else [choice[:2] for choice in choices]
        for name, choices in _all(language).items()
    }
    if audience == Audience.PARENT_IN_DETENTION:
        choices["channel"] = [(code, _text(f"channel.{code}", language)) for code in OFFERED_INSIDE]
    return choices


def _all(language: str) -> Mapping[str, Options]:
    return {
        "audience": _named("audience", Audience, language),
        "help_for": _named("help-for", HelpFor, language),
        "needs": [(code, need_name(code, language)) for code in needs()],
        "ages": _named("age", AgeBand, language),
        "stage": [("", _text("stage.unknown", language), ""), *_named("stage", Stage, language)],
        "country": _named("country", COUNTRIES, language),
        "facility": [("", _text("facility.none", language), ""), *_facilities(language)],
        "language": [(one.code, one.name, f'lang="{one.code}" dir="{one.direction}"') for one in ROWS],
        "remote": _named("remote", Remote, language),
        "urgency": _named("urgency", Urgency, language),
        "channel": _named("channel", ContactChannel, language),
        "minor": _named("minor", ("yes", "no"), language),
        "days": [(day, weekday(day.number, language), "") for day in Weekday],
        "share": _named("share", Share, language),
    }


def _named(kind: str, codes: Iterable[str], language: str) -> list[tuple[str, ...]]:
    return [(code, _text(f"{kind}.{code}", language), "") for code in codes]


def _facilities(language: str) -> list[tuple[str, ...]]:
    named = [(one.id, one.called(language), "") for one in facilities().values()]
    return sorted(named, key=lambda one: one[1])


def _text(key: str, language: str) -> str:
    return pages.texts().text(language, key)
