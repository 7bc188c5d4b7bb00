"""Short-lived tokens by which services recognise each other (JWT, HS256, one minute)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from shared.crypto import keyring
from shared.errors import Unauthorized
from shared.events.services import SERVICES

LIFE = timedelta(seconds=60)


def issue(issuer: str, audience: str) -> str:
    now = datetime.now(UTC)
    claims = {"iss": issuer, "aud": audience, "iat": now, "exp": now + LIFE}
    return jwt.encode(claims, keyring().between(issuer, audience)[0], algorithm="HS256")


def verify(token: str, audience: str) -> str:
    """Return the calling service. Raises Unauthorized unless the token is ours, for us, and fresh.

    A token that is made to live for longer than a minute is refused, whoever signed it.
    """
    caller = _says_to_be(token)
    keys = keyring().between(caller, audience) if caller in SERVICES else ()
    claims = next(filter(None, (_read(token, audience, key) for key in keys)), None)
    if claims is None:
        raise Unauthorized("This address is for the services themselves.")
    return str(claims["iss"])


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
