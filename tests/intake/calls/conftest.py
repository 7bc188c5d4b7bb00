from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from tests.kit.staff import sign_in


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def at_the_desk(client: TestClient, session: Session) -> None:
    """An adviser is signed in."""
    sign_in(client, session)
