"""The answers once more, before they are sent: what was chosen, in words, and where it can be changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.notify.families.answers import BANDS, CHANNELS, NO, YES, Answers, day
from services.notify.families.steps import WAY
from shared.languages import FOR_FAMILIES, LANGUAGES
from shared.web import pages

# A code and its word, and with which attributes that stands there.
Choice = tuple[str, ...]
# Where a field takes its words from.
CHOSEN_FROM = {"first_visit": "yes", "escort": "yes", "minor": "yes"}


@dataclass(frozen=True)
class Row:
    """One answer, and the step where it can be changed. `own_words`: it stands there as it was typed."""

    step: str
    label: str
    value: str
    own_words: bool


def choices(language: str) -> Mapping[str, Sequence[Choice]]:
    """Return what each field lets a family choose from."""

    def named(kind: str, codes: Sequence[str]) -> list[Choice]:
        return [(code, pages.texts().text(language, f"days.{kind}-{code}")) for code in codes]

    return {
        "yes": named("say", (YES, NO)),
        "channel": named("channel", [str(one) for one in CHANNELS]),
        "language": [(code, LANGUAGES[code].name.capitalize(), f'lang="{code}"') for code in FOR_FAMILIES],
    }


def rows(given: Answers, language: str) -> list[Row]:
    """Return what is to be sent, in the order of the steps."""
    shown = given.model_copy(update={"language": given.language or language})
    return [row for step in WAY.there(shown) for row in _rows(shown, step.code, language)]


def _rows(given: Answers, code: str, language: str) -> Iterator[Row]:
    offered = choices(language)
    for name in WAY.by_code[code].fields(given):
        known = {one[0]: one[1] for one in offered.get(CHOSEN_FROM.get(name, name), ())}
        typed = getattr(given, name)
        if name in BANDS and typed in ("", "0"):
            continue
        if typed:
            yield Row(
                code, label(name, language), known.get(typed) or _said(name, typed, language), not known
            )


def _said(name: str, typed: str, language: str) -> str:
    found = day(typed) if name == "papers_until" else None
    return pages.local_day(found, language) if found else typed


def label(name: str, language: str) -> str:
    band = BANDS.get(name)
    text = pages.texts().text
    return text(language, "days.years", band=str(band)) if band else text(language, f"days.answer-{name}")
