"""By what a person is found: keyed fingerprints of a number, an address, and each word of a name.

A fingerprint leads to a row only for who has the key, which is not in the database; each service has others.
They are kept in the row itself, in no order, so that they go with the person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from shared.crypto import blind_index

# As many words of a name as are kept; nobody is sought by more.
MOST_WORDS = 12
# Words that people leave out, or write where others do not.
PARTICLES = frozenset(
    """
    van de den der het ter ten te in op t s la le les du des von zu da do dos di della vanden vander vande
    el al ben bin bint ibn bou abu
    """.split()  # noqa: SIM905
)
# The same before a name without a space between them, as in Belgium: Vandenberghe, Desmet.
WRITTEN_ON = re.compile(r"(?:vanden|vander|vande|van|de)(?=\w{4})")
# Letters that are no other letter with a mark to Unicode, as people write them on another keyboard.
PLAINER = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"})
BYTES = 8


def marks_of(name: str | None, phone: str | None, email: str | None) -> list[int]:
    """Return the fingerprints by which somebody is found, given in their normal forms."""
    words = of_words(words_of(name)) if name else []
    found = {*words, *([of_phone(phone)] if phone else []), *([of_email(email)] if email else [])}
    return sorted(found)


def of_phone(e164: str) -> int:
    return _mark("phone", e164)


def of_email(address: str) -> int:
    return _mark("email", address)


def of_words(words: Iterable[str]) -> list[int]:
    return [_mark("name", word) for word in words]


def words_of(name: str) -> list[str]:
    """Return the words of a name by which it is found: without marks, capitals and particles.

    A word that stands first is never taken for a particle: Ben Jansen is found by Ben.
    """
    words = _words(name)
    return _once([*words[:1], *(one for one in words[1:] if one not in PARTICLES)])


def words_sought(written: str) -> list[str]:
    """Return the words that a name must have to be found; particles count only where nothing else is left."""
    words = _words(written)
    return _once([one for one in words if one not in PARTICLES] or words)


def _words(name: str) -> list[str]:
    """Return the words in the form in which they are compared: Kuijpers is Kuypers, Vandenberghe Berghe."""
    apart = unicodedata.normalize("NFKD", name.casefold()).translate(PLAINER)
    letters = "".join(_letter(sign) for sign in apart)
    return [WRITTEN_ON.sub("", word, count=1).replace("ij", "y") for word in letters.split()]


def _letter(sign: str) -> str:
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return ""
    return sign if sign.isalnum() else " "


def _once(words: Collection[str]) -> list[str]:
    return list(dict.fromkeys(words))[:MOST_WORDS]


def _mark(kind: str, value: str) -> int:
    """Return 64 bits of the fingerprint, as a column keeps them."""
    return int.from_bytes(blind_index(f"found.{kind}", value)[:BYTES], "big", signed=True)
