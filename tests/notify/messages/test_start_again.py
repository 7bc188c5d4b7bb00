"""A text that the provider refuses because its owner opted out: the desk can write to that number again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient
from sqlmodel import Session

from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages.tables import MessageState
from shared.clock import FixedClock
from tests.kit.desk import one_desk, paths_in
from tests.kit.staff import sign_in
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import Family, on_the_list, read, send_what_is_due

Report = Callable[..., int]
OPTED_OUT = 21610
SETTLED = ["settled-by-telephone", "settled-in-writing"]


def item(web: TestClient, desk_key: dict[str, str]) -> Any:
    [found] = web.get("/v1/work-items?kind=message-failed", headers=desk_key).json()["items"]
    return found


def press(web: TestClient, desk_key: dict[str, str], action: str) -> int:
    path = f"/v1/work-items/{item(web, desk_key)['id']}/resolutions"
    return int(web.post(path, json={"action": action}, headers=desk_key).status_code)


def test_the_desk_writes_again_to_who_opted_out_and_the_text_goes(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    report: Report,
    web: TestClient,
    desk_key: dict[str, str],
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    report(twilio.sent[0], "undelivered", OPTED_OUT)
    assert item(web, desk_key)["actions"] == [
        "settled-by-telephone",
        "settled-in-writing",
        "send-again",
        "start-again",
    ]
    assert press(web, desk_key, "send-again") == 409
    assert press(web, desk_key, "start-again") == 201
    send_what_is_due(notify)
    assert len(twilio.sent) == 2
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert on_the_list(notify) == []


def test_a_text_that_is_too_late_does_not_go_and_later_ones_do(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    report: Report,
    web: TestClient,
    desk_key: dict[str, str],
    clock: FixedClock,
) -> None:
    message_id = family.wants(not_after=clock.now() + timedelta(hours=1))
    send_what_is_due(notify)
    report(twilio.sent[0], "undelivered", OPTED_OUT)
    clock.advance(timedelta(hours=2))
    assert press(web, desk_key, "start-again") == 201
    later = family.wants()
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.UNDELIVERED
    assert read(notify, later).state is MessageState.ACCEPTED


def test_where_the_provider_still_refuses_it_is_on_the_list_once_more(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    report: Report,
    web: TestClient,
    desk_key: dict[str, str],
) -> None:
    family.wants()
    send_what_is_due(notify)
    report(twilio.sent[0], "undelivered", OPTED_OUT)
    press(web, desk_key, "start-again")
    send_what_is_due(notify)
    report(twilio.sent[1], "undelivered", OPTED_OUT)
    assert item(web, desk_key)["reason"] == str(OPTED_OUT)


def test_a_text_that_failed_for_another_reason_has_no_start_again(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    report: Report,
    web: TestClient,
    desk_key: dict[str, str],
) -> None:
    family.wants()
    send_what_is_due(notify)
    report(twilio.sent[0], "undelivered", 30005)
    assert item(web, desk_key)["actions"] == [*SETTLED, "send-again"]
    assert press(web, desk_key, "start-again") == 400


def test_the_desk_reads_that_a_text_with_start_is_needed_and_has_the_button(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    report: Report,
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
    session_for: Callable[[str], Session],
) -> None:
    family.wants()
    send_what_is_due(notify)
    report(twilio.sent[0], "undelivered", OPTED_OUT)
    desk = one_desk(runtime_for, client_for)
    sign_in(desk, session_for("intake"))
    (path,) = paths_in(desk.get("/desk").text)
    page = desk.get(path, headers={"Accept-Language": "nl"}).text
    assert "START" in page
    assert "Weer berichten sturen" in page
