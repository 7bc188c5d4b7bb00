"""The answers once more, before they are sent: what was chosen, in words, and where it can be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from services.intake.asking.answers import Answers
from services.intake.asking.choices import choices, prisons
from services.intake.asking.steps import there
from services.intake.guidance.rules import names_danger
from shared.vocabulary import ContactChannel, Urgency
from shared.web import pages
from shared.web.steps import Step

# Where a field takes its words from, if not from choices of its own name.
CHOSEN_FROM = {"audience": "for", "child_age_bands": "ages", "minors_own_phone": "minor", "safe_days": "days"}
UNLESS_SAID = {"urgency": Urgency.NORMAL, "remote": "yes"}
# Returns a text of the steps as it is said to whoever asks.
Say = Callable[[str], str]
TICKS = frozenset({"danger", "voicemail"})


@dataclass(frozen=True)
class Row:
    """One answer, and the step where it can be changed. `own_words`: it stands there as it was typed."""

    step: str
    label: str
    value: str
    own_words: bool = False


def answered(given: Answers, language: str, say: Say) -> list[tuple[str, Sequence[Row]]]:
    """Return what is to be sent, step by step: what is asked together is changed together."""
    return [(step, list(found)) for step, found in groupby(rows(given, language, say), lambda one: one.step)]


def rows(given: Answers, language: str, say: Say) -> list[Row]:
    """Return what is to be sent, in the order of the steps."""
    shown = given.model_copy(update={"language": given.language or language} | _unless_said(given))
    words = _words(shown, language)
    return [row for step in there(shown) for row in _rows(shown, step, words, language, say)]


def _unless_said(given: Answers) -> dict[str, str]:
    return {name: value for name, value in UNLESS_SAID.items() if not getattr(given, name)}


def _words(given: Answers, language: str) -> Mapping[str, Mapping[str, str]]:
    offered = {name: {one[0]: one[1] for one in all_} for name, all_ in choices(given, language).items()}
    offered["needs"] = offered["needs"] | offered["more_needs"]
    offered["channel"] = offered["channel"] | offered["more_ways"]
    here = {id: name for _, found in prisons(given.country, language) for id, name in found}
    return offered | {"facility": here}


def _rows(
    given: Answers, step: Step[Answers], words: Mapping[str, Mapping[str, str]], language: str, say: Say
) -> Iterator[Row]:
    names = step.fields(given)
    for name in names:
        known = words.get(CHOSEN_FROM.get(name, name), {})
        value = _value(name, getattr(given, name), known, language)
        if value:
            label = say(f"answer-{name}" if len(names) > 1 else f"{step.code}-short")
            yield Row(step.code, label, value, name not in TICKS and not known)


def _value(name: str, given: Any, words: Mapping[str, str], language: str) -> str:
    if name in TICKS:
        return _text("minor.yes", language) if given else ""
    if isinstance(given, list):
        return ", ".join(words.get(one, one) for one in given)
    return words.get(given, given) if given else ""


def who_sees(given: Answers) -> list[str]:
    """Return the keys of what is true of who will see it and of where something is sent."""
    held = names_danger(given.needs, given.danger)
    seen = ["sees-held"] if held else []
    channel = given.channel or ContactChannel.NONE
    return [*seen, f"sees-{given.share}", f"goes-{channel}"]


def _text(key: str, language: str) -> str:
    return pages.texts().text(language, key)
