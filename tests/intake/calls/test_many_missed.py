"""Whoever rings and rings is called back once, and hides nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlmodel import Session, col

from services.intake.calls import commands, queries
from services.intake.calls.commands import calling_back
from services.intake.calls.numbers import index_of
from services.intake.calls.tables import CallBack, Result, Why
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.desk.items import open_items
from tests.conftest import MORNING
from tests.kit.desk import press
from tests.kit.staff import sign_in

CENTRE = "+31201234567"
THEIRS, ANOTHER = "+31612345678", "+31687654321"


@pytest.fixture
def noor(client: TestClient, session: Session) -> Signed:
    me = sign_in(client, session)
    return Signed(me, "Noor", frozenset({Role.ADVISER}), me, "", is_stepped_up=True)


def missed(session: Session, numbers: Iterable[str]) -> list[UUID]:
    """Calls that nobody took, one after the other; returns their call-backs."""
    for n, number in enumerate(numbers):
        at = MORNING + timedelta(seconds=n)
        commands.ring(session, f"c{n}-{number}", number, CENTRE, at)
        commands.hang_up(session, f"c{n}-{number}", "cancel", at)
    return list(session.scalars(select(col(CallBack.id)).order_by(col(CallBack.due_at))))


def still_open(session: Session) -> list[str]:
    session.expire_all()
    rows = session.scalars(select(CallBack).where(col(CallBack.ended).is_(None)))
    return [str(one.number) for one in rows]


def test_who_rang_ten_times_stands_on_the_list_once(
    client: TestClient, session: Session, noor: Signed
) -> None:
    missed(session, [THEIRS] * 10 + [ANOTHER])
    page = client.get("/desk/call-backs", headers={"Accept-Language": "en"}).text
    assert len(re.findall(r'href="/desk/call-backs/[0-9a-f-]{36}"', page)) == 2
    assert page.count("called 10 times") == 1


def test_who_rang_ten_times_is_off_the_list_once_they_are_reached(session: Session, noor: Signed) -> None:
    first, *_ = missed(session, [THEIRS] * 10 + [ANOTHER])
    calling_back.tried(session, first, Result.REACHED, noor, at=MORNING)
    assert still_open(session) == [ANOTHER]
    assert len(open_items(session)) == 1


def test_and_so_they_are_where_nobody_is_reached(session: Session, noor: Signed) -> None:
    first, *_ = missed(session, [THEIRS] * 10 + [ANOTHER])
    for _ in range(3):
        calling_back.tried(session, first, Result.NO_ANSWER, noor, at=MORNING)
    calling_back.not_reached(session, first, noor, at=MORNING)
    assert still_open(session) == [ANOTHER]


def test_what_was_promised_stays_when_a_missed_call_is_over(session: Session, noor: Signed) -> None:
    first, *_ = missed(session, [THEIRS])
    promised = CallBack(
        why=Why.PROMISED,
        opened_at=MORNING,
        due_at=MORNING + timedelta(days=1),
        number=THEIRS,
        number_index=index_of(THEIRS),
    )
    session.add(promised)
    session.commit()
    calling_back.tried(session, first, Result.REACHED, noor, at=MORNING)
    assert still_open(session) == [THEIRS]
    assert promised.ended is None


def test_a_call_that_was_answered_after_all_closes_no_other(session: Session) -> None:
    missed(session, [THEIRS] * 2)
    commands.answer(session, f"c0-{THEIRS}", None, MORNING)
    assert still_open(session) == [THEIRS]


def test_at_the_desk_one_press_is_enough_as_well(client: TestClient, session: Session, noor: Signed) -> None:
    missed(session, [THEIRS] * 3 + [ANOTHER])
    item = next(iter(open_items(session)))
    assert press(client, f"/desk/items/intake/{item.id}", action="reached").status_code == 303
    assert still_open(session) == [ANOTHER]


def test_nobody_is_hidden_behind_many_who_ring(client: TestClient, session: Session, noor: Signed) -> None:
    backs = missed(session, [f"+3161{n:07d}" for n in range(230)])
    found: list[str] = []
    path = "/desk/call-backs"
    while path:
        page = client.get(path, headers={"Accept-Language": "en"}).text
        found += re.findall(r'href="/desk/call-backs/([0-9a-f-]{36})"', page)
        onward = re.search(r'href="([^"]+)" rel="next"', page)
        path = onward.group(1) if onward else ""
    assert found == [str(one) for one in backs]
    assert "30 of 230 are on this page" in page


def test_who_rings_at_this_moment_is_shown_however_many_ring(
    client: TestClient, session: Session, noor: Signed
) -> None:
    for n in range(queries.SHOWN + 1):
        newest = commands.ring(session, f"c{n}", None, CENTRE, MORNING - timedelta(seconds=300 - n))
    assert client.get("/desk/calls/ringing").json()["ringing"][-1] == str(newest.id)
