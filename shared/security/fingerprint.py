"""A fingerprint of the secret key in the database: with another key, nobody who said STOP would be found."""

from __future__ import annotations

import hmac

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from shared.security.keys import Keyring, equal
from shared.security.tables import fingerprints

NAME = "secret-key"
ANOTHER_KEY = (
    "WEERZIEN_SECRET_KEY is another than before: with it nobody who said STOP is known, and no return code"
    " and no partner's link is right. Put the old one back"
)


def fingerprint(ring: Keyring) -> bytes:
    return hmac.digest(ring.derive("fingerprint"), b"weerzien", "sha256")


def keep(engine: Engine, ring: Keyring) -> bool:
    """Whether this is the key with which this service first worked; the first one is kept."""
    with engine.begin() as connection:
        connection.execute(
            insert(fingerprints).values(name=NAME, value=fingerprint(ring)).on_conflict_do_nothing()
        )
    return is_known(engine, ring)


def is_known(engine: Engine, ring: Keyring) -> bool:
    """False where the service has worked with another key."""
    with engine.connect() as connection:
        kept = connection.execute(select(fingerprints.c.value).where(fingerprints.c.name == NAME)).scalar()
    return kept is None or equal(bytes(kept), fingerprint(ring))
