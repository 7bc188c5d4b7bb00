"""With another secret key nobody who said STOP would be found: nothing works under it, however it came."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from services import system
from services.doctor import examine
from shared import crypto
from shared.messaging import worker
from shared.security import fingerprint
from tests.kit.settings import ENVIRONMENT
from tests.kit.system import eventually

OURS = ENVIRONMENT["WEERZIEN_SECRET_KEY"]
ANOTHER = OURS[::-1]
PROGRAMS = [system.work, system.dispatch, system.web]
Program = Callable[[str], int]
Under = Callable[..., None]


@pytest.fixture
def under(postgres: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Under]:
    """Programs of this process run under a secret key, and end as soon as they would begin to work."""

    path = os.environ["PATH"]

    def use(key: str, index: str = "") -> None:
        given = {"WEERZIEN_DATABASE_URL": postgres, "WEERZIEN_SECRET_KEY": key, "WEERZIEN_INDEX_KEY": index}
        monkeypatch.setattr("os.environ", {"PATH": path, **ENVIRONMENT, **given})

    handlers = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    monkeypatch.setattr(system, "configure_logging", lambda *_: None)
    monkeypatch.setattr(system, "DATABASE_AGAIN", 0.05)
    monkeypatch.setattr(crypto, "_installed", crypto.keyring())
    monkeypatch.setattr(worker, "run", lambda *_, **__: 0)
    monkeypatch.setattr(worker, "dispatch", lambda *_: None)
    monkeypatch.setattr(uvicorn.Server, "run", serves)
    yield use
    for number, handler in handlers:
        signal.signal(number, handler)


def serves(server: uvicorn.Server, sockets: object = None) -> None:
    server.started = True


def serves_until_told(server: uvicorn.Server, sockets: object = None) -> None:
    serves(server)
    eventually(lambda: server.should_exit, what="the end of a program under another key")


@pytest.fixture
def first_key(under: Under, session_for: Callable[[str], Session]) -> None:
    """The service has worked under a key."""
    under(OURS)
    session_for("notify")
    assert [program("notify") for program in PROGRAMS] == [0, 0, 0]


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_starts_under_another_key_and_everything_does_under_the_old_one(
    first_key: None, under: Under, program: Program
) -> None:
    under(ANOTHER)
    with pytest.raises(SystemExit, match="Put the old one back"):
        program("notify")
    under(OURS)
    assert program("notify") == 0


def test_a_signing_key_is_rotated_step_by_step_and_cannot_be_lost_on_the_way(
    first_key: None, under: Under
) -> None:
    for ring in (f"{OURS},{ANOTHER}", f"{ANOTHER},{OURS}", f"{OURS},{ANOTHER}", f"{ANOTHER},{OURS}", ANOTHER):
        under(ring, OURS)
        assert [program("notify") for program in PROGRAMS] == [0, 0, 0]
    for key, index in ((OURS, OURS), (ANOTHER, ANOTHER), (ANOTHER, "")):
        under(key, index)
        with pytest.raises(SystemExit, match="Put the old one back"):
            system.work("notify")


def test_a_new_signing_key_without_the_old_one_behind_it_is_noticed(first_key: None, under: Under) -> None:
    under(ANOTHER, OURS)
    with pytest.raises(SystemExit, match="in front of the old one"):
        system.work("notify")


def test_an_installation_of_before_knew_one_key_for_everything(
    first_key: None, under: Under, session_for: Callable[[str], Session]
) -> None:
    session = session_for("notify")
    session.execute(text("DELETE FROM fingerprints WHERE name <> 'secret-key'"))
    session.commit()
    under(ANOTHER, OURS)
    with pytest.raises(SystemExit):
        system.work("notify")
    under(f"{ANOTHER},{OURS}", OURS)
    assert system.work("notify") == 0


def test_the_doctor_says_while_a_signing_key_is_being_rotated(
    first_key: None, under: Under, tmp_path: Path
) -> None:
    under(f"{ANOTHER},{OURS}", OURS)
    said = [one.text for one in examine(tmp_path, running=False) if "more than one key" in one.text]
    assert len(said) == 1


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_database_that_answers_later_still_says_that_the_key_is_another(
    first_key: None, under: Under, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, keep = iter([OperationalError("", {}, Exception())]), fingerprint.keep

    def kept_later(*asked: object) -> bool | None:
        for problem in away:
            raise problem
        return keep(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(fingerprint, "keep", kept_later)
    monkeypatch.setattr(uvicorn.Server, "run", serves_until_told)
    under(ANOTHER)
    with pytest.raises(SystemExit, match="Put the old one back"):
        program("notify")


def test_a_program_that_waits_for_its_database_can_be_stopped(
    under: Under, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        signal.raise_signal(signal.SIGTERM)
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(fingerprint, "keep", away)
    under(OURS)
    with pytest.raises(SystemExit) as ended:
        system.work("notify")
    assert ended.value.code == 0
    assert system.dispatch("notify") == 0


def test_a_worker_that_is_told_to_stop_before_it_listens_itself_does_not_go_on(
    under: Under, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begins(*_: object, **__: object) -> int:
        signal.raise_signal(signal.SIGTERM)
        return 1

    monkeypatch.setattr(worker, "run", begins)
    under(OURS)
    with pytest.raises(SystemExit) as ended:
        system.work("notify")
    assert ended.value.code == 0


def test_a_key_is_told_apart_also_where_a_migration_is_still_to_come(
    first_key: None, under: Under, session_for: Callable[[str], Session]
) -> None:
    session = session_for("notify")
    latest = session.scalar(text("SELECT version_num FROM alembic_version"))
    at = text("UPDATE alembic_version SET version_num = :version")
    session.execute(at, {"version": "notify_0001"})
    session.commit()
    try:
        under(ANOTHER)
        with pytest.raises(SystemExit, match="Put the old one back"):
            system.web("notify")
    finally:
        session.execute(at, {"version": latest})
        session.commit()


def test_the_doctor_and_readiness_say_it(
    first_key: None, under: Under, client_for: Callable[[str], TestClient], tmp_path: Path
) -> None:
    assert not any(fingerprint.ANOTHER_KEY in one.text for one in examine(tmp_path, running=False))
    assert client_for("notify").get("/readyz").json()["secretKey"] == "ok"
    under(ANOTHER)
    [said] = [one for one in examine(tmp_path, running=False) if fingerprint.ANOTHER_KEY in one.text]
    assert said.grade == "wrong"
    system.make_runtime("notify").engine.dispose()
    assert client_for("notify").get("/readyz").json()["secretKey"].startswith("another than before")
