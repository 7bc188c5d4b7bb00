"""Who watches sees how many questions nobody has proven, and not how many came by the form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.requests import commands
from services.intake.requests.tables import AdviceRequest
from shared.clock import FixedClock
from tests.intake.requests.questions import fields, question, send
from tests.kit.figures import figure


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def unproven(client: TestClient) -> tuple[float | None, ...]:
    """How many of the last hour wait for proof, and how many for a person."""
    name = "weerzien_questions_unproven_last_hour"
    return tuple(figure(client, name, waits_for=what) for what in ("proof", "person"))


def by_form(client: TestClient, **changes: Any) -> None:
    send(client, fields(**changes))


def test_a_question_counts_as_unproven_until_its_asker_has_answered(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    assert unproven(client) == (0, 0)
    by_form(client)
    assert unproven(client) == (1, 0)
    [id] = session.exec(select(AdviceRequest.id))
    commands.prove(session, id, at=clock.now())
    session.commit()
    assert unproven(client) == (0, 0)


def test_nor_does_one_that_a_key_vouches_for_or_that_was_taken_back_or_is_older_than_an_hour(
    client: TestClient, session: Session, clock: FixedClock, make_key: Callable[..., dict[str, str]]
) -> None:
    client.post("/v1/advice-requests", json=question(), headers=make_key("intake", "requests:write"))
    assert unproven(client) == (0, 0)
    by_form(client, channel="none")
    assert unproven(client) == (0, 1)
    [id] = session.exec(select(AdviceRequest.id).where(AdviceRequest.client == "form"))
    commands.withdraw(session, id, at=clock.now())
    assert unproven(client) == (0, 0)
    by_form(client)
    clock.advance(timedelta(minutes=61))
    assert unproven(client) == (0, 0)
