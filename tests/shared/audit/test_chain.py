"""Whoever changes what was written in the audit is found out, with the row."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlmodel import Session

from shared import audit
from shared.audit.chain import START, verify
from shared.database import roles
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.kit.databases import worker_name

SessionFor = Callable[[str], Session]
NOOR = "staff:018f0000-0000-7000-8000-000000000001"
CALL = "call:018f0000-0000-7000-8000-000000000002"


def note(session: Session, number: int = 1, *, at: datetime = MORNING) -> None:
    for one in range(number):
        audit.record(
            session, NOOR, "reveal.phone", CALL, at=at + timedelta(minutes=one), why="to call, één keer"
        )
    session.commit()


def changed(session: Session, statement: str) -> None:
    """Change the tables as somebody who owns the database could."""
    for table in ("audit_entries", "audit_chain"):
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    assert session.execute(text(statement)).rowcount  # type: ignore[attr-defined]
    for table in ("audit_entries", "audit_chain"):
        session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    session.commit()


def test_what_was_done_is_one_unbroken_chain(session_for: SessionFor) -> None:
    session = session_for("intake")
    note(session, 3)
    note(session)
    found = verify(session)
    assert (found.entries, found.flaws) == (4, ())
    assert found.last != START


def test_a_deed_that_is_not_done_after_all_leaves_no_trace(session_for: SessionFor) -> None:
    session = session_for("intake")
    audit.record(session, NOOR, "reveal.phone", CALL, at=MORNING)
    session.rollback()
    assert verify(session).entries == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET why = 'to call, een keer' WHERE id = {entry}",
        "UPDATE audit_entries SET who = who || ' ' WHERE id = {entry}",
        "UPDATE audit_entries SET deed = 'reveal.phonf' WHERE id = {entry}",
        "UPDATE audit_entries SET about = 'call:018f0000-0000-7000-8000-000000000003' WHERE id = {entry}",
        "UPDATE audit_entries SET at = at + interval '1 microsecond' WHERE id = {entry}",
        "UPDATE audit_chain SET hash = set_byte(hash, 31, get_byte(hash, 31) # 1) WHERE number = 3",
        "DELETE FROM audit_entries WHERE id = {entry}",
    ],
)
def test_one_byte_that_was_changed_is_found_with_its_row(session_for: SessionFor, statement: str) -> None:
    session = session_for("intake")
    note(session, 5)
    entry = session.execute(text("SELECT entry_id FROM audit_chain WHERE number = 3")).scalar_one()
    changed(session, statement.format(entry=f"'{entry}'"))
    first = verify(session).flaws[0]
    assert (first.number, first.entry_id) == (3, entry)


def test_a_link_that_was_made_to_follow_another_is_found(session_for: SessionFor) -> None:
    session = session_for("intake")
    note(session, 5)
    changed(
        session,
        "UPDATE audit_chain SET previous = set_byte(previous, 0, get_byte(previous, 0) # 1) WHERE number = 3",
    )
    assert verify(session).flaws[0].number == 3


def test_links_that_are_gone_are_missed(session_for: SessionFor) -> None:
    session = session_for("intake")
    note(session, 5)
    changed(session, "DELETE FROM audit_chain WHERE number = 3")
    found = verify(session)
    assert found.flaws[0].number == 4
    assert "slipped in" in found.flaws[-1].wrong  # the entry itself, which has no link now


def test_an_entry_that_was_slipped_in_is_found(session_for: SessionFor) -> None:
    session = session_for("intake")
    note(session)
    changed(
        session,
        "INSERT INTO audit_entries SELECT gen_random_uuid(), at, who, deed, about, why FROM audit_entries",
    )
    assert [one.number for one in verify(session).flaws] == [None]


def test_many_who_act_at_the_same_moment_make_one_chain(runtime_for: Callable[[str], Runtime]) -> None:
    runtime = runtime_for("intake")

    def act(_: int) -> None:
        with runtime.sessions() as session:
            note(session, 3)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(40)))
    with runtime.sessions() as session:
        found = verify(session)
    assert (found.entries, found.flaws) == (120, ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"who": "Noor"},
        {"who": "key:the desk's program"},
        {"about": "call:+31612345678"},
        {"about": "An Jansen"},
        {"deed": "Reveal phone"},
        {"why": "06 12 34 56 78"},
        {"why": "message:01998877-6655-7443-8221-100123456789 06 12 34 56 78"},
        {"why": "an@voorbeeld.nl"},
        {"why": "x" * 201},
    ],
    ids=str,
)
def test_a_name_a_number_or_an_address_is_not_taken_into_the_audit(
    session_for: SessionFor, wrong: dict[str, str]
) -> None:
    session = session_for("intake")
    given = {"who": NOOR, "deed": "reveal.phone", "about": CALL} | wrong
    with pytest.raises(ValueError, match="the audit holds"):
        audit.record(session, at=MORNING, **given)
    assert verify(session).entries == 0


def test_an_id_is_taken_into_the_audit_whatever_its_digits(session_for: SessionFor) -> None:
    session = session_for("intake")
    why = "message:01998877-6655-7443-8221-100123456789"
    audit.record(session, NOOR, "consent.written", CALL, at=MORNING, why=why)
    session.commit()
    assert verify(session).entries == 1


@pytest.mark.parametrize("table", ["audit_entries", "audit_chain"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET {column} = {column}", "DELETE FROM {}"])
def test_nothing_of_the_audit_is_changed_even_by_the_owner_of_the_tables(
    session_for: SessionFor, table: str, deed: str
) -> None:
    session = session_for("intake")
    note(session)
    column = "why" if table == "audit_entries" else "hash"
    with pytest.raises(Exception, match="only added to"):
        session.execute(text(deed.format(table, column=column)))


@pytest.fixture
def as_intake(postgres: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection as intake's own role, which the rights of the tables were given to."""
    name = f"{worker_name()}_audit"
    url = make_url(postgres).set(username=name, password="a-password-of-this-test")
    roles.prepare(postgres, {"intake": url.render_as_string(hide_password=False)})
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, options="-c search_path=intake")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET why = ''",
        "DELETE FROM audit_entries",
        "INSERT INTO audit_chain VALUES (99, gen_random_uuid(), '', '')",
        "UPDATE audit_chain SET hash = ''",
        "DELETE FROM audit_chain",
        "TRUNCATE audit_entries",
        "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
    ],
)
def test_a_service_adds_to_its_audit_and_changes_nothing_of_it(
    as_intake: psycopg.Connection[tuple[object, ...]], statement: str
) -> None:
    as_intake.execute(
        "INSERT INTO audit_entries VALUES (gen_random_uuid(), clock_timestamp(), 'system', 'a', 'b', '')"
    )
    assert as_intake.execute("SELECT number FROM audit_chain").fetchall() == [(1,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_intake.execute(statement)
    as_intake.close()


def test_what_is_older_than_its_period_goes_and_the_rest_still_holds(session_for: SessionFor) -> None:
    session = session_for("intake")
    for years in (6, 6, 2, 0):
        note(session, at=MORNING - timedelta(days=365 * years))
    assert audit.over(session, MORNING - timedelta(days=1825), 500, MORNING) == 2
    session.commit()
    found = verify(session)
    assert (found.entries, found.flaws) == (2, ())
    assert audit.over(session, MORNING - timedelta(days=1825), 500, MORNING) == 0


def test_nothing_of_the_last_year_is_let_go_whoever_asks(session_for: SessionFor) -> None:
    session = session_for("intake")
    note(session)
    assert audit.over(session, MORNING + timedelta(days=4000), 500, MORNING) == 0
    assert verify(session).entries == 1
