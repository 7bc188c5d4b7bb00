"""Who does not answer is told from who is starting, and from a supervisor that stood still itself."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from local.pulse import LONGEST_MOMENT, SILENT_SECONDS, STARTING_SECONDS, Pulse


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(10)
        yield made


@pytest.fixture
def pulse(listener: socket.socket) -> Pulse:
    return Pulse(f"http://127.0.0.1:{listener.getsockname()[1]}/healthz")


def answered(listener: socket.socket, what: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> bytes:
    link, _ = listener.accept()
    with link:
        asked = link.recv(1000)
        link.sendall(what)
    return asked


class Time:
    """Goes on in small steps, and asks the pulse at each."""

    def __init__(self, pulse: Pulse) -> None:
        self.now, self.pulse = 100.0, pulse

    def until(self, happens: Callable[[], bool]) -> bool:
        """Ask until something happens, and return whether the process counted as gone meanwhile."""
        for _ in range(10_000):
            self.now += 0.001
            if self.pulse.is_gone(self.now):
                return True
            if happens():
                return False
        raise AssertionError("it never happens")

    def passes(self, seconds: float) -> bool:
        """Return whether the process counts as gone before the seconds are over."""
        steps = int(seconds / LONGEST_MOMENT)
        return any(self.pulse.is_gone(self._later()) for _ in range(steps))

    def _later(self) -> float:
        self.now += LONGEST_MOMENT
        return self.now


def asks(pulse: Pulse) -> bool:
    return pulse._sent


def hears(pulse: Pulse) -> bool:
    return pulse._answered and pulse._link is None


def first_answer(time: Time, listener: socket.socket) -> None:
    assert not time.until(lambda: asks(time.pulse))
    assert answered(listener).startswith(b"GET /healthz HTTP/1.1")
    assert not time.until(lambda: hears(time.pulse))


def test_who_answers_is_there_and_who_falls_silent_for_ten_seconds_is_not(
    pulse: Pulse, listener: socket.socket
) -> None:
    time = Time(pulse)
    first_answer(time, listener)
    assert not time.passes(SILENT_SECONDS - 1)
    assert time.passes(3)


def test_an_answer_that_says_that_something_else_is_wrong_is_one(
    pulse: Pulse, listener: socket.socket
) -> None:
    time = Time(pulse)
    assert not time.until(lambda: asks(pulse))
    answered(listener, b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
    assert not time.until(lambda: hears(pulse))


def test_who_is_starting_has_more_time(pulse: Pulse) -> None:
    time = Time(pulse)
    assert not time.passes(STARTING_SECONDS - 2)
    assert time.passes(4)


def test_where_the_supervisor_stood_still_nobody_else_was_silent(
    pulse: Pulse, listener: socket.socket
) -> None:
    time = Time(pulse)
    first_answer(time, listener)
    time.passes(2)
    time.now += 3600
    assert not pulse.is_gone(time.now)


def test_a_process_that_was_just_started_begins_anew(pulse: Pulse, listener: socket.socket) -> None:
    time = Time(pulse)
    first_answer(time, listener)
    assert time.passes(SILENT_SECONDS + 2)
    pulse.forget()
    assert not time.passes(SILENT_SECONDS + 2)
