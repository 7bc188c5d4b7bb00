"""Compares the encryption keys that stored values need with those in the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import UUID

from sqlalchemy import Column, Engine, LargeBinary, case, func, select, type_coerce
from sqlalchemy.dialects.postgresql import distinct_on

from services import system
from services.doctor.finding import Finding
from shared.crypto import BOUND, Keyring, Unreadable, is_bound, key_id
from shared.database import binding
from shared.database.common import COMMON
from shared.database.encrypted import Encrypted
from shared.runtime import keyring_of
from shared.security.fingerprint import ANOTHER_KEY, is_known
from shared.settings import CommonSettings

NAME = "WEERZIEN_ENCRYPTION_KEYS"
UNBOUND = "some values are from before each was bound to its row: `weerzien keys reencrypt`"
NOT_YET = (
    "values are still written so that the version before can read them, and not bound to their rows: once it"
    " runs nowhere any more, `weerzien keys reencrypt`"
)
ROTATING = (
    "WEERZIEN_SECRET_KEY holds more than one key: the first one signs. Take the last one out once nothing"
    " that it signed is in use (docs/operations.md, Rotate keys)"
)


def examine(settings: Mapping[str, CommonSettings], engines: Mapping[str, Engine]) -> Iterator[Finding]:
    """Examine the services in `engines`. Reads one value for each column and key, and shows none."""
    rings = {service: keyring_of(service, settings[service]) for service in engines}
    if any(is_known(engine, rings[service]) is False for service, engine in engines.items()):
        yield Finding("wrong", ANOTHER_KEY)
    if any(len(one.secret_keys) > 1 for one in settings.values()):
        yield Finding("notice", ROTATING)
    given = dict.fromkeys(key for ring in rings.values() for key in ring.encryption_keys)
    used: set[str] = set()
    troubles: list[Finding] = []
    unbound = False
    for service, engine in engines.items():
        for column in _encrypted_columns(service):
            for row, sample in _samples(engine, column):
                used.add(key_id(sample))
                unbound = unbound or not is_bound(sample)
                troubles += _trouble(rings[service], row, sample, column, service)
    yield from troubles
    if engines and not troubles:
        yield from _what_is_left_to_do(list(given), used)
    if not all(map(binding.is_reached, engines.values())):
        yield Finding("notice", NOT_YET)
    elif unbound:
        yield Finding("notice", UNBOUND)


def _encrypted_columns(service: str) -> Iterator[Column[str]]:
    for metadata in (system.service(service).base.metadata, COMMON):
        for table in metadata.sorted_tables:
            yield from (column for column in table.columns if isinstance(column.type, Encrypted))


def _samples(engine: Engine, column: Column[str]) -> list[tuple[UUID, bytes]]:
    """Return a row and its value for each key and form of value."""
    [key] = column.table.primary_key.columns
    raw = type_coerce(column, LargeBinary)
    first = func.get_byte(raw, 0)
    length = case((first == BOUND, func.get_byte(raw, 1) + 2), else_=first + 1)
    # What was emptied holds nothing that a key is needed for.
    kept = select(key, raw).where(func.length(raw) > 0)
    one_each = kept.ext(distinct_on(func.substring(raw, 1, length)))
    with engine.connect() as connection:
        return [(row, bytes(value)) for row, value in connection.execute(one_each)]


def _trouble(ring: Keyring, row: UUID, sample: bytes, column: Column[str], service: str) -> Iterator[Finding]:
    key, place = key_id(sample), f"{service}.{column.table.name}.{column.name}"
    if key not in ring.encryption_keys:
        yield Finding(
            "wrong",
            f"{place} holds values under the key {key!r}, which is not in {NAME}: put it back, at the end",
        )
        return
    assert isinstance(column.type, Encrypted)
    try:
        ring.decrypt(sample, column.type.context, row.bytes)
    except Unreadable:
        yield Finding(
            "wrong",
            f"{place} cannot be read: the key {key!r} in {NAME} is not the one that had this name before, or"
            " the value came from another row. Put the old one back, and give the new one a name of its own",
        )


def _what_is_left_to_do(given: list[str], used: set[str]) -> Iterator[Finding]:
    yield Finding("good", "every key that stored values need is here")
    for key in given[1:]:
        if key in used:
            yield Finding("notice", f"some values are still under the key {key!r}: `weerzien keys reencrypt`")
        else:
            yield Finding("notice", f"nothing stored needs the key {key!r} any more: take it out of {NAME}")
