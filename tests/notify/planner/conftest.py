from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from services.notify.channels.settings import NotifyRuntime as Runtime
from shared.clock import FixedClock
from tests.kit import planner
from tests.notify import senders
from tests.notify.visits.office import Office, Telephone


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("notify")


@pytest.fixture
def office(
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
    make_key: Callable[..., dict[str, str]],
    clock: FixedClock,
) -> Office:
    """Ten in the morning of Tuesday 1 December 2026."""
    return Office(
        client=client_for("notify"),
        runtime=runtime_for("notify"),
        clock=clock,
        desk=make_key("notify", "desk"),
        prison=make_key("notify", "visits:write", facilities=(planner.PRISON, planner.OTHER)),
    )


@pytest.fixture
def client(office: Office) -> TestClient:
    return office.client


@pytest.fixture
def mailbox(office: Office) -> Telephone:
    senders.install(senders.usual(office.runtime))
    return Telephone(office)
