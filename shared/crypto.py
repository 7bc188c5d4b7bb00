"""Keys of this installation: encryption of columns, blind index, derived secrets.

Each purpose has a subkey of its own, derived from one secret (`WEERZIEN_SECRET_KEY`; HKDF, RFC 5869), so that
a leak for one purpose says nothing about another. Columns are encrypted with separate keys, which can be
rotated (`WEERZIEN_ENCRYPTION_KEYS`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12


class Unreadable(Exception):
    """A value was encrypted with a key that we do not have, or was altered."""


class Keyring:
    def __init__(self, secret_key: str, encryption_keys: dict[str, bytes]) -> None:
        self._secret = secret_key.encode()
        self._ciphers = {name: AESGCM(key) for name, key in encryption_keys.items()}
        self.current = next(iter(encryption_keys))
        self.derive = lru_cache(maxsize=64)(self._derive)

    def _derive(self, label: str) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=b"weerzien", info=label.encode()).derive(self._secret)

    def encrypt(self, text: str, context: str) -> bytes:
        """Encrypt with AES-256-GCM, bound to `context` (table.column): a value cannot be moved elsewhere."""
        name, nonce = self.current.encode(), os.urandom(NONCE)
        sealed = self._ciphers[self.current].encrypt(nonce, text.encode(), context.encode())
        return bytes([len(name)]) + name + nonce + sealed

    def decrypt(self, value: bytes, context: str) -> str:
        """Raises Unreadable."""
        name, rest = key_id(value), value[1 + value[0] :]
        if name not in self._ciphers:
            raise Unreadable(f"encryption key {name!r} is not among WEERZIEN_ENCRYPTION_KEYS")
        try:
            return self._ciphers[name].decrypt(rest[:NONCE], rest[NONCE:], context.encode()).decode()
        except InvalidTag:
            raise Unreadable(f"{context} was altered, or key {name!r} has a new value") from None


def key_id(value: bytes) -> str:
    return value[1 : 1 + value[0]].decode()


_installed: Keyring | None = None


def install(keyring: Keyring) -> None:
    global _installed
    _installed = keyring


def keyring() -> Keyring:
    if _installed is None:
        raise RuntimeError("no keys are installed: load the settings first")
    return _installed


def derive(label: str) -> bytes:
    """Return the 32-byte subkey of one purpose."""
    return keyring().derive(label)


def blind_index(purpose: str, value: str) -> bytes:
    """Return a keyed fingerprint by which a value can be found without being readable.

    Give values in their normal form (E.164, lower-case address), so that equal values give equal bytes.
    """
    return hmac.digest(derive(f"blind-index:{purpose}"), value.encode(), "sha256")


def sign_token(label: str, of: UUID) -> str:
    """Return 256 bits derived from an id, always the same, so that a mail can be made again.

    Store only its hash.
    """
    return _url(hmac.digest(derive(f"token:{label}"), of.bytes, "sha256"))


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
