"""Two versions run side by side: the one before reads what this one writes, until it is gone everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from alembic import command
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import create_engine, make_url, text
from sqlmodel import Session, select

from local.account import LocalProblem
from services import system
from services.commands import keys
from services.notify.replies.tables import InboundText
from shared import crypto, runtime
from shared.crypto import is_bound
from shared.database import binding, migrate
from shared.database.engine import connect_options
from shared.database.migrate import HERE, VERSION_TABLES, Line
from shared.desk.items import item, open_item
from shared.desk.tables import work_items
from shared.events.services import SERVICES
from shared.ids import new_id
from shared.runtime import Runtime
from shared.settings import parse_keys
from tests.kit.databases import with_name, worker_name
from tests.kit.settings import ENVIRONMENT, settings_for

AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
OURS = parse_keys(ENVIRONMENT["WEERZIEN_ENCRYPTION_KEYS"])


@pytest.fixture(autouse=True)
def _keys_come_back() -> Iterator[None]:
    before = crypto.keyring()
    yield
    crypto.install(before)


@pytest.fixture
def upgraded(postgres: str) -> Iterator[str]:
    """A database on which the version before has run until now."""
    reached = "SELECT name, since FROM {}.milestones"
    with psycopg.connect(plain(postgres), autocommit=True) as connection:
        kept = {name: connection.execute(reached.format(name)).fetchall() for name in SERVICES}
        for name in SERVICES:
            connection.execute(f"DELETE FROM {name}.milestones")
        yield postgres
        for name, rows in kept.items():
            connection.execute(f"DELETE FROM {name}.milestones")
            for row in rows:
                connection.execute(f"INSERT INTO {name}.milestones VALUES (%s, %s)", row)


@pytest.fixture
def process(postgres: str) -> Iterator[Callable[[], Runtime]]:
    """A process of notify that starts now."""
    started: list[Runtime] = []

    def start() -> Runtime:
        started.append(runtime.build("notify", settings_for("notify", database_url=postgres)))
        return started[-1]

    yield start
    for one in started:
        one.engine.dispose()


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def the_version_before(url: str, service: str) -> Iterator[None]:
    """One of its processes, as the database sees it."""
    with psycopg.connect(plain(url), application_name=f"weerzien-{service}"):
        yield


def as_the_version_before_reads(value: bytes, context: str) -> str:
    length = value[0]
    name, rest = value[1 : 1 + length].decode(), value[1 + length :]
    return AESGCM(OURS[name]).decrypt(rest[:12], rest[12:], context.encode()).decode()


def somebody_writes(session: Session, words: str) -> None:
    """By the ORM into one table, and by a statement into another."""
    session.add(
        InboundText(
            provider_sid=str(new_id()), from_index=b"1", sender="+31612345678", body=words, received_at=AT
        )
    )
    open_item(session, kind="reply", reason="r", subject_id=new_id(), dedupe_key=words, at=AT, words=words)
    session.commit()


def stored(session: Session) -> dict[str, list[bytes]]:
    columns = ("inbound_texts.body", "work_items.text")
    return {
        one: [bytes(value) for value in session.scalars(text(f"SELECT {one} FROM {one.partition('.')[0]}"))]
        for one in columns
    }


def test_until_the_version_before_runs_nowhere_it_reads_what_this_one_writes(
    upgraded: str, process: Callable[[], Runtime]
) -> None:
    with process().sessions() as session:
        somebody_writes(session, "Mag ik later komen?")
        for context, values in stored(session).items():
            assert [as_the_version_before_reads(one, context) for one in values] == ["Mag ik later komen?"]
        assert session.scalars(select(InboundText.body)).all() == ["Mag ik later komen?"]
        [id] = session.scalars(select(work_items.c.id)).all()
        assert item(session, id).text == "Mag ik later komen?"


def test_where_nothing_ran_before_everything_is_bound_from_the_start(
    postgres: str, process: Callable[[], Runtime]
) -> None:
    with process().sessions() as session:
        somebody_writes(session, "Dank u")
        assert all(is_bound(one) for values in stored(session).values() for one in values)


def test_a_process_that_runs_already_hears_soon_that_it_may_bind_and_asks_no_more(
    upgraded: str, process: Callable[[], Runtime], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(binding, "monotonic", lambda: now)
    runs = process()
    with runs.sessions() as session:
        somebody_writes(session, "one")
        binding.reach(session)
        session.commit()
        somebody_writes(session, "two")
        now += binding.HEARD_SECONDS
        somebody_writes(session, "three")
        forms = [[is_bound(one) for one in values] for values in stored(session).values()]
        assert forms == [[False, False, True]] * 2
        session.execute(text("DELETE FROM milestones"))
        now += binding.HEARD_SECONDS
        somebody_writes(session, "four")
        assert all(is_bound(values[-1]) for values in stored(session).values())


@pytest.fixture
def operator(upgraded: str, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """An operator at this database; returns how long a command waited."""
    monkeypatch.setattr("os.environ", ENVIRONMENT | {"WEERZIEN_DATABASE_URL": upgraded})
    waited: list[float] = []
    monkeypatch.setattr(keys, "sleep", waited.append)
    return waited


def test_nothing_is_bound_while_a_process_of_the_version_before_is_there(
    operator: list[float], upgraded: str, process: Callable[[], Runtime]
) -> None:
    with the_version_before(upgraded, "referral"), pytest.raises(LocalProblem, match="those of referral"):
        keys.reencrypt()
    assert not binding.is_reached(process().engine)


def test_once_it_is_gone_one_command_binds_what_is_there_and_what_comes(
    operator: list[float], upgraded: str, process: Callable[[], Runtime]
) -> None:
    runs = process()
    with runs.sessions() as session:
        somebody_writes(session, "one")
        assert keys.reencrypt()["notify"] == 3
        assert all(is_bound(one) for values in stored(session).values() for one in values)
        deeds = session.execute(text("SELECT who, deed, about FROM audit_entries")).all()
        assert [tuple(one) for one in deeds] == [("operator", "key.reencrypt", "keys")]
    assert operator == [binding.HEARD_SECONDS]
    with process().sessions() as session:
        somebody_writes(session, "two")
        assert all(is_bound(one) for values in stored(session).values() for one in values)
    assert keys.reencrypt()["notify"] == 0
    assert operator == [binding.HEARD_SECONDS]


def test_this_version_is_not_taken_for_the_one_before(process: Callable[[], Runtime]) -> None:
    with process().sessions() as session:
        assert binding.of_before(session, "notify") == 0


@pytest.mark.parametrize("it_ran", [True, False])
def test_only_where_a_version_ran_before_an_upgrade_waits_for_its_end(server_url: str, it_ran: bool) -> None:
    url = with_name(server_url, "postgres")
    name = f"{worker_name()}_before"
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    of_before = with_name(server_url, name)
    line = Line(HERE / "versions", VERSION_TABLES[0])
    engine = create_engine(of_before, connect_args=connect_options("notify"))
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA notify"))
        command.upgrade(migrate.config(line, connection), "common_0005")
        if it_ran:
            connection.execute(text("INSERT INTO fingerprints VALUES ('secret-key', '\\x01')"))
    system.service("notify").upgrade(of_before)
    assert binding.is_reached(engine) is not it_ran
    engine.dispose()


def test_a_machine_of_its_own_has_no_version_beside_it(
    operator: list[float], upgraded: str, process: Callable[[], Runtime]
) -> None:
    key = "wz_0123456789abcdef_only-for-tests"
    system.prepare_database(upgraded, key)
    assert not binding.is_reached(process().engine)
    system.prepare_database(upgraded, key, alone=True)
    assert binding.is_reached(process().engine)
