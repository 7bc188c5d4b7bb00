"""`weerzien doctor`: what is misconfigured, in words."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from services import system
from shared.database import migrate
from shared.database.engine import make_engine
from shared.local.environment import SERVICES
from shared.messaging.broker import eviction_policy
from shared.settings import CommonSettings, SettingsProblem

ENOUGH_SPACE = 1_000_000_000
OLDEST_POSTGRES = 15

Grade = Literal["good", "notice", "wrong"]


@dataclass(frozen=True)
class Finding:
    grade: Grade
    text: str


def examine(data: Path, *, running: bool) -> Iterator[Finding]:
    """Everything worth saying. `running` says that a system runs on the folder, so a broker must answer."""
    settings = yield from _settings()
    yield from _files(data)
    if settings is None:
        return
    yield from _addresses(settings)
    yield from _database(settings)
    if running or not settings.embedded:
        yield _broker(settings.broker_url)
    yield from _channels()


def _settings() -> Generator[Finding, None, CommonSettings | None]:
    found: CommonSettings | None = None
    said: set[str] = set()
    for service in SERVICES:
        try:
            found = system.settings(service)
        except SettingsProblem as problem:
            said.update(line.strip() for line in str(problem).splitlines()[1:])
    yield from (Finding("wrong", line) for line in sorted(said))
    if not said:
        yield Finding("good", "the settings are complete")
    return None if said else found


def _files(data: Path) -> Iterator[Finding]:
    for path in (data / "operator.key", *(data / "secrets").glob("*")):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding("wrong", f"{path} can be read by others: `chmod 600 {path}`")
    folder = next(step for step in (data.resolve(), *data.resolve().parents) if step.exists())
    free = shutil.disk_usage(folder).free
    if free < ENOUGH_SPACE:
        yield Finding("wrong", f"only {free // 1_000_000} MB are free at {folder}")


def _addresses(settings: CommonSettings) -> Iterator[Finding]:
    for service in SERVICES:
        url = settings.public_url(service)
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            name = f"WEERZIEN_PUBLIC_URL_{service.upper()}"
            yield Finding("wrong", f"{name} is {url!r}: it must look like https://help.example.org")
        elif parts.scheme == "http" and not settings.embedded:
            yield Finding("wrong", f"{url} is not https: links in mail and texts would be open to all")
    if settings.clock is not None:
        yield Finding("notice", f"the clock is set to {settings.clock.isoformat()}, not to the real time")


def _database(settings: CommonSettings) -> Iterator[Finding]:
    for service in SERVICES:
        engine = make_engine(settings.database_url, service, pool_size=1)
        try:
            yield from _schema(engine, service)
        except SQLAlchemyError as problem:
            cause = str(getattr(problem, "orig", None) or problem).strip().splitlines()[0]
            yield Finding("wrong", f"the database does not answer {service}: {cause}")
            return
        finally:
            engine.dispose()


def _schema(engine: Engine, service: str) -> Iterator[Finding]:
    with engine.connect() as connection:
        version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
        synchronous = connection.execute(text("SHOW synchronous_commit")).scalar_one()
    if version < OLDEST_POSTGRES * 10_000:
        yield Finding(
            "wrong", f"PostgreSQL is version {version // 10_000}; {OLDEST_POSTGRES} or later is needed"
        )
    if synchronous == "off":
        yield Finding("wrong", "synchronous_commit is off: what was accepted could be lost in a power cut")
    if migrate.up_to_date(engine, service):
        yield Finding("good", f"the tables of {service} are up to date")
    else:
        yield Finding("wrong", f"the tables of {service} are not up to date: run `weerzien migrate`")


def _broker(url: str) -> Finding:
    try:
        policy = eviction_policy(url)
    except Exception as problem:
        return Finding("wrong", f"the broker does not answer: {type(problem).__name__}")
    if policy != "noeviction":
        return Finding("wrong", f"the broker's maxmemory-policy is {policy}: set it to noeviction")
    return Finding("good", "the broker answers")


def _channels() -> Iterator[Finding]:
    for name, without, what in (
        ("TWILIO_ACCOUNT_SID", "texts stay in the postbus and reach", "SMS"),
        ("WEERZIEN_SMTP_URL", "mail stays in the postbus and reaches", "e-mail"),
    ):
        if os.environ.get(name):
            yield Finding("good", f"{what} goes out by the provider of {name}")
        else:
            yield Finding("notice", f"{name} is not set: {without} nobody")
