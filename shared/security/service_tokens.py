"""Short-lived tokens by which services recognise each other (JWT, HS256, one minute)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt

from shared.crypto import derive
from shared.errors import Unauthorized
from shared.events.services import SERVICES

LIFE = timedelta(seconds=60)
FOR_SERVICES = "This address is for the services themselves."


def issue(issuer: str, audience: str) -> str:
    now = datetime.now(UTC)
    claims = {"iss": issuer, "aud": audience, "iat": now, "exp": now + LIFE}
    return jwt.encode(claims, derive("service-token"), algorithm="HS256")


def verify(token: str, audience: str) -> str:
    """Return the calling service. Raises Unauthorized unless the token is ours, for us, and fresh.

    A token that is made to live for longer than a minute is refused, whoever signed it.
    """
    try:
        claims = jwt.decode(
            token,
            derive("service-token"),
            algorithms=["HS256"],
            audience=audience,
            leeway=10,
            options={"require": ["iss", "aud", "iat", "exp"]},
        )
    except jwt.InvalidTokenError:
        raise Unauthorized(FOR_SERVICES) from None
    if claims["iss"] not in SERVICES or not 0 <= claims["exp"] - claims["iat"] <= LIFE.total_seconds():
        raise Unauthorized(FOR_SERVICES)
    return str(claims["iss"])
