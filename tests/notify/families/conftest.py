from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from services.notify.channels.settings import NotifyRuntime as Runtime
from shared.clock import FixedClock
from tests.notify import senders
from tests.notify.families.family import Family
from tests.notify.visits.office import FACILITIES, Office, Telephone


@pytest.fixture
def office(
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
    make_key: Callable[..., dict[str, str]],
    clock: FixedClock,
) -> Office:
    """The clock stands at ten in the morning of Tuesday 1 December 2026."""
    return Office(
        client=client_for("notify"),
        runtime=runtime_for("notify"),
        clock=clock,
        desk=make_key("notify", "desk"),
        prison=make_key("notify", "visits:write", facilities=FACILITIES),
    )


@pytest.fixture
def telephone(office: Office) -> Telephone:
    senders.install(senders.usual(office.runtime))
    return Telephone(office)


@pytest.fixture
def family(office: Office) -> Family:
    return Family(office)
