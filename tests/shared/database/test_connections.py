"""Connections that were lost while they lay in the pool."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import Engine, text

from shared.database import engine as connections
from shared.runtime import Runtime


class Pacemaker:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Pacemaker:
    made = Pacemaker()
    monkeypatch.setattr(connections, "monotonic", made)
    return made


def the_server_drops_everybody(engine: Engine) -> None:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND application_name = 'weerzien-notify/2'"
        )


def test_one_that_is_found_dead_after_a_rest_takes_those_of_a_moment_ago_with_it(
    runtime_for: Callable[[str], Runtime], seconds: Pacemaker
) -> None:
    engine = runtime_for("notify").engine
    rested, used_lately = engine.connect(), engine.connect()
    rested.close()
    seconds.seconds += 10 * connections.FRESH_SECONDS
    used_lately.close()
    the_server_drops_everybody(engine)
    for _ in range(2):
        with engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
