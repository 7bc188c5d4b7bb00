from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlmodel import Session

from shared.clock import FixedClock
from tests.referral.referrals.network import Centre, partner


@pytest.fixture
def centre(session_for: Callable[[str], Session], clock: FixedClock) -> Centre:
    return Centre(session_for("referral"), clock)


@pytest.fixture
def partners(centre: Centre) -> list[UUID]:
    return [partner(centre.session, key) for key in ("een", "twee", "drie", "vier")]
