"""Short-lived tokens by which services recognise each other (JWT, HS256, one minute)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from shared.crypto import derive, derive_all
from shared.errors import Unauthorized
from shared.events.services import SERVICES

LIFE = timedelta(seconds=60)


def issue(issuer: str, audience: str) -> str:
    now = datetime.now(UTC)
    claims = {"iss": issuer, "aud": audience, "iat": now, "exp": now + LIFE}
    return jwt.encode(claims, derive("service-token"), algorithm="HS256")


def verify(token: str, audience: str) -> str:
    """Return the calling service. Raises Unauthorized unless the token is ours, for us, and fresh.

    A token that is made to live for longer than a minute is refused, whoever signed it.
    """
    claims = next(filter(None, (_read(token, audience, key) for key in derive_all("service-token"))), None)
    if claims is None or claims["iss"] not in SERVICES:
        raise Unauthorized("This address is for the services themselves.")
    return str(claims["iss"])


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
