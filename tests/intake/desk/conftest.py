from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from shared.clock import FixedClock
from shared.runtime import Runtime
from tests.intake.desk.centre import Centre
from tests.intake.desk.people import MakeKey, ask
from tests.kit.desk import one_desk
from tests.kit.staff import sign_in


@pytest.fixture
def client(runtime_for: Callable[[str], Runtime], client_for: Callable[[str], TestClient]) -> TestClient:
    """The one desk, with the other two services behind it."""
    return one_desk(runtime_for, client_for)


@pytest.fixture
def noor(client: TestClient, session_for: Callable[[str], Session]) -> UUID:
    """An adviser who is signed in."""
    return sign_in(client, session_for("intake"))


@pytest.fixture
def fatima(client: TestClient, noor: UUID, make_key: MakeKey) -> tuple[UUID, str]:
    """Who asked a question: its id and reference."""
    return ask(client, make_key)


@pytest.fixture
def centre(
    runtime_for: Callable[[str], Runtime], session_for: Callable[[str], Session], clock: FixedClock
) -> Centre:
    return Centre(runtime_for("intake"), session_for("intake"), clock)
