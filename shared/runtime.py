"""The parts that a process of a service works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session
from typing_extensions import TypeVar

from shared import crypto
from shared.clock import Clock, ShiftedClock, SystemClock
from shared.database import binding
from shared.database.engine import make_engine, make_sessions
from shared.events.services import SERVICES
from shared.peers import Peers
from shared.settings import CommonSettings, parse_keys

S = TypeVar("S", bound=CommonSettings, default=CommonSettings, covariant=True)
Given = TypeVar("Given", bound=CommonSettings)


@dataclass
class Runtime(Generic[S]):
    """`settings` are those of the service: `Runtime[ReferralSettings]`, say."""

    service: str
    settings: S
    clock: Clock
    engine: Engine
    sessions: sessionmaker[Session]
    peers: Peers


def build(service: str, settings: Given, *, clock: Clock | None = None) -> Runtime[Given]:
    """Make the parts of a process. Call it after a fork, never before."""
    ring = keyring_of(service, settings)
    crypto.install(ring)
    engine = make_engine(settings.database_url, service, pool_size=settings.database_pool)
    binding.heed(engine, ring)
    peers = Peers(service, {name: settings.internal_url(name) for name in SERVICES})
    return Runtime(service, settings, clock or make_clock(settings), engine, make_sessions(engine), peers)


def keyring_of(service: str, settings: CommonSettings) -> crypto.Keyring:
    """Return the keys of one service, from its settings."""
    return crypto.Keyring(
        settings.secret_keys,
        parse_keys(settings.encryption_keys.get_secret_value()),
        index_key=settings.index_key.get_secret_value() if settings.index_key else None,
        service=service,
        peer_keys=settings.peer_keys,
    )


def make_clock(settings: CommonSettings) -> Clock:
    if settings.clock is None:
        return SystemClock()
    return ShiftedClock(settings.clock, settings.clock_anchor or SystemClock().now())


_installed: Runtime[Any] | None = None


def install(runtime: Runtime[Any]) -> None:
    """Make this the runtime of the tasks in this process."""
    global _installed
    _installed = runtime


def current() -> Runtime[Any]:
    if _installed is None:
        raise RuntimeError("no runtime is installed in this process")
    return _installed
