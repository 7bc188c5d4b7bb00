"""What a service's role in PostgreSQL can do, and above all what it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import make_url
from sqlmodel import Session

from services import system
from shared.database import binding, roles
from shared.database.engine import make_engine
from shared.events.services import SERVICES
from tests.kit.databases import worker_name

Connect = Callable[[str], psycopg.Connection[tuple[object, ...]]]


def address(owner: str, service: str, password: str = "a-password-of-this-test") -> str:
    url = make_url(owner).set(username=f"{worker_name()}_{service}", password=password)
    return url.render_as_string(hide_password=False)


@pytest.fixture
def as_role(postgres: str) -> Iterator[Connect]:
    """Connections as the roles of the services, which `prepare` has made."""
    assert roles.prepare(postgres, {one: address(postgres, one) for one in SERVICES}) == list(SERVICES)
    opened: list[psycopg.Connection[tuple[object, ...]]] = []

    def connect(service: str) -> psycopg.Connection[tuple[object, ...]]:
        url = make_url(address(postgres, service)).set(drivername="postgresql")
        opened.append(psycopg.connect(url.render_as_string(hide_password=False), autocommit=True))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


def test_a_service_reads_and_writes_what_is_its_own(as_role: Connect) -> None:
    notify = as_role("notify")
    notify.execute("INSERT INTO notify.heartbeats (name, at) VALUES ('worker', clock_timestamp())")
    notify.execute("UPDATE notify.heartbeats SET at = clock_timestamp()")
    assert notify.execute("SELECT count(*) FROM notify.heartbeats").fetchone() == (1,)
    notify.execute("SELECT 1 FROM notify.heartbeats FOR UPDATE SKIP LOCKED")
    notify.execute("DELETE FROM notify.heartbeats")


def test_a_service_sees_the_version_before_at_work_whatever_role_that_one_has(
    as_role: Connect, postgres: str
) -> None:
    as_role("notify")
    owner = make_url(postgres).set(drivername="postgresql").render_as_string(hide_password=False)
    ours = make_engine(address(postgres, "notify"), "notify", pool_size=1)
    with Session(ours) as session:
        assert binding.of_before(session, "notify") == 0
        session.rollback()  # PostgreSQL says the same all through a transaction
        with psycopg.connect(owner, application_name="weerzien-notify"):
            assert binding.of_before(session, "notify") == 1
    ours.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT question FROM intake.advice_requests",
        "SELECT to_jsonb(r) FROM referral.referrals AS r",
        "UPDATE intake.advice_requests SET hold = false",
        "INSERT INTO intake.api_keys VALUES ('a', 'b', '[]', '', clock_timestamp())",
        "CREATE TABLE notify.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "ALTER TABLE notify.messages ADD COLUMN mine int",
        "ALTER TABLE notify.messages DISABLE TRIGGER ALL",
        "DROP TABLE notify.messages",
        "TRUNCATE notify.messages",
        "DROP SCHEMA notify CASCADE",
        "UPDATE notify.alembic_version SET version_num = 'notify_0001'",
        "DELETE FROM notify.common_version",
        "SELECT rolpassword FROM pg_authid",
        "COPY notify.messages TO PROGRAM 'cat'",
    ],
)
def test_notify_sees_nothing_of_others_and_changes_no_table(as_role: Connect, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role("notify").execute(statement)


def test_no_role_can_become_the_owner_or_another_service(as_role: Connect, postgres: str) -> None:
    notify = as_role("notify")
    for name in (make_url(postgres).username, f"{worker_name()}_intake"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            notify.execute(f'SET ROLE "{name}"')


def test_a_new_password_in_the_address_is_the_roles_password(as_role: Connect, postgres: str) -> None:
    changed = address(postgres, "notify", "another-password")
    roles.prepare(postgres, {"notify": changed})
    with pytest.raises(psycopg.OperationalError, match="password"):
        as_role("notify")
    psycopg.connect(changed.replace("postgresql+psycopg", "postgresql")).close()


def test_an_address_of_the_owner_makes_no_role(postgres: str) -> None:
    assert roles.prepare(postgres, dict.fromkeys(SERVICES, postgres)) == []


def test_migrate_makes_the_roles_that_it_is_told_and_doing_so_twice_changes_nothing(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEERZIEN_DATABASE_URL", postgres)
    monkeypatch.setenv("WEERZIEN_DATABASE_URL_NOTIFY", address(postgres, "notify"))
    assert [system.migrate(postgres) for _ in range(2)] == [["notify"], ["notify"]]
