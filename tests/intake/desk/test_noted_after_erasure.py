"""Whoever still has a page open of somebody who was erased keeps nothing of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlmodel import Session

from services.intake.calls import commands as calls
from services.intake.desk.tables import DeskNote
from shared.desk.items import open_items
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.intake.conversations.asked import Asked
from tests.kit.desk import one_desk, press
from tests.kit.staff import sign_in


@pytest.mark.parametrize("by", ["question", "call"])
def test_nothing_is_noted_beside_what_was_about_somebody_who_was_erased(
    by: str,
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
    session_for: Callable[[str], Session],
    make_key: Callable[..., dict[str, str]],
) -> None:
    client, session = one_desk(runtime_for, client_for), session_for("intake")
    key = make_key("intake", "requests:write", "desk")
    if by == "question":
        asked = Asked(client, key)
        asked.writes("Mag oma mee?")
        known = {"reference": asked.reference}
    else:
        calls.ring(session, "a", "0612345678", "+31201234567", MORNING)
        calls.hang_up(session, "a", None, MORNING)
        known = {"phone": "+31612345678"}
    [item] = open_items(session)
    sign_in(client, session)
    path = f"/desk/items/intake/{item.id}"
    page = client.get(path).text
    done = client.post("/v1/erasures", json=known, headers=key)
    assert done.status_code == 202, done.text
    assert press(client, f"{path}/note", page, note="Sanne belt nog.").status_code == 404
    session.rollback()
    assert session.scalar(select(func.count()).select_from(DeskNote)) == 0
