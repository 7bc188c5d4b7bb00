"""Examines PostgreSQL: version, durability, clock, our tables, keys, partners and signs of life."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, func, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from services import system
from services.doctor import api_keys, partners, refusals, stored_keys
from services.doctor.finding import Finding
from shared.clock import STALE_SECONDS
from shared.database.engine import make_engine
from shared.events.services import SERVICES
from shared.messaging.heartbeat import DISPATCHER, WORKER
from shared.messaging.tables import heartbeats
from shared.settings import CommonSettings

OLDEST_POSTGRES = 15
CLOCK_SECONDS = 5.0


def examine(settings: Mapping[str, CommonSettings], *, expected: bool) -> Iterator[Finding]:
    """Examine the database as each service reaches it. `expected`: workers and dispatchers should run now."""
    engines = {name: make_engine(one.database_url, name, pool_size=1) for name, one in settings.items()}
    try:
        yield from _server(next(iter(engines.values())))
        ready = {
            name: engine for name, engine in engines.items() if system.service(name).is_up_to_date(engine)
        }
        yield from (_tables(service, service in ready) for service in SERVICES)
        yield from stored_keys.examine(settings, ready)
        if "notify" in ready:
            yield from api_keys.examine(ready["notify"])
        if "referral" in ready:
            yield from partners.examine(ready["referral"])
        if "notify" in ready:
            yield from refusals.examine(ready["notify"])
        for service, engine in ready.items() if expected else ():
            yield from _life(engine, service)
    except SQLAlchemyError as problem:
        cause = str(getattr(problem, "orig", None) or problem).strip().splitlines()[0]
        yield Finding("wrong", f"the database does not answer: {cause}")
    finally:
        for engine in engines.values():
            engine.dispose()


def roles(settings: Mapping[str, CommonSettings]) -> Iterator[Finding]:
    """Say whether each service has a role of its own in the database."""
    names = {make_url(one.database_url).username for one in settings.values()}
    if len(names) == len(settings):
        yield Finding("good", "each service has a role of its own in the database")
    else:
        variables = ", ".join(f"WEERZIEN_DATABASE_URL_{name.upper()}" for name in settings)
        yield Finding(
            "notice",
            f"services share a role in the database, so each could read what is another's: set {variables}"
            " and run `weerzien migrate`",
        )


def _server(engine: Engine) -> Iterator[Finding]:
    with engine.connect() as connection:
        version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
        off = [name for name in ("fsync", "synchronous_commit") if _setting(connection, name) == "off"]
        ahead = _seconds_ahead(connection)
    if version < OLDEST_POSTGRES * 10_000:
        yield Finding(
            "wrong", f"PostgreSQL is version {version // 10_000}; {OLDEST_POSTGRES} or later is needed"
        )
    for name in off:
        yield Finding(
            "wrong",
            f"{name} is off: what was accepted could be lost in a power cut. Switch it on",
        )
    yield clock(ahead)


def _setting(connection: Connection, name: str) -> str:
    return str(connection.execute(text(f"SHOW {name}")).scalar_one())


def _seconds_ahead(connection: Connection) -> float:
    before = datetime.now(UTC)
    theirs: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return (theirs - before - (datetime.now(UTC) - before) / 2).total_seconds()


def clock(seconds_ahead: float) -> Finding:
    """Compare the clocks: leases run on the database's and the times of texts on ours, so they must agree."""
    if abs(seconds_ahead) <= CLOCK_SECONDS:
        return Finding("good", "this clock and the database's agree")
    how = "ahead of" if seconds_ahead > 0 else "behind"
    return Finding(
        "wrong",
        f"the database's clock is {abs(seconds_ahead):.0f} seconds {how} this one: let both machines"
        " follow NTP (`timedatectl set-ntp true`)",
    )


def _tables(service: str, ready: bool) -> Finding:
    if ready:
        return Finding("good", f"the tables of {service} are up to date")
    return Finding("wrong", f"the tables of {service} are not up to date: run `weerzien migrate`")


def _life(engine: Engine, service: str) -> Iterator[Finding]:
    age = func.extract("epoch", func.clock_timestamp() - heartbeats.c.at)
    with engine.connect() as connection:
        seen = {name: float(since) for name, since in connection.execute(select(heartbeats.c.name, age))}
    for role in (WORKER, DISPATCHER):
        yield _sign(role, service, seen.get(role))


def _sign(role: str, service: str, age: float | None) -> Finding:
    if age is None:
        return Finding("wrong", f"no {role} of {service} has run here yet: start `weerzien {role} {service}`")
    if age > STALE_SECONDS:
        return Finding(
            "wrong",
            f"the {role} of {service} gave its last sign of life {age:.0f} seconds ago: look at its log and"
            " start it again",
        )
    return Finding("good", f"the {role} of {service} is at work")
