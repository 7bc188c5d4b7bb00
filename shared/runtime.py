"""What one process of one service works with."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from shared.clock import Clock, ShiftedClock, SystemClock
from shared.database.engine import make_engine, make_sessions
from shared.security import keys
from shared.settings import CommonSettings, parse_keys
from shared.web.peers import Peers


@dataclass
class Runtime:
    service: str
    settings: CommonSettings
    clock: Clock
    engine: Engine
    sessions: sessionmaker[Session]
    peers: Peers


def build(service: str, settings: CommonSettings, *, clock: Clock | None = None) -> Runtime:
    """Make the parts of a process; call it after a fork, never before."""
    keys.install(
        keys.Keyring(
            settings.secret_key.get_secret_value(), parse_keys(settings.encryption_keys.get_secret_value())
        )
    )
    engine = make_engine(settings.database_url, service, pool_size=settings.database_pool)
    peers = Peers(service, {name: settings.internal_url(name) for name in ("intake", "referral", "notify")})
    return Runtime(service, settings, clock or make_clock(settings), engine, make_sessions(engine), peers)


def make_clock(settings: CommonSettings) -> Clock:
    if settings.clock is None:
        return SystemClock()
    return ShiftedClock(settings.clock, settings.clock_anchor or SystemClock().now())


_installed: Runtime | None = None


def install(runtime: Runtime) -> None:
    """Make this the runtime that tasks of this process use."""
    global _installed
    _installed = runtime


def current() -> Runtime:
    if _installed is None:
        raise RuntimeError("no runtime is installed in this process")
    return _installed
