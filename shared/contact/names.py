"""Names of people: any script, on one line."""

from __future__ import annotations

import unicodedata

from shared.contact.problems import NameProblem
from shared.contact.text import TURNS

LONGEST = 120
# With spaces around it. Longer text is not looked at: to order its marks can take the square of its length.
LONGEST_TYPED = 1_000


def tidy_name(raw: str) -> str:
    """Return the name with single spaces. Raises NameProblem, also for line breaks, which could alter a mail.

    Invisible signs that turn the direction of text are left out.
    """
    if len(raw) > LONGEST_TYPED:
        raise NameProblem("name-long")
    text = unicodedata.normalize("NFC", raw).translate(TURNS).strip()
    if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in text):
        raise NameProblem("name-control")
    if not any(sign.isalnum() for sign in text):
        raise NameProblem("name-empty")
    if len(text) > LONGEST:
        raise NameProblem("name-long")
    return " ".join(text.split())
