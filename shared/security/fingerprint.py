"""A fingerprint of the secret key in the database: with another key, nobody who said STOP would be found."""

from __future__ import annotations

import hmac

from sqlalchemy import Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from shared.crypto import Keyring, equal
from shared.security.tables import fingerprints

NAME = "secret-key"
ANOTHER_KEY = (
    "WEERZIEN_SECRET_KEY is another than before: with it nobody who said STOP is known, and no return code"
    " and no partner's link is right. Put the old one back"
)
KEPT = select(fingerprints.c.value).where(fingerprints.c.name == NAME)
ARE_THERE = text("SELECT to_regclass('fingerprints') IS NOT NULL")


def fingerprint(ring: Keyring) -> bytes:
    return hmac.digest(ring.derive("fingerprint"), b"weerzien", "sha256")


def keep(engine: Engine, ring: Keyring) -> bool | None:
    """Whether this is the key with which this service first worked; the first one is kept.

    Nothing where that cannot be told yet, since its tables are not there. Writes only where no key is kept.
    Raises DBAPIError.
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
    """False where the service has worked with another key; nothing where its tables are not there.

    Raises DBAPIError.
    """
    with engine.connect() as connection:
        if not connection.execute(ARE_THERE).scalar():
            return None
        kept = connection.execute(KEPT).scalar()
    return kept is None or equal(bytes(kept), fingerprint(ring))
