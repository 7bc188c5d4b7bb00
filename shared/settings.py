"""Settings from the environment. No secret has a default, and an error names every missing setting."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.secret_files import OURS
from shared.secret_files import read_secret_files as read_secret_files

WEAK = {"secret", "changeme", "change-me", "password", "default", "test", "example", "weerzien"}
SECRET_LENGTH = 32
KEY_ID_LENGTH = 64
TOO_WEAK = f"must be at least {SECRET_LENGTH} random characters (`openssl rand -base64 48` makes one)"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


PEER_KEYS = {
    f"peer_key_{one}_{other}": frozenset((one, other))
    for one, other in (("intake", "referral"), ("intake", "notify"), ("referral", "notify"))
}


class SettingsProblem(SystemExit):
    """Ends the program with a line for each setting that is missing or wrong."""


class CommonSettings(BaseSettings):
    """The settings of every service. Public addresses are those that people and providers see."""

    # Whoever sets a variable to nothing means that it is not set.
    model_config = SettingsConfigDict(
        env_prefix="WEERZIEN_", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    database_url: str
    broker_url: str
    secret_key: SecretStr
    index_key: SecretStr | None = None
    # What two services sign for each other, where they have secret keys of their own.
    peer_key_intake_referral: SecretStr | None = None
    peer_key_intake_notify: SecretStr | None = None
    peer_key_referral_notify: SecretStr | None = None
    encryption_keys: SecretStr
    event_source: str
    public_url_intake: str
    public_url_referral: str
    public_url_notify: str
    internal_url_intake: str = ""
    internal_url_referral: str = ""
    internal_url_notify: str = ""
    embedded: bool = False
    clock: datetime | None = None
    clock_anchor: datetime | None = None
    log_level: str = "INFO"
    database_pool: int = Field(default=10, ge=1, le=100)
    # How many days each kind of data is kept that every service has; those of its own are in its settings.
    # `docs/privacy.md` says them to people, and why.
    keep_work_items_days: int = Field(default=365, ge=1)
    keep_erasures_days: int = Field(default=400, ge=1)
    keep_revoked_keys_days: int = Field(default=365, ge=1)
    keep_audit_days: int = Field(default=1825, ge=366)
    # More than two threads only wait for one interpreter and get less done; more processes get more done.
    worker_threads: int = Field(default=2, ge=1, le=64)

    @field_validator("secret_key")
    @classmethod
    def _strong(cls, value: SecretStr) -> SecretStr:
        if not all(map(_is_strong, parse_secrets(value.get_secret_value()))):
            raise ValueError(TOO_WEAK)
        return value

    @field_validator("index_key", *PEER_KEYS)
    @classmethod
    def _strong_or_unset(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if not all(map(_is_strong, parse_secrets(value.get_secret_value()))):
            raise ValueError(TOO_WEAK)
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _keys(cls, value: SecretStr) -> SecretStr:
        parse_keys(value.get_secret_value())
        return value

    @field_validator("event_source")
    @classmethod
    def _urn(cls, value: str) -> str:
        if not value.startswith("urn:nld:"):
            raise ValueError("must be a URN such as urn:nld:kvknr:12345678:weerzien")
        return value

    @field_validator("database_url")
    @classmethod
    def _driver(cls, value: str) -> str:
        if not value.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
            raise ValueError("must be an address of a PostgreSQL database (postgresql://...)")
        return "postgresql+psycopg://" + value.split("://", 1)[1]

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in LOG_LEVELS:
            raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
        return value.upper()

    @model_validator(mode="after")
    def _clock_is_for_one_machine(self) -> Self:
        if self.clock is not None and not self.embedded:
            raise ValueError("WEERZIEN_CLOCK only works in the embedded mode: a server runs on the real time")
        if self.clock is not None and self.clock.tzinfo is None:
            raise ValueError("WEERZIEN_CLOCK needs a zone, such as 2026-12-01T10:00:00+01:00")
        return self

    @model_validator(mode="after")
    def _what_is_found_stays(self) -> Self:
        if len(self.secret_keys) > 1 and self.index_key is None:
            raise ValueError(
                "WEERZIEN_INDEX_KEY is missing: before WEERZIEN_SECRET_KEY holds several keys, give it the"
                " key of before, by which those who said STOP are found"
            )
        return self

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The first one signs; what any of them signed is recognised."""
        return parse_secrets(self.secret_key.get_secret_value())

    @property
    def peer_keys(self) -> dict[frozenset[str], tuple[str, ...]]:
        """The keys of each pair of services that has some; the first one signs."""
        given = {pair: getattr(self, field) for field, pair in PEER_KEYS.items()}
        return {pair: parse_secrets(key.get_secret_value()) for pair, key in given.items() if key}

    def public_url(self, service: str) -> str:
        return str(getattr(self, f"public_url_{service}")).rstrip("/")

    def internal_url(self, service: str) -> str:
        """Return the address at which other services reach this one; the public address if none is set."""
        return str(getattr(self, f"internal_url_{service}") or self.public_url(service)).rstrip("/")


