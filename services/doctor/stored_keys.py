"""Compares the encryption keys that stored values need with those in the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Column, Engine, LargeBinary, func, select, type_coerce
from sqlalchemy.dialects.postgresql import distinct_on

from services import system
from services.doctor.finding import Finding
from shared.crypto import Keyring, Unreadable, key_id
from shared.database.common import COMMON
from shared.database.encrypted import Encrypted
from shared.security.fingerprint import ANOTHER_KEY, is_known
from shared.settings import CommonSettings, parse_keys

NAME = "WEERZIEN_ENCRYPTION_KEYS"


def examine(settings: CommonSettings, engines: Mapping[str, Engine]) -> Iterator[Finding]:
    """Examine the services in `engines`. Reads one value for each column and key, and shows none."""
    given = parse_keys(settings.encryption_keys.get_secret_value())
    ring = Keyring(settings.secret_key.get_secret_value(), given)
    if any(is_known(engine, ring) is False for engine in engines.values()):
        yield Finding("wrong", ANOTHER_KEY)
    used: set[str] = set()
    troubles: list[Finding] = []
    for service, engine in engines.items():
        for column in _encrypted_columns(service):
            for sample in _samples(engine, column):
                used.add(key_id(sample))
                troubles += _trouble(ring, set(given), sample, column, service)
    yield from troubles
    if engines and not troubles:
        yield from _what_is_left_to_do(list(given), used)


def _encrypted_columns(service: str) -> Iterator[Column[str]]:
    for metadata in (system.service(service).base.metadata, COMMON):
        for table in metadata.sorted_tables:
            yield from (column for column in table.columns if isinstance(column.type, Encrypted))


def _samples(engine: Engine, column: Column[str]) -> list[bytes]:
    """Return one value for each key id; the id is at the front, after its length."""
    raw = type_coerce(column, LargeBinary)
    name = func.substring(raw, 1, func.get_byte(raw, 0) + 1)
    one_each = select(raw).where(column.is_not(None)).ext(distinct_on(name))
    with engine.connect() as connection:
        return [bytes(value) for value in connection.execute(one_each).scalars()]


def _trouble(
    ring: Keyring, given: set[str], sample: bytes, column: Column[str], service: str
) -> Iterator[Finding]:
    key, place = key_id(sample), f"{service}.{column.table.name}.{column.name}"
    if key not in given:
        yield Finding(
            "wrong",
            f"{place} holds values under the key {key!r}, which is not in {NAME}: put it back, at the end",
        )
        return
    assert isinstance(column.type, Encrypted)
    try:
        ring.decrypt(sample, column.type.context)
    except Unreadable:
        yield Finding(
            "wrong",
            f"{place} cannot be read: the key {key!r} in {NAME} is not the one that had this name before."
            " Put the old one back, and give the new one a name of its own",
        )


def _what_is_left_to_do(given: list[str], used: set[str]) -> Iterator[Finding]:
    yield Finding("good", "every key that stored values need is here")
    for key in given[1:]:
        if key in used:
            yield Finding("notice", f"some values are still under the key {key!r}: `weerzien keys reencrypt`")
        else:
            yield Finding("notice", f"nothing stored needs the key {key!r} any more: take it out of {NAME}")
