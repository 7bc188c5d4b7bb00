"""An exchange tells what happens at an address with a key; programs see calls, and never who called."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.calls.tables import Call, CallBack
from shared.security.keystore import Scope

ClientFor = Callable[[str], TestClient]
SessionFor = Callable[[str], Session]
MakeKey = Callable[..., dict[str, str]]
CENTRE = "+31201234567"
DUTCH = (
    "06/12 34 {n}",
    "06.12.34.{a}.{b}",
    "+31 6 1234{n}",
    "003161234{n}",
    "316 1234 {n}",
    "06-1234{n}",
)
BELGIAN = ("0475/12.{a}.{b}", "+32 475 12 {n}", "0032475 12{n}")


@pytest.fixture
def address(make_key: MakeKey) -> str:
    key = make_key("intake", Scope.TELEPHONE)["Authorization"].removeprefix("Bearer ")
    return f"/cti/{key}"


@pytest.fixture
def desk(make_key: MakeKey) -> dict[str, str]:
    return make_key("intake", Scope.DESK)


def told(event: str, call_id: str, number: str = "0612345678", **more: str) -> dict[str, str]:
    return {"event": event, "callId": call_id, "from": number, "to": CENTRE, "direction": "in"} | more


def listed(client: TestClient, desk: dict[str, str]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/v1/calls?limit=1000", headers=desk).json()["items"]
    return items


def test_a_call_is_told_from_ring_to_end(client_for: ClientFor, address: str, desk: dict[str, str]) -> None:
    client = client_for("intake")
    assert client.post(address, data=told("newCall", "a")).json() == {}
    [call] = listed(client, desk)
    assert (call["callId"], call["state"], call["callBackId"]) == ("a", "ringing", None)
    client.post(address, data=told("answer", "a", **{"user[]": "Noor"}))
    assert listed(client, desk)[0]["state"] == "answered"
    client.post(address, data=told("hangup", "a", cause="normalClearing"))
    assert client.get(f"/v1/calls/{call['id']}", headers=desk).json()["state"] == "answered"


def test_a_call_that_nobody_takes_is_to_be_called_back(
    client_for: ClientFor, address: str, desk: dict[str, str]
) -> None:
    client = client_for("intake")
    for event in ("newCall", "hangup", "hangup"):
        client.post(address, data=told(event, "a", cause="noAnswer"))
    [call] = listed(client, desk)
    assert call["state"] == "missed"
    assert call["callBackId"]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"event": "newCall"},
        {"event": "dtmf", "callId": "a"},
        {"event": "newCall", "callId": ""},
        {"event": "hangup\0", "callId": "a\0", "from": "\0"},
        {"event": "newCall", "callId": "x" * 5000, "from": "9" * 5000},
    ],
)
def test_an_exchange_that_says_something_odd_is_never_told_that_we_failed(
    client_for: ClientFor, address: str, form: dict[str, str]
) -> None:
    assert client_for("intake").post(address, data=form).status_code == 200


@pytest.mark.parametrize("scopes", [[Scope.DESK], [Scope.OPERATOR], [Scope.TELEPHONE, Scope.DESK], []])
def test_a_key_that_opens_anything_else_opens_no_exchange(
    client_for: ClientFor, make_key: MakeKey, scopes: list[Scope]
) -> None:
    """An address is written in settings of others: what leaks with it must be no more than this."""
    key = make_key("intake", *scopes)["Authorization"].removeprefix("Bearer ")
    assert client_for("intake").post(f"/cti/{key}", data=told("newCall", "a")).status_code == 404
    assert client_for("intake").post("/cti/wz_no_key", data=told("newCall", "a")).status_code == 404


def test_an_exchanges_key_opens_nothing_else(client_for: ClientFor, make_key: MakeKey) -> None:
    key = make_key("intake", Scope.TELEPHONE)
    assert client_for("intake").get("/v1/calls", headers=key).status_code == 403


def test_a_program_logs_a_call_once(client_for: ClientFor, desk: dict[str, str]) -> None:
    client = client_for("intake")
    ids = {
        client.post("/v1/calls", json={"callId": "a", "from": "06 12345678"}, headers=desk).json()["id"]
        for _ in range(2)
    }
    assert len(ids) == 1
    assert len(listed(client, desk)) == 1


def number(one: int, rng: random.Random) -> str:
    if one % 10 == 0:
        return "anonymous"
    digits = f"{1000 + one}"
    notation = rng.choice(DUTCH if one % 3 else BELGIAN)
    return notation.format(n=digits, a=digits[:2], b=digits[2:])


def events(rng: random.Random) -> list[dict[str, str]]:
    """What an exchange tells of 500 calls: a third are not taken, a fifth is told twice, in no order."""
    said: list[dict[str, str]] = []
    for one in range(500):
        caller = number(one, rng)
        kinds = ["newCall", "hangup"] if one % 10 < 3 else ["newCall", "answer", "hangup"]
        said += [told(kind, f"call-{one}", caller, cause="x") for kind in kinds]
    said += rng.sample(said, len(said) // 5)
    rng.shuffle(said)
    return said


def test_whatever_order_an_exchange_speaks_in_each_call_is_one_record_and_each_missed_one_is_called_back_once(
    client_for: ClientFor,
    session_for: SessionFor,
    address: str,
    desk: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    client, session = client_for("intake"), session_for("intake")
    with caplog.at_level("INFO"), caplog.at_level("ERROR", logger="httpx"):
        for form in events(random.Random(14)):
            assert client.post(address, data=form).status_code == 200
    calls = session.exec(select(Call)).all()
    assert len(calls) == 500
    assert sum(call.state == "missed" for call in calls) == 150
    # Of each ten calls the first is missed and anonymous: there is nobody to call back.
    backs = session.exec(select(CallBack)).all()
    assert len(backs) == 100
    assert {back.number for back in backs} == {call.number for call in calls if call.state == "missed"} - {
        None
    }
    assert all(call.number is None or call.number.startswith(("+316", "+32475")) for call in calls)
    shown = client.get("/v1/calls?limit=1000", headers=desk).text + caplog.text
    assert not any(call.number and call.number[3:] in shown for call in calls)
    assert address.removeprefix("/cti/") not in caplog.text
