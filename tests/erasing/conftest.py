"""A person of whom all three services keep something, and who wants to be erased."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.notify.channels.settings import NotifyRuntime
from services.notify.erasing.tasks import Telling
from shared.runtime import Runtime
from tests.erasing.person import Person
from tests.kit.settings import settings_for
from tests.kit.twilio_ledger import SENDER
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify import senders
from tests.notify.conftest import make_sender, twilio  # noqa: F401 - a fixture


@pytest.fixture
def person(
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
    make_key: Callable[..., dict[str, str]],
    twilio: TwilioStandIn,  # noqa: F811
    postgres: str,
) -> Person:
    notify: Any = runtime_for("notify")
    notify.settings = settings_for(
        "notify",
        database_url=postgres,
        twilio_account_sid=twilio.sid,
        twilio_auth_token=twilio.token,
        twilio_from=SENDER,
        twilio_api_base_url=twilio.url,
    )
    senders.install(make_sender(notify, twilio))
    return Person(runtime_for, client_for, make_key, twilio)


@pytest.fixture
def tell() -> Callable[[NotifyRuntime], None]:
    """Do what the dispatcher and a worker do with what the provider is to forget."""
    telling = Telling()

    def tell_now(notify: NotifyRuntime) -> None:
        from services.notify.erasing.commands_provider import claim

        with notify.sessions() as session:
            ids = claim(session, notify.clock.now(), 100)
            session.commit()
        telling.tell(notify, ids)

    return tell_now
