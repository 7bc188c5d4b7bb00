from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.notify import senders
from tests.notify.visits.mass.strike import Strike
from tests.notify.visits.office import FACILITIES, Office


@pytest.fixture
def strike(office: Office, make_key: Callable[..., dict[str, str]]) -> Strike:
    """The clock stands at ten in the morning of Tuesday 1 December 2026; mail and texts go to the postbus."""
    senders.install(senders.usual(office.runtime))
    return Strike(office, make_key("notify", "visits:write", facilities=FACILITIES, name="a colleague"))
