"""The embedded database: it comes back after anything, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from local.account import LocalProblem
from local.postgres import Postgres
from tests.local.conftest import NOBODY, Start, as_ordinary_user, processes_of, rows, until

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def test_it_keeps_what_was_written_and_stops_cleanly(place: Path) -> None:
    server = Postgres(place / "data")
    engine = create_engine(server.start())
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (word text)"))
        connection.execute(text("INSERT INTO kept VALUES ('weerzien')"))
    engine.dispose()
    server.stop()
    assert not processes_of(place)

    assert rows(server.start(), "SELECT word FROM kept") == [("weerzien",)]
    server.stop()


def test_starting_and_stopping_twice_changes_nothing(place: Path) -> None:
    server = Postgres(place / "data")
    assert server.start() == server.start()
    first = server.pid
    server.stop()
    server.stop()
    assert first is not None


def test_nobody_comes_in_without_the_password_and_nothing_listens_on_the_network(place: Path) -> None:
    server = Postgres(place / "data")
    url = server.start()
    password = url.split(":")[2].split("@")[0]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        rows(url.replace(password, "guess"), "SELECT 1")
    assert rows(url, "SHOW listen_addresses") == [("",)]
    assert rows(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
    server.stop()


def test_it_flushes_to_disk_and_logs_no_value_of_a_row(place: Path) -> None:
    server = Postgres(place / "data")
    url = server.start()
    assert rows(url, "SHOW fsync") == [("on",)]
    rows(url, "CREATE TABLE people (name text PRIMARY KEY)")
    rows(url, "INSERT INTO people VALUES ('Canary')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        rows(url, "INSERT INTO people VALUES ('Canary')")
    server.stop()
    log = server.log.read_text()
    assert "duplicate key" in log
    assert "Canary" not in log


def test_two_checkouts_side_by_side_do_not_disturb_each_other(place: Path) -> None:
    one, other = Postgres(place / "one"), Postgres(place / "other")
    rows(one.start(), "CREATE TABLE mine (id int)")
    rows(other.start(), "CREATE TABLE mine (id int)")
    one.stop()
    assert rows(other.url, "SELECT count(*) FROM mine") == [(0,)]
    other.stop()


def test_a_second_one_on_the_same_data_says_who_uses_them(place: Path) -> None:
    server = Postgres(place / "data")
    url = server.start()
    with pytest.raises(LocalProblem, match=f"in use by process {os.getpid()}"):
        Postgres(place / "data").start()
    assert rows(url, "SELECT 1") == [(1,)]
    server.stop()


@pytest.mark.parametrize("how", ["main", "thread"])
def test_no_orphan_is_left_when_its_owner_is_killed(place: Path, start: Start, how: str) -> None:
    holder = start("holder.py", place / "data", "postgres", "valkey", how)
    holder.line(), holder.line()
    assert len(processes_of(place)) > 2
    holder.kill()
    until(lambda: not processes_of(place), what="for the servers to end")


def test_it_comes_back_after_the_server_and_its_owner_are_killed(place: Path, start: Start) -> None:
    holder = start("holder.py", place / "data", "postgres")
    url, pid = holder.line().split()
    rows(url, "CREATE TABLE kept (id int)")
    rows(url, "INSERT INTO kept VALUES (7)")
    os.kill(int(pid), signal.SIGKILL)
    holder.kill()

    server = Postgres(place / "data")
    assert rows(server.start(), "SELECT id FROM kept") == [(7,)]
    server.stop()


def test_a_server_that_outlived_its_owner_is_ended_first(place: Path, start: Start) -> None:
    holder = start("holder.py", place / "data", "postgres")
    pid = int(holder.line().split()[1])
    os.kill(pid, signal.SIGSTOP)  # deaf to the signal of its owner's death, like a server that hangs
    holder.kill()
    assert pid in processes_of(place)
    server = Postgres(place / "data")
    server.stop_seconds = 1
    assert rows(server.start(), "SELECT 1") == [(1,)]
    assert pid not in processes_of(place)
    server.stop()


def test_an_old_process_id_that_is_another_program_now_is_no_hindrance(place: Path) -> None:
    server = Postgres(place / "data")
    server.start()
    server.stop()
    pidfile = server.folder / "postmaster.pid"
    pidfile.write_text(f"{os.getpid()}\n{server.folder}\n")
    os.chown(pidfile, server.folder.stat().st_uid, server.folder.stat().st_gid)
    assert rows(server.start(), "SELECT 1") == [(1,)]
    server.stop()


def test_making_the_data_broken_off_is_begun_anew(place: Path) -> None:
    half = place / "data" / "postgres.new"
    half.mkdir(parents=True)
    (place / "data" / "initdb.password").write_text("old")
    (half / "PG_VERSION").write_text("18")
    server = Postgres(place / "data")
    assert rows(server.start(), "SELECT 1") == [(1,)]
    server.stop()
    assert not half.exists()
    assert not (place / "data" / "initdb.password").exists()


def test_data_of_another_version_are_refused_in_words(place: Path) -> None:
    server = Postgres(place / "data")
    server.start()
    server.stop()
    (server.folder / "PG_VERSION").write_text("15\n")
    with pytest.raises(LocalProblem, match=r"are of PostgreSQL 15 and the program is PostgreSQL \d+"):
        server.start()
    server.stop()


def test_a_path_too_long_for_a_socket_works_all_the_same(place: Path) -> None:
    deep = place / ("a folder with spaces " * 3) / ("x" * 60)
    server = Postgres(deep / "data")
    assert rows(server.start(), "SELECT 1") == [(1,)]
    assert server.sockets.stat().st_mode & 0o777 == 0o700
    server.stop()
    server.sockets.rmdir()


@AS_ROOT
def test_root_runs_it_as_an_unprivileged_user(place: Path) -> None:
    server = Postgres(place / "data")
    server.start()
    assert Path(f"/proc/{server.pid}").stat().st_uid != 0
    assert server.folder.stat().st_uid == Path(f"/proc/{server.pid}").stat().st_uid
    assert place.stat().st_mode & 0o777 == 0o755
    server.stop()


@AS_ROOT
def test_root_runs_it_in_a_folder_closed_to_others_and_leaves_the_folder_closed(place: Path) -> None:
    place.chmod(0o700)
    allowed = subprocess.run(["/usr/bin/unshare", "-U", "true"], check=False, capture_output=True)
    server = Postgres(place / "data")
    if allowed.returncode:
        with pytest.raises(LocalProblem, match="does not run as root"):
            server.start()
    else:
        assert rows(server.start(), "SELECT 1") == [(1,)]
    assert place.stat().st_mode & 0o777 == 0o700
    server.stop()


@AS_ROOT
def test_root_in_a_folder_of_an_ordinary_user_leaves_the_data_to_that_user(place: Path, start: Start) -> None:
    os.chown(place, NOBODY, NOBODY)
    holder = start("holder.py", place / "data", "postgres", prefix=as_ordinary_user())
    url = holder.line().split()[0]
    assert Path(f"/proc/{holder.process.pid}").stat().st_uid == NOBODY
    rows(url, "CREATE TABLE theirs (id int)")
    holder.finish()

    server = Postgres(place / "data")
    assert rows(server.start(), "SELECT count(*) FROM theirs") == [(0,)]
    server.stop()
    assert server.folder.stat().st_uid == NOBODY
