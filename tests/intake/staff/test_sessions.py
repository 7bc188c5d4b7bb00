from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, col, select, update

from services.intake.staff import sessions
from services.intake.staff.commands import add, signed_in
from services.intake.staff.rules import IDLE
from services.intake.staff.tables import Person, Role, StaffSession
from tests.conftest import MORNING

SessionFor = Callable[[str], Session]


def noor(session: Session) -> Person:
    return add(session, "Noor", "Noor@Centre.example", [Role.ADVISER], at=MORNING)


def test_whoever_signed_in_is_known_by_name_and_role(session_for: SessionFor) -> None:
    session = session_for("intake")
    token = sessions.begin(session, noor(session), means="password")
    signed = signed_in(session, token)
    assert signed is not None
    assert (signed.name, signed.roles, signed.is_stepped_up) == ("Noor", frozenset({Role.ADVISER}), True)


def test_a_person_who_is_disabled_is_out_at_once(session_for: SessionFor) -> None:
    session = session_for("intake")
    person = noor(session)
    token = sessions.begin(session, person, means="password")
    person.disabled_at = MORNING
    session.commit()
    assert signed_in(session, token) is None


def test_a_session_in_which_nothing_is_done_ends_by_itself(session_for: SessionFor) -> None:
    session = session_for("intake")
    token = sessions.begin(session, noor(session), means="password")
    session.execute(update(StaffSession).values(seen_at=datetime.now(UTC) - IDLE))
    assert signed_in(session, token) is None


def test_a_session_in_use_ends_after_a_long_day_all_the_same(session_for: SessionFor) -> None:
    session = session_for("intake")
    token = sessions.begin(session, noor(session), means="password")
    session.execute(update(StaffSession).values(ends_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert signed_in(session, token) is None


def test_ending_all_sessions_of_a_person_ends_nobody_elses(session_for: SessionFor) -> None:
    session = session_for("intake")
    mine, hers = (add(session, name, f"{name}@centre.example", [], at=MORNING) for name in ("noor", "lies"))
    token, another = (sessions.begin(session, person, means="password") for person in (mine, hers))
    sessions.end_all(session, mine.id)
    assert signed_in(session, token) is None
    assert signed_in(session, another) is not None


def test_the_same_address_in_another_spelling_is_the_same_person(session_for: SessionFor) -> None:
    session = session_for("intake")
    assert noor(session).id == add(session, "Noor B", "noor@centre.example ", [], at=MORNING).id
    assert len(session.scalars(select(Person).where(col(Person.name) == "Noor B")).all()) == 1
