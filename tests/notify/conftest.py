from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from services.notify.channels.port import ChannelName
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.channels.twilio_sms import TwilioAccount, TwilioSms
from services.notify.messages.sender import Sender
from tests.kit import webs
from tests.kit.details import offer_detail
from tests.kit.peers import fake
from tests.kit.settings import settings_for
from tests.kit.twilio_ledger import SENDER, Entry
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify import senders
from tests.notify.messages.family import Family

Report = Callable[..., int]


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    with TwilioStandIn() as standin:
        yield standin


@pytest.fixture
def notify(runtime_for: Callable[[str], Runtime], twilio: TwilioStandIn, postgres: str) -> Runtime:
    """Notify with Twilio's stand-in for its texts and the postbus for its mail."""
    runtime = runtime_for("notify")
    runtime.settings = settings_for(
        "notify",
        database_url=postgres,
        twilio_account_sid=twilio.sid,
        twilio_auth_token=twilio.token,
        twilio_from=SENDER,
        twilio_api_base_url=twilio.url,
    )
    senders.install(make_sender(runtime, twilio))
    return runtime


def make_sender(runtime: Runtime, twilio: TwilioStandIn, *, timeout: float = 5) -> Sender:
    """The sender that the process would make, with a time-out that a test can wait for."""
    made = senders.usual(runtime)
    account = TwilioAccount(twilio.sid, twilio.token, twilio.url, SENDER)
    return replace(made, channels={**made.channels, ChannelName.SMS: TwilioSms(account, timeout=timeout)})


def with_limits(notify: Runtime, twilio: TwilioStandIn, **limits: Any) -> None:
    notify.settings = settings_for("notify", **(notify.settings.model_dump() | limits))
    senders.install(make_sender(notify, twilio))


@pytest.fixture
def family(notify: Runtime) -> Family:
    """An asker, as intake knows them."""
    return Family(notify, uuid4())


@pytest.fixture
def many(notify: Runtime) -> Callable[[int], list[Family]]:
    return lambda number: [Family(notify, uuid4(), phone=f"+316{10_000_000 + one}") for one in range(number)]


@pytest.fixture
def offer(notify: Runtime) -> UUID:
    """An open offer to a partner, as referral knows it."""
    known = offer_detail()
    fake(notify, "referral").learn(known)
    return known.id


@pytest.fixture
def web(notify: Runtime) -> Iterator[TestClient]:
    """The web surface of notify."""
    with (
        webs.web(notify) as app,
        TestClient(
            app,
            base_url="http://notify.test",
            raise_server_exceptions=False,
            client=("127.0.0.1", 50_000),
        ) as client,
    ):
        yield client


@pytest.fixture
def report(web: TestClient, twilio: TwilioStandIn) -> Report:
    """Let Twilio report a status of a text; return our HTTP status."""

    def post(entry: Entry, status: str, error_code: int | None = None, **changed: str) -> int:
        assert entry.status_callback is not None
        form = twilio.status_form(entry, status, error_code) | changed
        headers = {"X-Twilio-Signature": twilio.signature(entry.status_callback, form)}
        return int(web.post(entry.status_callback, data=form, headers=headers).status_code)

    return post


@pytest.fixture
def desk_key(make_key: Callable[..., dict[str, str]], notify: Runtime) -> dict[str, str]:
    return make_key("notify", "desk")
