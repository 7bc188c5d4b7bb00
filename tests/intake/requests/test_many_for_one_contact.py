"""Many questions for one number, or from one place, wait for a person; nobody else waits for that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.requests import commands, suspicion
from services.intake.requests.tables import AdviceRequest, Doubt, State, WaitsFor
from shared.clock import FixedClock
from shared.desk.items import groups
from tests.intake.requests.questions import fields, from_place, send

FLOOD, SCHOOL = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def all_kept(session: Session) -> list[AdviceRequest]:
    session.expire_all()
    return list(session.exec(select(AdviceRequest).order_by("received_at")))


def test_what_is_one_of_many_for_one_number_is_a_persons_whatever_its_owner_says_later(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    send(client, fields())
    [row] = all_kept(session)
    for _ in range(2):
        commands.deny(session, row.id, Doubt.MANY_FOR_ONE_CONTACT, at=clock.now())
    commands.prove(session, row.id, at=clock.now())
    session.commit()
    [row] = all_kept(session)
    assert (row.waits_for, row.state) == (WaitsFor.PERSON, State.WAITING)
    assert [(one.reason, one.number) for one in groups(session)] == [(Doubt.MANY_FOR_ONE_CONTACT, 1)]


def test_one_stranger_with_many_forms_makes_nobody_else_wait(
    client: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspicion, "ALL_FORMS", 2)
    monkeypatch.setattr(suspicion, "FROM_ONE_PLACE", (1, 1, 1))
    for number in range(5):
        send(from_place(client, FLOOD), fields(phone=f"0470 12 34 {number + 10}"))
    send(from_place(client, SCHOOL), fields())
    doubts = Counter(one.doubt for one in all_kept(session))
    assert doubts == {None: 2, Doubt.MANY_FROM_ONE_PLACE: 4}


def by_mail(client: TestClient, number: int, address: str) -> None:
    """Send a form with this address, from a place of its own."""
    place = from_place(client, f"192.0.{number}.1")
    send(place, fields(channel="email", email=address, phone=""))


def test_whoever_has_a_domain_does_not_fill_partners_from_as_many_addresses_as_they_like(
    client: TestClient, session: Session
) -> None:
    for number in range(suspicion.FROM_ONE_DOMAIN + 2):
        by_mail(client, number, f"a{number}@b{number}.catchall.example")
    doubts = Counter(one.doubt for one in all_kept(session))
    assert doubts == {None: suspicion.FROM_ONE_DOMAIN, Doubt.MANY_FOR_ONE_CONTACT: 2}


def test_a_provider_for_everybody_is_nobodys_domain(client: TestClient, session: Session) -> None:
    for number in range(suspicion.FROM_ONE_DOMAIN + 2):
        by_mail(client, number, f"a{number}@gmail.com")
    assert {one.doubt for one in all_kept(session)} == {None}


def test_a_stranger_who_sends_a_few_every_hour_does_not_use_up_what_asks_people_whose_a_number_is(
    client: TestClient, session: Session, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspicion, "ALL_DAY_FROM_ONE_PLACE", (3, 3, 3))
    for number in range(5):
        send(from_place(client, FLOOD), fields(phone=f"0470 12 34 {number + 10}"))
        clock.advance(timedelta(hours=1))
    assert [one.doubt for one in all_kept(session)] == [*[None] * 3, *[Doubt.MANY_FROM_ONE_PLACE] * 2]
