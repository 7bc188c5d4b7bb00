"""Fingerprints of the keys in the database: another index key would find none of those who said STOP, and
another signing key would know no partner's link."""

from __future__ import annotations

import hmac

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from shared.crypto import Keyring, equal
from shared.security.tables import fingerprints

# By this name a version knows the index key that knew one key for everything, and it is the same key then.
INDEX, SIGNING = "secret-key", "signing-key"
ANOTHER_KEY = (
    "WEERZIEN_SECRET_KEY or WEERZIEN_INDEX_KEY is not the one of before: with this one we recognise nobody"
    " who said STOP, no return code and no partner's link. Put the old one back; a new secret key goes in"
    " front of the old one, with a comma between them"
)
KEPT = select(fingerprints.c.name, fingerprints.c.value).where(fingerprints.c.name.in_([INDEX, SIGNING]))
ARE_THERE = text("SELECT to_regclass('fingerprints') IS NOT NULL")


def keep(engine: Engine, ring: Keyring) -> bool | None:
    """Tell whether these are the keys with which this service worked before; keep the first ones.

    After a rotation, the key that signs now is kept. Returns None if the tables do not exist yet. Writes only
    what is new, and commits. Raises DBAPIError.
    """
    with engine.begin() as connection:
        if not connection.execute(ARE_THERE).scalar():
            return None
        kept = _kept(connection)
        if INDEX not in kept:
            first = insert(fingerprints).values([_row(name, ring) for name in (INDEX, SIGNING)])
            connection.execute(first.on_conflict_do_nothing())
            kept = _kept(connection)
        known = _are_known(kept, ring)
        if known and kept.get(SIGNING) != _of(SIGNING, ring)[0]:
            now = insert(fingerprints).values(_row(SIGNING, ring))
            signs = {"value": now.excluded.value}
            connection.execute(now.on_conflict_do_update(index_elements=["name"], set_=signs))
    return known


def is_known(engine: Engine, ring: Keyring) -> bool | None:
    """Return False if the service has worked with another key, None if its tables do not exist yet.

    Writes nothing. Raises DBAPIError.
    """
    with engine.connect() as connection:
        if not connection.execute(ARE_THERE).scalar():
            return None
        kept = _kept(connection)
    return not kept or _are_known(kept, ring)


def _of(name: str, ring: Keyring) -> list[bytes]:
    """Return the fingerprints of the keys for a purpose; the first one is to be kept."""
    keys = [ring.derive_index("fingerprint")] if name == INDEX else ring.derive_all("fingerprint")
    return [hmac.digest(key, b"weerzien", "sha256") for key in keys]


def _are_known(kept: dict[str, bytes], ring: Keyring) -> bool:
    # Before a signing key was kept by itself, the one key was both.
    signing = kept.get(SIGNING, kept[INDEX])
    return equal(kept[INDEX], _of(INDEX, ring)[0]) and any(equal(signing, one) for one in _of(SIGNING, ring))


def _kept(connection: Connection) -> dict[str, bytes]:
    return {name: bytes(value) for name, value in connection.execute(KEPT)}


def _row(name: str, ring: Keyring) -> dict[str, object]:
    return {"name": name, "value": _of(name, ring)[0]}
