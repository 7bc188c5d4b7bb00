"""What a password has to be, and how it is recognised without being kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# NIST SP 800-63B-4, 3.1.1.2 and OWASP ASVS 5.0, 6.2: length counts, and no rule says which signs.
SHORTEST, LONGEST = 12, 200
FEWEST_SIGNS = 5
LEFT_OVER = 5
OBVIOUS = (
    "weerzien", "wachtwoord", "wachtwort", "password", "passw0rd", "motdepasse", "geheim", "secret", "welkom",
    "welcome", "bienvenue", "bonjour", "letmein", "admin", "beheer", "changeme", "iloveyou", "ikhouvanjou",
    "qwertyuiop", "qwerty", "azertyuiop", "azerty", "asdfghjkl", "asdfgh", "qsdfghjklm", "qsdfgh", "zxcvbnm",
    "wxcvbn", "1q2w3e4r", "q1w2e3r4", "1qaz2wsx", "abcdefghij", "abcdef", "abc123", "january", "januari",
    "zomer", "winter", "lente", "herfst", "summer", "printemps", "nederland", "vlaanderen", "belgie",
)  # fmt: skip

# OWASP's second choice for Argon2id: 19 MiB, so that many who sign in at once do not fill the machine.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class PasswordProblem(Exception):
    """A password that is not taken, by the code of a sentence that says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def hash_new(password: str, *, about: Iterable[str] = ()) -> str:
    """Return what a new password is recognised by. Raises PasswordProblem.

    `about` is what anybody knows of the person, such as name and e-mail address.
    """
    normal = _normal(password)
    if len(normal) < SHORTEST:
        raise PasswordProblem("password-short")
    if len(normal) > LONGEST:
        raise PasswordProblem("password-long")
    if _is_obvious(normal, about):
        raise PasswordProblem("password-obvious")
    return _hasher.hash(normal)


def is_right(password: str, kept: str | None) -> bool:
    """Whether this is the password. Takes as long where there is none, so that nothing can be told by it."""
    try:
        _hasher.verify(kept or _NOBODYS, _normal(password[: 4 * LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_dated(kept: str) -> bool:
    """Whether it was hashed less slowly than is done now."""
    return _hasher.check_needs_rehash(kept)


def hash_again(password: str) -> str:
    return _hasher.hash(_normal(password))


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _is_obvious(password: str, about: Iterable[str]) -> bool:
    """Whether little is left of it without the words that come to mind first, years and numbers in a row."""
    rest = password.casefold()
    if len(set(rest)) < FEWEST_SIGNS:
        return True
    known = {part for one in about for part in re.split(r"[\W_]+", one.casefold()) if len(part) > 2}
    for word in sorted({*OBVIOUS, *known}, key=len, reverse=True):
        rest = rest.replace(word, "")
    return len(re.sub(r"[\W\d_]+", "", rest)) < LEFT_OVER and _counts_up(rest)


def _counts_up(rest: str) -> bool:
    """Whether the digits that are left are few, the same, or in a row."""
    digits = re.sub(r"\D", "", rest)
    rows = "01234567890123456789", "98765432109876543210"
    return len(digits) < 2 * LEFT_OVER or any(digits in row for row in rows) or len(set(digits)) < LEFT_OVER


_NOBODYS = _hasher.hash("the password of nobody")
