"""What can be wrong with a number, an address or a name: a code, and a sentence for each in a catalogue."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from shared import toml
from shared.languages import ELSEWHERE

TEXTS = Path(__file__).parent / "texts"


class ContactProblem(ValueError):
    """Carries a code and never the value itself, so that it may be logged."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PhoneProblem(ContactProblem):
    """`phone-empty`, `-characters`, `-short`, `-long`, `-unknown`, `-foreign`, `-landline` or `-service`."""


class AddressProblem(ContactProblem):
    """`email-empty`, `-control`, `-several`, `-at`, `-long`, `-local` or `-domain`."""


class NameProblem(ContactProblem):
    """`name-empty`, `-control` or `-long`."""


def sentence(code: str, language: str = ELSEWHERE) -> str:
    """What is wrong and what to do about it; English where the language has no catalogue."""
    return _catalogue(language if (TEXTS / f"{language}.toml").is_file() else ELSEWHERE)[code]


@cache
def _catalogue(language: str) -> dict[str, str]:
    return toml.flat(toml.read(TEXTS / f"{language}.toml"))
