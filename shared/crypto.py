"""Keys of this installation: encryption of columns, blind index, what is signed.

Each purpose has a subkey of its own (HKDF, RFC 5869), so that a leak for one purpose says nothing about
another. They come from two roots. What is signed or derived for somebody comes from `WEERZIEN_SECRET_KEY`, a
ring: the first key signs, and all of them are recognised, so that it can be rotated. Fingerprints by which
stored values are found come from `WEERZIEN_INDEX_KEY`, which stays. Columns are encrypted with separate keys,
which can be rotated too (`WEERZIEN_ENCRYPTION_KEYS`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from types import MappingProxyType
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12
PEERS = "service-token"
OF_OLD = ("", "notify")
"""Whose fingerprints are made as they always were: notify keeps those of people who said STOP."""
BOUND = 0x82
"""Begins a value that is bound to its row; no key's id is as long as this."""


class Unreadable(Exception):
    """A value was encrypted with a key that we do not have, or was altered."""


class Keyring:
    """The keys of a process. Without an `index_key` that root is the secret key, of which there is one then.

    `service` is the one whose process this is: its blind indexes differ from those of the others.
    """

    def __init__(
        self,
        secret_keys: str | Sequence[str],
        encryption_keys: dict[str, bytes],
        *,
        index_key: str | None = None,
        service: str = "",
        peer_keys: Mapping[frozenset[str], Sequence[str]] = MappingProxyType({}),
    ) -> None:
        ring = (secret_keys,) if isinstance(secret_keys, str) else tuple(secret_keys)
        if len(ring) > 1 and index_key is None:
            raise ValueError("several secret keys need an index key of their own")
        self.service = service
        self.encryption_keys = tuple(encryption_keys)
        self._ciphers = {name: AESGCM(key) for name, key in encryption_keys.items()}
        self.current = next(iter(encryption_keys))
        self._name = bytes([len(self.current)]) + self.current.encode()
        self._bound_name = bytes([BOUND]) + self._name
        # False while a version may run that cannot read a value which is bound to its row.
        self.binds = True
        self.derive_all = lru_cache(maxsize=64)(partial(_subkeys, ring))
        self._peers = dict(peer_keys)
        self._index = lru_cache(maxsize=64)(partial(_subkeys, (index_key or ring[0],)))

    @property
    def prefix(self) -> bytes:
        """What begins every value that is encrypted now: the form, and the id of the key."""
        return self._bound_name if self.binds else self._name

    def derive(self, label: str) -> bytes:
        return self.derive_all(label)[0]

    def between(self, one: str, other: str) -> tuple[bytes, ...]:
        """Return what two services sign with for each other: keys of the two alone, or the ring of all."""
        ring = self._peers.get(frozenset((one, other)))
        return self.derive_all(PEERS) if ring is None else _subkeys(ring, PEERS)

    def derive_index(self, label: str) -> bytes:
        return self._index(label)[0]

    def encrypt(self, text: str, context: str, row: bytes) -> bytes:
        """Encrypt with AES-256-GCM, bound to `context` (table.column) and row: it cannot be moved.

        While a version may run that cannot read that (`binds`), it is bound to its column alone.
        """
        nonce, binds = os.urandom(NONCE), self.binds
        where = _bound_to(context, row) if binds else context.encode()
        sealed = self._ciphers[self.current].encrypt(nonce, text.encode(), where)
        return (self._bound_name if binds else self._name) + nonce + sealed

    def decrypt(self, value: bytes, context: str, row: bytes) -> str:
        """Raises Unreadable. A value from before values were bound to their rows can be read in any row."""
        name, bound = key_id(value), is_bound(value)
        if name not in self._ciphers:
            raise Unreadable(f"encryption key {name!r} is not among WEERZIEN_ENCRYPTION_KEYS")
        rest = value[len(name) + (2 if bound else 1) :]
        where = _bound_to(context, row) if bound else context.encode()
        try:
            return self._ciphers[name].decrypt(rest[:NONCE], rest[NONCE:], where).decode()
        except InvalidTag:
            raise Unreadable(
                f"{context} was altered or moved from another row, or key {name!r} has a new value"
            ) from None


def is_bound(value: bytes) -> bool:
    """Return whether a value is bound to its row. One from before begins with the length of its key's id."""
    return value[0] == BOUND


def key_id(value: bytes) -> str:
    """Return the id of the key that a value was encrypted with; key ids are plain ASCII."""
    at = 1 if is_bound(value) else 0
    return value[at + 1 : at + 1 + value[at]].decode()


def _subkeys(roots: Sequence[str], label: str) -> tuple[bytes, ...]:
    return tuple(
        HKDF(algorithm=SHA256(), length=32, salt=b"weerzien", info=label.encode()).derive(root.encode())
        for root in roots
    )


def _bound_to(context: str, row: bytes) -> bytes:
    return b"%c%b\0%b" % (BOUND, context.encode(), row)


_installed: Keyring | None = None


def install(keyring: Keyring) -> None:
    global _installed
    _installed = keyring


def keyring() -> Keyring:
    if _installed is None:
        raise RuntimeError("no keys are installed: load the settings first")
    return _installed


def derive(label: str) -> bytes:
    """Return the 32-byte subkey with which one purpose signs."""
    return keyring().derive(label)


def derive_all(label: str) -> tuple[bytes, ...]:
    """Return the subkeys by which what was signed for one purpose is recognised; the first one signs."""
    return keyring().derive_all(label)


def derive_index(label: str) -> bytes:
    """Return the subkey of one purpose that stays when signing keys are rotated: for fingerprints."""
    return keyring().derive_index(label)


def blind_index(purpose: str, value: str) -> bytes:
    """Return a keyed fingerprint by which a value can be found without being readable.

    Give values in their normal form (E.164, lower-case address), so that equal values give equal bytes. The
    same value has another fingerprint at another service, so that two services' rows cannot be laid together.
    """
    owner = "" if keyring().service in OF_OLD else f"{keyring().service}:"
    return hmac.digest(derive_index(f"blind-index:{owner}{purpose}"), value.encode(), "sha256")


def lock(key: bytes, text: str, about: bytes) -> bytes:
    """Encrypt under a key of its own (32 bytes), bound to what it is about. Without that key it is noise."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), about)


def unlock(key: bytes, value: bytes, about: bytes) -> str:
    """Raises Unreadable where the key is another one, or the value is about something else."""
    try:
        return AESGCM(key).decrypt(value[:NONCE], value[NONCE:], about).decode()
    except (InvalidTag, ValueError):
        raise Unreadable("this was locked with another key, or is about something else") from None


def sign_token(label: str, of: UUID) -> str:
    """Return 256 bits derived from an id, always the same, so that a mail can be made again.

    Store only its hash. After a rotation another token is derived: `issued` finds the one that was given out.
    """
    return sign_tokens(label, of)[0]


def sign_tokens(label: str, of: UUID) -> tuple[str, ...]:
    """Return the token that is derived with each key of the ring, that of the first key first."""
    return tuple(_url(hmac.digest(key, of.bytes, "sha256")) for key in derive_all(f"token:{label}"))


def issued(candidates: Iterable[str], kept: bytes) -> str | None:
    """Return the one whose hash was kept when it was given out, or None if its key is in the ring no more."""
    return next((one for one in candidates if equal(hash_secret(one), kept)), None)


def hash_secret(secret: str) -> bytes:
    """Return the SHA-256 hash: enough for secrets of 256 random bits, which cannot be guessed from a list."""
    return hashlib.sha256(secret.encode()).digest()


def equal(left: bytes | str, right: bytes | str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(_bytes(left), _bytes(right))


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
