"""Ports that are chosen here and listened on by another process, and who is there already."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from local import ports
from local.ports import Hold, hold, holder, is_free, listen
from tests.local.conftest import IMPORTS

HOLDS_THIS_ONE = "import sys; from local.ports import Hold; print(Hold(int(sys.argv[1])).port)"
LISTENS = "import sys; from local.ports import listen; print(listen('127.0.0.1', int(sys.argv[1])))"
HOLDS_ANY = "from local.ports import hold; held = hold(); print(held.port, flush=True); input()"
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(IMPORTS)}


def another_process(script: str, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, str(port)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_port_that_is_listened_on_is_not_free_and_cannot_be_listened_on_twice() -> None:
    with hold() as port, listen("127.0.0.1", port):
        assert not is_free(port)
        with pytest.raises(OSError, match="Address already in use"):
            listen("127.0.0.1", port)
    assert is_free(port)


def test_a_port_that_is_listened_on_is_not_chosen() -> None:
    with hold() as port:
        pass
    with listen("127.0.0.1", port), pytest.raises(OSError, match="Address already in use"):
        Hold(port)


def test_two_processes_never_hold_one_port() -> None:
    with hold() as port:
        refused = another_process(HOLDS_THIS_ONE, port)
    assert "Address already in use" in refused.stderr
    assert another_process(HOLDS_THIS_ONE, port).stdout.strip() == str(port)


def test_who_chooses_among_held_ports_gets_the_one_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with hold(3) as first:
        monkeypatch.setattr(ports, "LOW", first)
        monkeypatch.setattr(ports, "HIGH", first + 3)
        with pytest.raises(OSError, match="no free port"):
            hold()
        monkeypatch.setattr(ports, "HIGH", first + 4)
        with hold() as left:
            assert left == first + 3


def test_of_neighbouring_ports_all_are_held_or_none() -> None:
    with hold(3) as first:
        pass
    with Hold(first + 2):
        with pytest.raises(OSError, match="Address already in use"):
            Hold(first, 3)
        with Hold(first, 2):
            pass


def test_a_server_in_another_process_listens_on_the_port_that_is_held_for_it() -> None:
    with hold() as port:
        assert another_process(LISTENS, port).returncode == 0
        with listen("127.0.0.1", port), socket.create_connection(("127.0.0.1", port), 5):
            pass


def test_nothing_answers_on_a_port_that_is_only_held() -> None:
    with hold() as port, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a server could not bind beside it")
def test_a_program_that_takes_what_is_free_does_not_get_a_held_port() -> None:
    in_use = pytest.raises(OSError, match="Address already in use")
    with hold() as port, socket.socket() as stranger, in_use:
        stranger.bind(("127.0.0.1", port))


def test_the_system_ends_a_hold_with_its_holder() -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", HOLDS_ANY], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert program.stdout
    port = int(program.stdout.readline())
    with pytest.raises(OSError, match="Address already in use"):
        Hold(port)
    program.kill()
    program.communicate()
    Hold(port).release()


def test_the_process_that_listens_on_a_port_is_named() -> None:
    with hold() as port:
        with listen("127.0.0.1", port):
            assert f"process {os.getpid()} (" in holder(port)
        assert holder(port).startswith("another program")
