from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from services.notify.channels.port import ChannelName, Outgoing
from services.notify.channels.postbus import Postbus
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.contacts.commands import suppress
from services.notify.contacts.rules import PAUSED
from shared.clock import FixedClock
from shared.events.services import SERVICES
from shared.web.proxies import PROXIED
from tests.kit.details import request_facts
from tests.kit.lists import all_of
from tests.kit.peers import fake
from tests.kit.settings import settings_for
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import Family, send_what_is_due


def test_what_became_of_a_request_can_be_read(
    notify: Runtime, family: Family, web: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    key = make_key("notify", "messages:read")
    answer = web.get(f"/v1/messages?causeId={family.request_id}", headers=key)
    [item] = answer.json()["items"]
    assert item["id"] == str(message_id)
    assert {name: item[name] for name in ("purpose", "channel", "state", "attempts", "segments")} == {
        "purpose": "request-received",
        "channel": "sms",
        "state": "accepted",
        "attempts": 1,
        "segments": 1,
    }
    assert item["dueAt"].endswith("Z")
    assert web.get(f"/v1/messages/{message_id}", headers=key).json() == item


def test_messages_are_for_who_may_read_them(
    notify: Runtime, web: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    path = f"/v1/messages?causeId={uuid4()}"
    assert web.get(path).status_code == 401
    assert web.get(path, headers=make_key("notify", "visits:write")).status_code == 403
    nothing = {"items": [], "total": 0, "next": None}
    assert web.get(path, headers=make_key("notify", "messages:read")).json() == nothing
    assert web.get(f"/v1/messages/{uuid4()}", headers=make_key("notify", "operator")).status_code == 404


def test_messages_come_page_by_page_each_once_in_the_order_in_which_they_are_due(
    notify: Runtime, family: Family, web: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    wanted = [family.wants(dedupe_key=f"message {number}") for number in range(5)]
    path = f"/v1/messages?causeId={family.request_id}"
    found = all_of(web, path, make_key("notify", "messages:read"))
    assert {one["id"] for one in found} == {str(one) for one in wanted}
    assert [one["dueAt"] for one in found] == sorted(one["dueAt"] for one in found)


OURS = "de-springplank"


def seen_by(web: TestClient, key: dict[str, str], family: Family) -> list[dict[str, Any]]:
    """What is told of a family's messages, without the ids."""
    found = web.get(f"/v1/messages?causeId={family.request_id}", headers=key).json()["items"]
    assert [web.get(f"/v1/messages/{one['id']}", headers=key).json() for one in found] == found
    return [{name: one[name] for name in one.keys() - {"id", "causeId"}} for one in found]


@pytest.mark.parametrize("why", ["stop-word", PAUSED])
def test_no_organisation_can_tell_from_its_messages_whose_number_wants_no_texts(
    notify: Runtime,
    clock: FixedClock,
    web: TestClient,
    many: Callable[[int], list[Family]],
    make_key: Callable[..., dict[str, str]],
    why: str,
) -> None:
    silent, other = many(2)
    with notify.sessions() as session:
        suppress(session, "sms", silent.phone, reason=why, at=clock.now())
        session.commit()
    for family in (silent, other):
        family.wants()
        fake(notify, "intake").learn(request_facts(id=family.request_id, organisation=OURS))
    theirs = make_key("notify", "messages:read", organisation=OURS)
    for _ in range(3):
        assert seen_by(web, theirs, silent) == seen_by(web, theirs, other)
        send_what_is_due(notify)
        clock.advance(timedelta(minutes=11))
    [taken_on] = seen_by(web, theirs, silent)
    assert (taken_on["state"], taken_on["attempts"], taken_on["reason"]) == ("accepted", 1, None)
    states = [seen_by(web, make_key("notify", "messages:read"), one)[0]["state"] for one in (silent, other)]
    assert states[0] in ("void", "planned")
    assert states[1] == "accepted"


@pytest.mark.parametrize("mode", ["21610", "21211", "429"])
def test_nor_how_it_ended_with_a_number(
    notify: Runtime,
    web: TestClient,
    many: Callable[[int], list[Family]],
    twilio: TwilioStandIn,
    make_key: Callable[..., dict[str, str]],
    mode: str,
) -> None:
    refused, other = many(2)
    theirs = make_key("notify", "messages:read", organisation=OURS)
    for family, next_mode in ((refused, mode), (other, "ok")):
        fake(notify, "intake").learn(request_facts(id=family.request_id, organisation=OURS))
        family.wants()
        twilio.behave("ok", next_mode)
        send_what_is_due(notify)
    assert seen_by(web, theirs, refused) == seen_by(web, theirs, other)


HERE = {f"public_url_{name}": f"http://127.0.0.1:{port}" for port, name in enumerate(SERVICES, start=8000)}


@pytest.fixture
def at_home(notify: Runtime, web: TestClient) -> Runtime:
    """Notify on a machine of its own, which nobody reaches and which reaches nobody."""
    web.headers["Host"] = "127.0.0.1:8002"
    notify.settings = settings_for("notify", **(notify.settings.model_dump() | HERE))
    return notify


def test_the_postbus_comes_page_by_page_the_newest_first(
    at_home: Runtime, notify: Runtime, clock: FixedClock, web: TestClient
) -> None:
    postbus = Postbus(ChannelName.SMS, notify.sessions, clock)
    for number in range(5):
        postbus.send(Outgoing(uuid4(), f"+3161234567{number}", None, f"text {number}", "nl"))
        clock.advance(timedelta(minutes=1))
    assert [one["text"] for one in all_of(web, "/v1/postbus", {})] == [f"text {n}" for n in (4, 3, 2, 1, 0)]


def test_a_cursor_of_another_list_is_refused_also_where_that_is_sorted_alike(
    at_home: Runtime,
    notify: Runtime,
    clock: FixedClock,
    web: TestClient,
    make_key: Callable[..., dict[str, str]],
) -> None:
    postbus = Postbus(ChannelName.SMS, at_home.sessions, clock)
    for _ in range(2):
        postbus.send(Outgoing(uuid4(), "+31612345678", None, "text", "nl"))
    cursor = web.get("/v1/postbus?limit=1").json()["next"]
    assert web.get("/v1/postbus", params={"cursor": cursor}).status_code == 200
    other = web.get("/v1/visit-days", params={"cursor": cursor}, headers=make_key("notify", "desk"))
    assert other.json()["errors"][0]["code"] == "bad-cursor"


@pytest.mark.parametrize("query", ["", "?causeId=", "?causeId=1"])
def test_a_question_about_nothing_is_answered_with_what_is_wrong(
    notify: Runtime, web: TestClient, make_key: Callable[..., dict[str, str]], query: str
) -> None:
    answer = web.get(f"/v1/messages{query}", headers=make_key("notify", "messages:read"))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "causeId"


def test_the_postbus_shows_what_would_have_been_sent(
    at_home: Runtime, notify: Runtime, family: Family, web: TestClient
) -> None:
    family.is_now(channel="email")
    family.wants()
    send_what_is_due(notify)
    [item] = web.get("/v1/postbus").json()["items"]
    assert (item["to"], item["channel"]) == ("anna@example.org", "email")
    assert item["text"]
    assert item["sentAt"] == "2026-12-01T09:00:00Z"


def test_outside_one_machine_the_postbus_is_for_the_operator(
    notify: Runtime, web: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    known = notify.settings.model_dump()
    notify.settings = settings_for("notify", **(known | {"embedded": False, "postbus": True}))
    assert web.get("/v1/postbus").status_code == 401
    assert web.get("/v1/postbus", headers=make_key("notify", "messages:read")).status_code == 403
    assert web.get("/v1/postbus", headers=make_key("notify", "operator")).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"public_url_intake": "https://help.example.org"},
        {"public_url_notify": "http://192.168.1.20:8002"},
        {"twilio_api_base_url": "https://api.twilio.com", "postbus": True},
        {"smtp_url": "smtp://mail.example:25", "twilio_account_sid": None, "postbus": True},
    ],
)
def test_where_anything_is_real_the_postbus_is_for_the_operator(
    at_home: Runtime, web: TestClient, make_key: Callable[..., dict[str, str]], changed: dict[str, Any]
) -> None:
    at_home.settings = settings_for("notify", **(at_home.settings.model_dump() | changed))
    assert web.get("/v1/postbus").status_code == 401
    assert web.get("/postbus").status_code == 401
    assert web.get("/v1/postbus", headers=make_key("notify", "operator")).status_code == 200


@pytest.mark.parametrize("header", sorted(PROXIED))
def test_who_comes_through_a_proxy_does_not_sit_at_this_machine(
    at_home: Runtime, web: TestClient, header: str
) -> None:
    assert web.get("/v1/postbus").status_code == 200
    assert web.get("/v1/postbus", headers={header: "127.0.0.1"}).status_code == 401


def test_who_asks_from_elsewhere_in_the_network_does_not_either(at_home: Runtime, web: TestClient) -> None:
    elsewhere = TestClient(web.app, base_url="http://127.0.0.1:8002", client=("192.168.1.30", 50_000))
    assert elsewhere.get("/v1/postbus").status_code == 401


def test_another_site_whose_name_leads_to_this_machine_reads_nothing(
    at_home: Runtime, web: TestClient
) -> None:
    assert web.get("/v1/postbus").status_code == 200
    assert web.get("/v1/postbus", headers={"Host": "evil.example:8002"}).status_code == 401


def test_with_providers_there_is_no_postbus(notify: Runtime, web: TestClient, twilio: TwilioStandIn) -> None:
    known = notify.settings.model_dump() | {"embedded": False, "smtp_url": "smtp://127.0.0.1"}
    notify.settings = settings_for("notify", **known)
    assert web.get("/v1/postbus").status_code == 404
