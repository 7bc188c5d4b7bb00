"""By what a child's five words are recognised, without being kept.

The first two of them lead to the row, by a keyed fingerprint of which nobody without our key makes
anything. All five are hashed slowly, and under our key: whoever takes a copy of the table can try no words.
Words that lead nowhere are hashed as slowly as those that do, so that nobody tells them apart by the time.
"""

from __future__ import annotations

import base64
import json
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.intake.children.words import Words, draw, plain
from shared.crypto import Unreadable, blind_index, derive, derive_all, lock, unlock

# As for passwords: 19 MiB each time.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# However many try at once, so many are hashed at a time: the others wait, and nobody's memory is full.
_in_turn = BoundedSemaphore(2)
LEADING = 2
CHOICES = 3


def mark(words: Words) -> bytes:
    """Return by what the row is found."""
    return blind_index("child-words", _written(words[:LEADING]))


def hashed(words: Words) -> str:
    with _in_turn:
        return _hasher.hash(_secret(words))


def is_right(words: Words, kept: str | None) -> bool:
    """Whether these are the words. Takes as long where there is nothing to compare them with."""
    with _in_turn:
        try:
            _hasher.verify(kept or _NOBODYS, _secret(words))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def offer(language: str, token: str) -> str:
    """Return codes for a page, which alone can read them again: one more if the first words are taken.

    So a page that is sent or loaded twice has the same words, and they are kept nowhere.
    """
    drawn = json.dumps([draw(language) for _ in range(CHOICES)])
    return base64.urlsafe_b64encode(lock(derive("child-words"), drawn, token.encode())).decode()


def offered(offer: str, token: str) -> list[Words]:
    """Return the codes that were made for the page with this token; none where it is not ours."""
    for key in derive_all("child-words"):
        try:
            drawn = json.loads(unlock(key, base64.urlsafe_b64decode(offer), token.encode()))
        except (Unreadable, ValueError):
            continue
        return [tuple(one) for one in drawn]
    return []


def _secret(words: Words) -> str:
    return blind_index("child-code", _written(words)).hex()


def _written(words: Words) -> str:
    return " ".join(map(plain, words))


_NOBODYS = _hasher.hash("the words of nobody")