def parse_keys(text: str) -> dict[str, bytes]:
    """Read `id:base64,...` into keys of 32 bytes; the first one encrypts, the others still decrypt.

    Raises ValueError.
    """
    keys: dict[str, bytes] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error as problem:
            raise ValueError(f"key {name!r} is not base64") from problem
        if not _is_key_id(name) or len(key) != 32 or len(set(key)) < 8:
            raise ValueError("each key is an id, a colon and 32 random bytes in base64, such as k1:...")
        if name in keys:
            raise ValueError(f"key id {name!r} is given twice; give each key an id of its own")
        keys[name] = key
    if not keys:
        raise ValueError("holds no key; give at least one as id:base64")
    return keys


def parse_secrets(text: str) -> tuple[str, ...]:
    """Read secrets with a comma between them. A comma between parts that are no secrets is a part of one."""
    parts = tuple(part.strip() for part in text.split(","))
    return parts if len(parts) > 1 and all(map(_is_strong, parts)) else (text,)


def _is_strong(text: str) -> bool:
    return len(text) >= SECRET_LENGTH and text.lower() not in WEAK and len(set(text)) >= 8


def _is_key_id(name: str) -> bool:
    return name.isascii() and name.isalnum() and len(name) <= KEY_ID_LENGTH


S = TypeVar("S", bound=BaseSettings)


OF_EACH = ("database_url", "broker_url", "secret_key", "index_key", "encryption_keys")
"""What a service can have for itself, under a name that ends in its own, in place of what all have."""


def load(kind: type[S], *, service: str = "", **given: Any) -> S:
    """Read the settings of a service. Raises SettingsProblem, which names what is missing or wrong."""
    read_secret_files(_names(kind))
    its_own = _its_own(kind, service)
    try:
        return kind(**{field: os.environ[name] for field, name in its_own.items()} | given)
    except ValidationError as problem:
        raise SettingsProblem("\n".join(_lines(kind, problem, its_own))) from None


def _its_own(kind: type[BaseSettings], service: str) -> dict[str, str]:
    """Return the variables that are set for this service alone, by their fields."""
    names = {field: f"{_variable(kind, field)}_{service.upper()}" for field in OF_EACH if service}
    return {field: name for field, name in names.items() if os.environ.get(name)}


def _lines(kind: type[BaseSettings], problem: ValidationError, its_own: Mapping[str, str]) -> list[str]:
    lines = ["The settings are not complete, so nothing was started:"]
    for error in problem.errors(include_input=False, include_url=False):
        field = str(error["loc"][0]) if error["loc"] else ""
        name = its_own.get(field) or (_variable(kind, field) if field else "")
        reason = "is missing" if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")
        lines += [f"  {name} {one}" if name else f"  {one}" for one in reason.splitlines()]
    return lines


def _names(kind: type[BaseSettings]) -> tuple[str, ...]:
    """Return our prefixes, and the settings of this kind whose names come from elsewhere."""
    names = {_variable(kind, field) for field in kind.model_fields}
    return (*OURS, *sorted(name for name in names if not name.startswith(OURS)))


def _variable(kind: type[BaseSettings], field: str) -> str:
    known = kind.model_fields.get(field)
    alias = known.validation_alias if known else None
    if isinstance(alias, str):
        return alias
    return field if field.isupper() else f"{kind.model_config.get('env_prefix', '')}{field.upper()}"
