"""What is to be done now and since when, as who leads the desk sees it: in all services, as on its list."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from services.intake.desk.sights import Sight
from services.intake.staff.tables import Role
from services.intake.supervising.rules import Waiting, waiting
from shared.clock import FixedClock
from shared.runtime import Runtime
from tests.intake.desk.desk import put
from tests.kit.desk import one_desk
from tests.kit.peers import fake
from tests.kit.staff import sign_in

ClientFor = Callable[[str], TestClient]
RuntimeFor = Callable[[str], Runtime]
SessionFor = Callable[[str], Session]
LONG_AGO = timedelta(days=3)


@pytest.fixture
def lies(runtime_for: RuntimeFor, client_for: ClientFor, session_for: SessionFor) -> TestClient:
    """The browser of who leads the desk."""
    client = one_desk(runtime_for, client_for)
    sign_in(client, session_for("intake"), Role.SUPERVISOR)
    return client


def told(client: TestClient, label: str) -> tuple[int, datetime | None]:
    """Return what the page says of something: how many, and since when the oldest waits."""
    page = client.get("/desk/figures?lang=en").text
    found = re.search(rf'<dt>{label}</dt>\s*<dd><strong>(\d+)</strong>(?:.*datetime="([^"]+)")?', page)
    assert found, page
    return int(found[1]), datetime.fromisoformat(found[2]) if found[2] else None


def everything(client: TestClient) -> tuple[int, datetime | None]:
    return told(client, "To do, on the whole list")


def safety(client: TestClient) -> tuple[int, datetime | None]:
    return told(client, "Safety: still open")


def test_what_is_to_be_done_in_each_service_counts_and_so_does_the_oldest_of_all(
    lies: TestClient, session_for: SessionFor, clock: FixedClock
) -> None:
    now = clock.now()
    put(session_for("intake"), now)
    put(session_for("referral"), now - LONG_AGO)
    put(session_for("notify"), now)
    assert everything(lies) == (3, now - LONG_AGO)


def test_those_in_a_group_count_each(lies: TestClient, session_for: SessionFor, clock: FixedClock) -> None:
    now, notify = clock.now(), session_for("notify")
    for days in (0, 1, 2):
        put(notify, now - timedelta(days=days), group="together")
    put(session_for("intake"), now)
    assert everything(lies) == (4, now - timedelta(days=2))


@pytest.mark.parametrize("service", ["intake", "referral", "notify"])
@pytest.mark.parametrize("reason", ["danger-now", "about-safety"])
@pytest.mark.parametrize("group", [None, "together"])
def test_somebody_who_may_not_be_safe_counts_wherever_it_is_known(
    lies: TestClient,
    session_for: SessionFor,
    clock: FixedClock,
    service: str,
    reason: str,
    group: str | None,
) -> None:
    put(session_for(service), clock.now() - LONG_AGO, reason, group=group)
    put(session_for("notify"), clock.now())
    assert safety(lies) == (1, clock.now() - LONG_AGO)
    assert everything(lies)[0] == 2


def test_what_does_not_answer_is_named_and_the_rest_is_counted(
    lies: TestClient, session_for: SessionFor, runtime_for: RuntimeFor, clock: FixedClock
) -> None:
    put(session_for("intake"), clock.now())
    put(session_for("referral"), clock.now())
    away = "Referral does not answer now. Its items are not shown."
    assert away not in lies.get("/desk/figures?lang=en").text
    fake(runtime_for("intake"), "referral").away = True
    assert everything(lies) == (1, clock.now())
    assert away in lies.get("/desk/figures?lang=en").text


def test_more_than_a_list_holds_are_counted_too(clock: FixedClock) -> None:
    found = [Sight("intake", ["", "", "no-rule", "", 0], 0, None)]
    assert waiting(found, [], beyond=234)["all"].number == 235
    assert waiting([], [])["safeguarding"] == Waiting()
