"""The supervisor: what ends is started again, what is stopped stays stopped, and nothing outlives it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from local.ports import hold
from tests.local.conftest import Program, Start, processes_of, until


@pytest.fixture
def port() -> Iterator[int]:
    with hold() as port:
        yield port


@pytest.fixture
def household(place: Path, port: int, start: Start) -> Iterator[Program]:
    program = start("household.py", place / "data", port)
    assert program.line() == "ready"
    yield program
    if program.process.poll() is None:
        program.process.terminate()
        program.finish()


def page(port: int) -> int:
    with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return int(answer.read())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_everything_and_ends_well(household: Program, place: Path, number: signal.Signals) -> None:
    household.process.send_signal(number)
    assert household.finish() == (0, "")
    assert not processes_of(place)


def test_a_child_that_does_not_listen_is_stopped_by_force(place: Path, port: int, start: Start) -> None:
    program = start("household.py", place / "data", port, "deaf")
    assert program.line() == "ready"
    program.process.terminate()
    assert program.finish() == (0, "")
    assert not processes_of(place)


def test_who_is_told_to_stop_while_it_starts_a_child_stops(place: Path, port: int, start: Start) -> None:
    program = start("household.py", place / "data", port, "hurried")
    assert program.process.stdout
    assert program.process.stdout.readline() == "", "it went on as if nobody had said anything"
    assert program.finish() == (0, "")
    assert not processes_of(place)


def test_nothing_outlives_it_when_it_is_killed_and_the_next_one_starts_at_once(
    household: Program, place: Path, port: int, start: Start
) -> None:
    household.kill()
    again = start("household.py", place / "data", port)
    assert again.line() == "ready"
    again.kill()
    until(lambda: not processes_of(place), what="for everything to end")


def test_nothing_outlives_it_either_where_the_kernel_tells_nobody(
    place: Path, port: int, start: Start
) -> None:
    program = start("household.py", place / "data", port, "elsewhere")
    assert program.line() == "ready"
    program.kill()
    until(lambda: not processes_of(place), what="for everything to end")


def test_a_child_that_dies_is_started_again(household: Program, port: int) -> None:
    first = page(port)
    os.kill(first, signal.SIGKILL)
    assert page(port) != first
    assert household.line().startswith("web ended by signal 9; starts again")


def test_a_child_that_lives_and_does_not_answer_is_started_again(
    place: Path, port: int, start: Start
) -> None:
    household = start("household.py", place / "data", port, "watched")
    assert household.line() == "ready"
    first = page(port)
    os.kill(first, signal.SIGSTOP)
    assert household.line().startswith("web lives and has not answered for")
    assert household.line().startswith("web ended by signal 9; starts again")
    assert page(port) != first
    household.process.terminate()
    assert household.finish() == (0, "")
    assert not processes_of(place)


def test_a_database_that_dies_is_started_again(household: Program, place: Path) -> None:
    first = int((place / "data" / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(first, signal.SIGKILL)
    assert household.line().startswith("postgres ended by signal 9; starts again")

    def another() -> bool:
        try:
            lines = (place / "data" / "postgres" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:  # a new server takes away what the killed one left before it writes its own
            return False
        return bool(lines) and int(lines[0]) != first and lines[-1].strip() == "ready"

    until(another, what="for the database to come back")


def test_a_second_one_on_the_same_folder_says_who_is_there(
    household: Program, place: Path, start: Start
) -> None:
    with hold() as another:
        code, said = start("household.py", place / "data", another).finish()
    assert code == 1
    assert said.strip() == f"{place / 'data'} is in use already, by process {household.process.pid}"
    assert household.process.poll() is None


def test_a_child_that_never_stays_up_ends_the_start_with_its_last_words(
    place: Path, port: int, start: Start
) -> None:
    code, said = start("household.py", place / "data", port, "broken").finish()
    assert code == 1
    assert "worker does not stay up" in said
    assert "the worker has no broker" in said
