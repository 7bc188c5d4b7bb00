"""Short-lived tokens by which services recognise each other (JWT, HS256, one minute)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt

from shared.crypto import derive
from shared.errors import Unauthorized

LIFE = timedelta(seconds=60)


def issue(issuer: str, audience: str) -> str:
    now = datetime.now(UTC)
    claims = {"iss": issuer, "aud": audience, "iat": now, "exp": now + LIFE}
    return jwt.encode(claims, derive("service-token"), algorithm="HS256")


def verify(token: str, audience: str) -> str:
    """Return the calling service. Raises Unauthorized unless the token is ours, for us, and fresh."""
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
        raise Unauthorized("This address is for the services themselves.") from None
    return str(claims["iss"])
