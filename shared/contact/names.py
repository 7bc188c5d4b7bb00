"""Names of people: any script, on one line."""

from __future__ import annotations

import unicodedata

from shared.contact.problems import NameProblem

LONGEST = 120
# Signs that turn the direction of what follows: in a mail or on a page that would be our own words.
TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


def tidy_name(raw: str) -> str:
    """The name with single spaces. Raises NameProblem, also for line breaks, which could alter a mail.

    Invisible signs that turn the direction of text are left out.
    """
    text = unicodedata.normalize("NFC", raw).translate(TURNS).strip()
    if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in text):
        raise NameProblem("name-control")
    if not any(sign.isalnum() for sign in text):
        raise NameProblem("name-empty")
    if len(text) > LONGEST:
        raise NameProblem("name-long")
    return " ".join(text.split())
