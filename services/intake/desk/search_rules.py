"""What somebody means who seeks a person: a reference, numbers, addresses, a name. No session, no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from services.intake.calls.numbers import number_of
from services.intake.requests.references import tidy_reference
from shared.contact.addresses import normalise_email
from shared.contact.phones import normalise_phone
from shared.contact.problems import ContactProblem
from shared.contact.text import CONTROL, pasted
from shared.countries import COUNTRIES
from shared.finding import words_sought

# Longer than any name, number or address.
LONGEST = 300
SCHEME = re.compile(r"\b(?:tel|mailto|sips?):\s*", re.IGNORECASE)
NUMBER = re.compile(r"\+?\(?\d[\d\s().\-/]{4,}\d")
REFERENCE = re.compile(r"\bWZ[\s-]*\w{4}[\s-]*\w{4}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Sought:
    """What was understood, in normal forms. `tried`: the ways in which it is sought, in codes."""

    references: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    tried: tuple[str, ...] = field(default=())

    @property
    def is_nothing(self) -> bool:
        return not (self.references or self.phones or self.emails or self.words)

    @property
    def number(self) -> int:
        """How many things are sought; a name is one, however many words it has."""
        return len(self.references) + len(self.phones) + len(self.emails) + bool(self.words)

    @property
    def kinds(self) -> list[str]:
        """What is noted of a search: what kind of thing was sought, never what."""
        ways = {"reference": self.references, "phone": self.phones, "email": self.emails, "name": self.words}
        return [way for way, sought in ways.items() if sought]


def sought(written: str) -> Sought:
    """Return what is meant by what was typed or pasted, in any notation.

    A number that both countries have is sought in both. What is left between numbers and addresses is a name.
    """
    text = SCHEME.sub(" ", pasted(CONTROL.sub(" ", written)))
    references, left = _references(text)
    addresses = [word for word in left.split() if "@" in word]
    left = " ".join(word for word in left.split() if "@" not in word)
    phones = {one: None for found in NUMBER.findall(left) for one in numbers(found)}
    words = [word for word in words_sought(NUMBER.sub(" ", left)) if not word.isdigit()]
    emails = [found for one in addresses if (found := _email(one))]
    return Sought(
        tuple(references),
        tuple(phones),
        tuple(dict.fromkeys(emails)),
        tuple(words),
        _tried(references, list(phones), emails, words),
    )


def _references(text: str) -> tuple[list[str], str]:
    """Return the references in a text, and the text without those that can be nothing else."""
    whole = tidy_reference(text)
    if whole:
        return [whole], "" if text.upper().startswith("WZ") else text
    found = [one for match in REFERENCE.findall(text) if (one := tidy_reference(match))]
    return found, REFERENCE.sub(" ", text) if found else text


def numbers(written: str) -> list[str]:
    """Return the numbers that this can be, as E.164: those of both countries, or one from abroad."""
    found = []
    for country in COUNTRIES:
        try:
            found.append(normalise_phone(written, country, mobile_needed=False))
        except ContactProblem:
            continue
    other = None if found else number_of(written)
    return list(dict.fromkeys([*found, *([other] if other else [])]))


def _email(written: str) -> str | None:
    try:
        return normalise_email(written.strip("<>,;\"'()[]"))
    except ContactProblem:
        return None


def _tried(references: list[str], phones: list[str], emails: list[str], words: list[str]) -> tuple[str, ...]:
    countries = [
        f"phone-{country.lower()}"
        for country, code in (("NL", "+31"), ("BE", "+32"))
        if any(one.startswith(code) for one in phones)
    ]
    abroad = any(not one.startswith(("+31", "+32")) for one in phones)
    return (
        *(["reference"] if references else []),
        *countries,
        *(["phone-abroad"] if abroad else []),
        *(["email"] if emails else []),
        *(["name"] if words else []),
    )
