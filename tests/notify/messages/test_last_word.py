"""A worker that was away for a moment never acts on what changed meanwhile; a person too late is told so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from services.notify.channels.port import ProviderStatus, Seen
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages import commands
from services.notify.messages.tables import AttemptState, MessageState, Purpose
from shared.clock import FixedClock
from tests.kit.peers import fake
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.conftest import with_limits
from tests.notify.messages.family import (
    NUMBER,
    Family,
    attempts,
    claim,
    lease_runs_out,
    on_the_list,
    read,
    send_what_is_due,
    while_intake_is_asked,
)
from tests.notify.senders import sender_for


def ended(runtime: Runtime, message_id: UUID, fence: int, state: MessageState) -> None:
    with runtime.sessions() as session:
        commands.end(session, message_id, fence, state, "unreadable", at=runtime.clock.now())


def test_who_stood_still_ends_nothing_that_another_has_claimed_since(notify: Runtime, family: Family) -> None:
    message_id = family.wants()
    claim(notify)
    lease_runs_out(notify)
    claim(notify)
    ended(notify, message_id, 1, MessageState.PERSON)
    assert read(notify, message_id).state is MessageState.PLANNED
    ended(notify, message_id, 2, MessageState.PERSON)
    assert read(notify, message_id).state is MessageState.PERSON


def test_two_workers_with_one_claim_try_once_when_the_provider_asks_to_wait(
    notify: Runtime, twilio: TwilioStandIn, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = family.wants()
    twilio.behave("ok", "429")
    ids = claim(notify)
    while_intake_is_asked(notify, lambda: sender_for(notify).send(ids), monkeypatch)
    sender_for(notify).send(ids)
    assert read(notify, message_id).reason == "provider-is-busy"
    assert (twilio.ledger.calls, twilio.sent) == (1, [])


@pytest.mark.parametrize("anew", [False, True], ids=["same-claim", "claimed-anew"])
def test_nor_does_the_other_send_what_the_first_was_told_to_keep_for_later(
    notify: Runtime, twilio: TwilioStandIn, family: Family, monkeypatch: pytest.MonkeyPatch, anew: bool
) -> None:
    family.wants()
    send_what_is_due(notify)
    message_id = family.wants()
    ids, slow = claim(notify), sender_for(notify)
    intake = fake(notify, "intake")
    ask = intake.lookup

    def is_overtaken(*asked: Any) -> Any:
        monkeypatch.undo()
        with_limits(notify, twilio, sms_per_number_per_day=1)
        if anew:
            lease_runs_out(notify)
        sender_for(notify).send(claim(notify) if anew else ids)
        return ask(*asked)

    monkeypatch.setattr(intake, "lookup", is_overtaken)
    slow.send(ids)
    assert read(notify, message_id).reason == "ceiling"
    assert len(twilio.sent) == 1


def test_a_text_that_is_known_to_be_another_is_not_found_again(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    known, unsure = family.wants(), family.wants(Purpose.NOBODY_FOUND)
    twilio.behave("ok", "ok", "500")
    send_what_is_due(notify)
    states = {one: read(notify, one).state for one in (known, unsure)}
    assert set(states.values()) == {MessageState.ACCEPTED, MessageState.UNKNOWN}
    [unsure] = [one for one, state in states.items() if state is MessageState.UNKNOWN]
    [taken] = twilio.sent
    seen = Seen(taken.sid, NUMBER, ProviderStatus.DELIVERED, None, datetime.now(UTC))
    with notify.sessions() as session:
        found = commands.bind(session, unsure, [seen], at=clock.now())
    assert found is MessageState.UNKNOWN
    assert [one.state for one in attempts(notify, unsure)] == [AttemptState.UNKNOWN]


def sent_again(web: TestClient, key: dict[str, str]) -> tuple[int, str]:
    [item] = web.get("/v1/work-items", headers=key).json()["items"]
    path = f"/v1/work-items/{item['id']}/resolutions"
    answer = web.post(path, json={"action": "send-again"}, headers=key)
    return answer.status_code, answer.json().get("type", "").rsplit("/", 1)[-1]


def failed(notify: Runtime, family: Family, **given: Any) -> UUID:
    message_id = family.wants(**given)
    claim(notify)
    ended(notify, message_id, 1, MessageState.PERSON)
    return message_id


def test_what_failed_is_sent_again_where_a_person_says_so(
    notify: Runtime, twilio: TwilioStandIn, family: Family, web: TestClient, desk_key: dict[str, str]
) -> None:
    failed(notify, family)
    assert sent_again(web, desk_key)[0] == 201
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_what_turns_out_to_be_on_its_way_is_not_sent_again(
    notify: Runtime, family: Family, web: TestClient, desk_key: dict[str, str]
) -> None:
    message_id = failed(notify, family)
    with notify.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE messages SET state = 'delivered'")
    assert sent_again(web, desk_key) == (409, "not-failed")
    assert read(notify, message_id).state is MessageState.DELIVERED
    assert len(on_the_list(notify)) == 1


def test_what_is_too_late_is_not_sent_again(
    notify: Runtime, family: Family, web: TestClient, desk_key: dict[str, str], clock: FixedClock
) -> None:
    message_id = failed(notify, family, not_after=clock.now() + timedelta(hours=1))
    clock.advance(timedelta(hours=1, seconds=1))
    assert sent_again(web, desk_key) == (409, "too-late")
    assert read(notify, message_id).state is MessageState.PERSON


def test_a_childs_own_telephone_rings_after_school(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    family.is_now(minors_own_phone=True)
    clock.set(datetime(2026, 12, 1, 11, tzinfo=UTC))
    message_id = family.wants(Purpose.NOBODY_FOUND, windowed=True)
    send_what_is_due(notify)
    assert twilio.sent == []
    assert read(notify, message_id).due_at == datetime(2026, 12, 1, 14, 30, tzinfo=UTC)
