from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from services.intake.staff.commands import proving, setting_up
from tests.intake.requests.questions import from_place
from tests.kit import staff
from tests.kit.staff import Somebody, somebody

HOME, OFFICE, ELSEWHERE = "203.0.113.7", "198.51.100.4", "192.0.2.99"


@pytest.fixture(autouse=True)
def _the_hour_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute in which five may guess, and the half minute of a code, end in no test by themselves."""
    moment = datetime.now().astimezone().replace(minute=1, second=5, microsecond=0)

    class Machine(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return moment

    for module in (proving, setting_up, staff):
        monkeypatch.setattr(module, "datetime", Machine)


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def noor(session: Session) -> Somebody:
    return somebody(session)


@pytest.fixture
def at(client: TestClient) -> Callable[[str], TestClient]:
    """A browser of its own at an address, without anybody signed in."""

    def make(host: str) -> TestClient:
        return from_place(client, host)

    return make
