"""A person who sends a text again is told in words why that cannot be done, and else it goes at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.contacts.commands import suppress
from services.notify.messages import commands
from services.notify.messages.recipients import ByKind
from services.notify.messages.tables import MessageState
from services.notify.service import RECIPIENTS
from shared.clock import FixedClock
from shared.messaging.waker import Waker
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.conftest import with_limits
from tests.notify.messages.family import NUMBER, Family, claim, read, send_what_is_due


def failed(runtime: Runtime, family: Family, **given: Any) -> UUID:
    message_id = family.wants(**given)
    claim(runtime)
    with runtime.sessions() as session:
        at = runtime.clock.now()
        commands.end(session, message_id, 1, MessageState.PERSON, "unreadable", at=at)
    return message_id


def sent_again(web: TestClient, key: dict[str, str]) -> Any:
    [item] = web.get("/v1/work-items", headers=key).json()["items"]
    return web.post(
        f"/v1/work-items/{item['id']}/resolutions", json={"action": "send-again"}, headers=key
    ).json()


def test_that_its_owner_wants_none(
    notify: Runtime, twilio: TwilioStandIn, family: Family, web: TestClient, desk_key: dict[str, str]
) -> None:
    twilio.behave("ok", "21614")
    family.wants()
    send_what_is_due(notify)
    with notify.sessions() as session:
        suppress(session, "sms", NUMBER, reason="stop-word", at=notify.clock.now())
        session.commit()
    told = sent_again(web, desk_key)
    assert told["detail"] == "No text may go there: its owner wants none. Please telephone."


def test_that_it_was_held_back_because_its_owner_wants_none(
    notify: Runtime, family: Family, web: TestClient, desk_key: dict[str, str]
) -> None:
    failed(notify, family)
    with notify.engine.begin() as connection:
        connection.execute(text("UPDATE messages SET reason = 'suppressed'"))
    assert sent_again(web, desk_key)["type"].endswith("/suppressed")


def test_that_it_waits_for_no_decision_any_more(
    notify: Runtime, family: Family, web: TestClient, desk_key: dict[str, str]
) -> None:
    failed(notify, family)
    with notify.engine.begin() as connection:
        connection.execute(text("UPDATE messages SET state = 'delivered'"))
    assert sent_again(web, desk_key)["detail"] == "This message is no longer waiting for a decision."


def test_that_it_is_too_late(
    notify: Runtime, family: Family, web: TestClient, desk_key: dict[str, str], clock: FixedClock
) -> None:
    failed(notify, family, not_after=clock.now())
    clock.advance(timedelta(seconds=1))
    assert sent_again(web, desk_key)["detail"] == "It is too late for this message. Please telephone."


def test_that_what_it_says_is_no_longer_so(
    notify: Runtime,
    family: Family,
    web: TestClient,
    desk_key: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message_id = failed(notify, family)
    whose: ByKind = RECIPIENTS
    owner = whose[read(notify, message_id).recipient_kind]
    monkeypatch.setattr(type(owner), "objection", lambda *_: "visit-moved")
    told = sent_again(web, desk_key)
    assert told["detail"] == "What this message says is no longer so (visit-moved). Please telephone."
    assert told["type"].endswith("/visit-moved")


def test_the_dispatcher_is_woken_for_it(
    notify: Runtime,
    family: Family,
    web: TestClient,
    desk_key: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed(notify, family)
    woken: list[object] = []
    monkeypatch.setattr(Waker, "wake", lambda waker: woken.append(waker))
    sent_again(web, desk_key)
    assert len(woken) == 1


def test_it_waits_for_no_ceiling_also_where_it_was_never_tried(
    notify: Runtime,
    twilio: TwilioStandIn,
    many: Callable[[int], list[Family]],
    web: TestClient,
    desk_key: dict[str, str],
) -> None:
    with_limits(notify, twilio, sms_per_day=1)
    one, other = many(2)
    message_id = failed(notify, one)
    other.wants()
    send_what_is_due(notify)
    sent_again(web, desk_key)
    send_what_is_due(notify)
    assert len(twilio.sent) == 2
    assert read(notify, message_id).state is MessageState.ACCEPTED
