"""A question is asked one thing at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.requests.tables import AdviceRequest
from tests.intake.requests.questions import fields, send, walk


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def test_try(client: TestClient, session: Session) -> None:
    page = walk(client, fields())
    print(page.text)
    assert page.status_code == 200
    page = send(client, fields())
    print(page.text)
    assert session.exec(select(AdviceRequest)).one().reference in page.text
