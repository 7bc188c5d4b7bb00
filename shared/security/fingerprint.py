"""A fingerprint of the secret key in the database: another key would find none of those who said STOP."""

from __future__ import annotations

import hmac

from sqlalchemy import Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from shared.crypto import Keyring, equal
from shared.security.tables import fingerprints

NAME = "secret-key"
ANOTHER_KEY = (
    "WEERZIEN_SECRET_KEY is not the one of before: with this one we recognise nobody who said STOP, no return"
    " code and no partner's link. Put the old one back"
)
KEPT = select(fingerprints.c.value).where(fingerprints.c.name == NAME)
ARE_THERE = text("SELECT to_regclass('fingerprints') IS NOT NULL")


def fingerprint(ring: Keyring) -> bytes:
    return hmac.digest(ring.derive("fingerprint"), b"weerzien", "sha256")


def keep(engine: Engine, ring: Keyring) -> bool | None:
    """Tell whether this is the key with which this service first worked; keep the first one.

    Returns None if the tables do not exist yet. Writes only if no fingerprint is kept, and commits. Raises
    DBAPIError.
    """
    with engine.begin() as connection:
        if not connection.execute(ARE_THERE).scalar():
            return None
        kept = connection.execute(KEPT).scalar()
        if kept is None:
            first = insert(fingerprints).values(name=NAME, value=fingerprint(ring))
            connection.execute(first.on_conflict_do_nothing())
            kept = connection.execute(KEPT).scalar_one()
    return equal(bytes(kept), fingerprint(ring))


def is_known(engine: Engine, ring: Keyring) -> bool | None:
    """Return False if the service has worked with another key, None if its tables do not exist yet.

    Writes nothing. Raises DBAPIError.
    """
    with engine.connect() as connection:
        if not connection.execute(ARE_THERE).scalar():
            return None
        kept = connection.execute(KEPT).scalar()
    return kept is None or equal(bytes(kept), fingerprint(ring))
