"""The number of somebody who calls, as a telephone exchange writes it."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException

from shared.contact.phones import normalise_phone
from shared.contact.problems import PhoneProblem
from shared.countries import COUNTRIES, DEFAULT, of_number
from shared.crypto import blind_index

# What exchanges write where a caller hides their number, and what some write for it.
HIDDEN = frozenset({"", "anonymous", "anonym", "unknown", "unavailable", "private", "restricted", "withheld"})
# Twilio's ways to say anonymous, restricted, blocked, unknown and unavailable on a keyboard of a telephone.
KEYED = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
WITH_COUNTRY = re.compile(r"(?:31|32)\d{8,9}")
SIP = re.compile(r"^sips?:([^@;]+).*$", re.IGNORECASE)
LONGEST = 60


def number_of(raw: str | None, called: str | None = None) -> str | None:
    """Return who calls as E.164; None for somebody who hides it, or for what is no number that can be called.

    A number without its country is one of the country of the number that was `called`, else of the other.
    """
    text = SIP.sub(r"\1", (raw or "").strip())
    if text.lower() in HIDDEN or text in KEYED or len(text) > LONGEST:
        return None
    digits = re.sub(r"[\s./()-]", "", text)
    if WITH_COUNTRY.fullmatch(digits):
        text = f"+{digits}"
    home = _country_of(called)
    for country in (home, *(one for one in COUNTRIES if one != home)):
        try:
            return normalise_phone(text, country, mobile_needed=False)
        except PhoneProblem:
            continue
    return _from_abroad(text)


def is_mobile(number: str | None, country: str) -> bool:
    """Whether a text can go to this number."""
    try:
        normalise_phone(number or "", country, mobile_needed=True)
    except PhoneProblem:
        return False
    return True


def index_of(e164: str) -> bytes:
    """Return the fingerprint by which a caller's calls are found."""
    return blind_index("calls.number", e164)


def _country_of(called: str | None) -> str:
    """Return the country of the desk's own number."""
    digits = re.sub(r"\D", "", called or "")
    found = of_number(f"+{digits.removeprefix('00')}")
    return found.code if found else DEFAULT.code


def _from_abroad(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text.replace("00", "+", 1) if text.startswith("00") else text, None)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
