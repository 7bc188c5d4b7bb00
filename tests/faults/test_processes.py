"""kill -9 of anything, at any moment: what was accepted goes on, once."""

from __future__ import annotations

import threading

import pytest

from tests.faults.conftest import numbers
from tests.faults.disaster import ask_all, broker, each_heard_once, kill_all
from tests.kit.system import System

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
    each_heard_once(system, while_they_ask(system, lambda: kill_all(system, *workers)))


@pytest.mark.slow
def test_the_broker_forgets_everything_while_people_ask(system: System) -> None:
    each_heard_once(system, while_they_ask(system, lambda: broker(system).flushall()))


@pytest.mark.slow
def test_the_broker_dies_while_people_ask(system: System) -> None:
    each_heard_once(system, while_they_ask(system, lambda: kill_all(system, "valkey")))


@pytest.mark.slow
def test_the_database_dies_while_people_ask(system: System) -> None:
    each_heard_once(system, while_they_ask(system, lambda: kill_all(system, "postgres")))


@pytest.mark.slow
def test_everything_dies_at_once_and_the_next_start_goes_on_where_it_was(system: System) -> None:
    references = ask_all(system, numbers(CROWD))
    system.kill()
    system.up()
    each_heard_once(system, references)
