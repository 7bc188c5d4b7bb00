"""Questions whose askers come back to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from services.intake.requests import commands
from services.intake.requests.tables import State
from shared.clock import FixedClock
from shared.runtime import Runtime
from tests.intake.requests.questions import question
from tests.kit.details import referral_detail
from tests.kit.peers import fake


@pytest.fixture
def ask(
    client_for: Callable[[str], TestClient],
    session_for: Callable[[str], Session],
    make_key: Callable[..., dict[str, str]],
    runtime_for: Callable[[str], Runtime],
    clock: FixedClock,
) -> Callable[..., dict[str, str]]:
    """Ask, let referral propose somebody, and return what the asker needs to come back."""
    client, session = client_for("intake"), session_for("intake")

    def asked(
        share: str, *, meant: str | None = "Exodus", state: State = State.WAITING, **how: Any
    ) -> dict[str, str]:
        sent = question(consent={"share": share, "store": True}, **how)
        answer = client.post(
            "/v1/advice-requests", json=sent, headers=make_key("intake", "requests:write")
        ).json()
        referral, id = uuid4(), UUID(answer["id"])
        commands.hear_all(session, [commands.News(id, state, referral, at=clock.now())])
        session.commit()
        known = {"organisation": None, "website": None, "state": "proposed", "meant": meant}
        fake(runtime_for("intake"), "referral").learn(referral_detail(referral, **known))
        return {"reference": answer["reference"], "code": answer["returnCode"]}

    return asked
