"""An authenticator in software: makes passkeys and shows them, and can be told to do it wrongly."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, CAN_BE_KEPT_ELSEWHERE, IS_KEPT_ELSEWHERE, HAS_KEY = 0x01, 0x04, 0x08, 0x10, 0x40
NEW, SHOWN = "webauthn.create", "webauthn.get"


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def read(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass
class Authenticator:
    """One passkey, and the browser around it. What it says differs from the truth where that is set.

    `counter` is what it counted to, or None for one that does not count.
    """

    origin: str
    counter: int | None = 0
    host: str = ""
    verified: bool = True
    cross_origin: bool = False
    user: bytes = b""
    flags: int = 0
    id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, asked: dict[str, Any], **different: Any) -> str:
        """Return a browser's answer to what it was asked to make."""
        self.user = read(asked["user"]["id"])
        said = self._said(NEW, asked, different)
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        data = self._data(asked["rp"]["id"], HAS_KEY) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": said, "attestationObject": attestation})

    def show(self, asked: dict[str, Any], **different: Any) -> str:
        """Return a browser's answer to what it was asked to show."""
        said = self._said(SHOWN, asked, different)
        data = self._data(asked["rpId"])
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        sent = {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        return self._answer(sent | {"userHandle": self.user})

    def _said(self, kind: str, asked: dict[str, Any], different: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": asked["challenge"], "origin": self.origin}
        return json.dumps(said | {"crossOrigin": self.cross_origin} | different).encode()

    def _data(self, host: str, more: int = 0) -> bytes:
        if self.counter is not None:
            self.counter += 1
        flags = PRESENT | (VERIFIED if self.verified else 0) | self.flags | more
        hashed = hashlib.sha256((self.host or host).encode()).digest()
        return hashed + struct.pack(">BI", flags, self.counter or 0)

    def _answer(self, response: dict[str, bytes]) -> str:
        sent = {name: text(value) for name, value in response.items()}
        return json.dumps(
            {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": sent}
        )
