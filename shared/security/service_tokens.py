"""Short-lived tokens by which services recognise each other (JWT, HS256, one minute)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from shared.crypto import keyring
from shared.errors import Unauthorized
from shared.events.services import SERVICES

LIFE = timedelta(seconds=60)


@dataclass(frozen=True)
class Acting:
    """In whose name a service asks: `staff:<id>` or `key:<id>`, and what they are called."""

    who: str
    name: str

    @property
    def signs(self) -> str:
        """What stays with what they decided: a person's id, and a key's name."""
        return self.who if self.who.startswith("staff:") else self.name


@dataclass(frozen=True)
class Caller:
    """The service that asks, and in whose name, if in anybody's."""

    service: str
    acting: Acting | None


def issue(issuer: str, audience: str, acting: Acting | None = None) -> str:
    now = datetime.now(UTC)
    claims: dict[str, Any] = {"iss": issuer, "aud": audience, "iat": now, "exp": now + LIFE}
    if acting is not None:
        claims |= {"sub": acting.who, "name": acting.name}
    return jwt.encode(claims, keyring().between(issuer, audience)[0], algorithm="HS256")


def verify(token: str, audience: str) -> str:
    """Return the calling service; see `caller_of`."""
    return caller_of(token, audience).service


def caller_of(token: str, audience: str) -> Caller:
    """Return who calls. Raises Unauthorized unless the token is ours, for us, and fresh.

    A token that is made to live for longer than a minute is refused, whoever signed it.
    """
    caller = _says_to_be(token)
    keys = keyring().between(caller, audience) if caller in SERVICES else ()
    claims = next(filter(None, (_read(token, audience, key) for key in keys)), None)
    if claims is None:
        raise Unauthorized("This address is for the services themselves.")
    who = claims.get("sub")
    return Caller(str(claims["iss"]), Acting(who, str(claims.get("name", ""))) if who else None)


def _says_to_be(token: str) -> str:
    """Return who the token says it is from, before anything of it is believed."""
    try:
        return str(jwt.decode(token, options={"verify_signature": False}).get("iss"))
    except jwt.InvalidTokenError:
        return ""


def _read(token: str, audience: str, key: bytes) -> dict[str, Any] | None:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["HS256"],
            audience=audience,
            leeway=10,
            options={"require": ["iss", "aud", "iat", "exp"]},
        )
    except jwt.InvalidTokenError:
        return None
    return claims if 0 <= claims["exp"] - claims["iat"] <= LIFE.total_seconds() else None
