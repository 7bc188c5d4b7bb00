"""kill -9 of anything, at any moment: what was accepted goes on, once."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import pytest

from tests.faults.conftest import numbers
from tests.faults.disaster import (
    also,
    ask_all,
    broker,
    each_heard_once,
    each_heard_once_or_is_on_the_list,
    kill_all,
    rows,
    stopped,
)
from tests.kit.system import System, eventually

CROWD = 40


def while_they_ask(system: System, disaster: object) -> dict[str, str]:
    """Questions arrive while the disaster happens; everybody keeps trying until they have a reference."""
    assert callable(disaster)
    happening = threading.Timer(0.4, disaster)
    happening.start()
    references = ask_all(system, numbers(CROWD))
    happening.join()
    return references


def test_the_web_process_dies_while_people_ask(system: System) -> None:
    each_heard_once(system, while_they_ask(system, lambda: kill_all(system, "web-intake")))


@pytest.mark.slow
def test_every_worker_dies_while_people_ask(system: System) -> None:
    workers = ("worker-intake", "worker-referral", "worker-notify")
    each_heard_once_or_is_on_the_list(system, while_they_ask(system, lambda: kill_all(system, *workers)))


@pytest.mark.slow
def test_the_broker_forgets_everything_while_people_ask(system: System) -> None:
    each_heard_once(system, while_they_ask(system, lambda: broker(system).flushall()))


@pytest.mark.slow
def test_the_broker_dies_while_people_ask(system: System) -> None:
    each_heard_once(system, while_they_ask(system, lambda: kill_all(system, "valkey")))


@pytest.mark.slow
def test_the_broker_stands_still_for_a_minute_while_people_ask(system: System) -> None:
    with stopped(system, "valkey"):
        stands_still = time.monotonic()
        references = ask_all(system, numbers(CROWD))
        eventually(lambda: time.monotonic() - stands_still > 60, 70, what="a minute")
    each_heard_once(system, references)


def test_the_broker_is_full_while_people_ask(system: System) -> None:
    """It refuses what is new and keeps what it has; everybody is answered, and hears when there is room."""
    room = str(broker(system).config_get("maxmemory")["maxmemory"])
    broker(system).config_set("maxmemory", 1)
    references = ask_all(system, numbers(CROWD))
    waiting = "SELECT count(*) FROM intake.deliveries WHERE state = 'due'"
    assert rows(system, waiting)[0][0] > 0
    broker(system).config_set("maxmemory", room)
    each_heard_once(system, references)


@pytest.mark.slow
def test_a_supervisor_that_is_killed_takes_everything_with_it_while_people_ask(system: System) -> None:
    def off_and_on() -> None:
        system.kill()
        system.up()

    each_heard_once_or_is_on_the_list(system, while_they_ask(system, off_and_on))


@pytest.mark.slow
def test_two_dispatchers_and_eight_workers_on_the_same_rows_do_everything_once(system: System) -> None:
    """Of notify, where a text goes out; half of them die while they are at it."""
    with ExitStack() as company:
        company.enter_context(also(system, "dispatcher", "notify"))
        workers = [company.enter_context(also(system, "worker", "notify")) for _ in range(7)]
        linked = (
            "SELECT count(DISTINCT pid) FROM pg_stat_activity WHERE application_name = 'weerzien-notify/2'"
        )
        eventually(lambda: rows(system, linked)[0][0] > len(workers), 60, what="workers that are up")

        def half_of_them_die() -> None:
            for worker in workers[:4]:
                worker.kill()

        references = while_they_ask(system, half_of_them_die)
        references |= ask_all(system, numbers(CROWD))
        each_heard_once_or_is_on_the_list(system, references)


@pytest.mark.slow
def test_the_database_dies_while_people_ask(system: System) -> None:
    each_heard_once_or_is_on_the_list(system, while_they_ask(system, lambda: kill_all(system, "postgres")))


@pytest.mark.slow
def test_everything_dies_at_once_and_the_next_start_goes_on_where_it_was(system: System) -> None:
    references = ask_all(system, numbers(CROWD))
    system.kill()
    system.up()
    each_heard_once_or_is_on_the_list(system, references)
