"""The figures on messages for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fastapi.testclient import TestClient

from services.notify.channels.settings import NotifyRuntime as Runtime
from shared.clock import FixedClock
from tests.kit.figures import figure
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import NUMBER, Family, send_what_is_due


def test_a_message_is_late_until_it_goes_and_then_counted_where_it_is(
    notify: Runtime,
    client_for: Callable[[str], TestClient],
    twilio: TwilioStandIn,
    family: Family,
    clock: FixedClock,
) -> None:
    client = client_for("notify")
    assert figure(client, "weerzien_queue_age_seconds") == 0
    family.wants()
    clock.advance(timedelta(minutes=7))
    assert figure(client, "weerzien_messages", state="planned", channel="sms") == 1
    assert figure(client, "weerzien_messages_due") == 1
    assert figure(client, "weerzien_queue_age_seconds") == 420
    send_what_is_due(notify)
    assert figure(client, "weerzien_queue_age_seconds") == 0
    assert figure(client, "weerzien_messages", state="accepted", channel="sms") == 1
    assert figure(client, "weerzien_messages", state="planned") is None
    assert figure(client, "weerzien_attempts_last_hour", channel="sms", state="accepted") == 1
    assert figure(client, "weerzien_provider_seconds", channel="sms", quantile="0.95") is not None
    assert NUMBER not in client.get("/metrics").text
