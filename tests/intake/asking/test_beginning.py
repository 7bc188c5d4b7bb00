"""However many questions a stranger begins, they fill no disk and keep nobody else from asking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.asking import rules
from services.intake.asking.browser import COOKIE
from services.intake.asking.rules import FEW_FROM_ONE_PLACE, FROM_ONE_PLACE, MANY, may_begin
from services.intake.asking.tables import Asking
from shared.clock import FixedClock
from tests.intake.requests.questions import NL, fields, forget, from_place, shown_token, walk

STRANGER, NEIGHBOUR, OTHER = "198.51.100.7", "198.51.100.8", "203.0.113.7"


def begin(client: Any, **changes: Any) -> Any:
    """Begin a question in a browser that has none."""
    forget(client)
    form = shown_token(client.get("/ask", headers=NL).text)
    return client.post("/ask", data=fields(form=form, **changes), headers=NL)


def test_a_place_that_begins_very_many_waits_an_hour_and_nobody_else_does(
    client_for: Callable[[str], TestClient],
    session_for: Callable[[str], Session],
    monkeypatch: pytest.MonkeyPatch,
    clock: FixedClock,
) -> None:
    monkeypatch.setattr(rules, "FROM_ONE_PLACE", (3, 5, 5))
    web, session = client_for("intake"), session_for("intake")
    stranger, neighbour, other = (from_place(web, host) for host in (STRANGER, NEIGHBOUR, OTHER))
    assert [begin(stranger).status_code for _ in range(5)] == [303, 303, 303, 429, 429]
    refused = begin(stranger)
    assert refused.headers["retry-after"] == "3600"
    assert COOKIE not in stranger.cookies
    for way_on in ("tel:112", "/hallo", "/help"):
        assert f'href="{way_on}' in refused.text
    assert len(session.exec(select(Asking)).all()) == 3
    assert begin(stranger, danger="yes").status_code == 303, "danger waits for no ceiling of others"
    assert begin(other).status_code == 303
    assert walk(other, fields()).status_code == 200, "who has begun goes on"
    assert begin(neighbour).status_code == 429, "whoever has one address often has those beside it"
    clock.advance(timedelta(hours=1))
    assert begin(stranger).status_code == 303


@pytest.mark.parametrize(
    ("places", "everybody", "begun"),
    [
        (FROM_ONE_PLACE, 0, True),
        ((FROM_ONE_PLACE[0] + 1, 1, 1), 0, False),
        ((1, 1, FROM_ONE_PLACE[2] + 1), 0, False),
        ((1, 1, 1), 10**6, True),
        (FEW_FROM_ONE_PLACE, MANY, True),
        ((FEW_FROM_ONE_PLACE[0] + 1, 11, 11), MANY - 1, True),
        ((FEW_FROM_ONE_PLACE[0] + 1, 11, 11), MANY, False),
        ((), MANY, True),
    ],
)
def test_where_very_many_are_begun_everywhere_each_place_still_has_some(
    places: tuple[int, ...], everybody: int, begun: bool
) -> None:
    assert may_begin(places, everybody) is begun
