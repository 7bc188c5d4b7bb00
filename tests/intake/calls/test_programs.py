"""An exchange tells what happens at an address with a key; programs see calls, and never who called."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from services.intake.calls.exchange import read
from services.intake.calls.exchange_api import tell
from services.intake.calls.tables import Call, CallBack
from shared.security.keystore import Scope
from tests.conftest import MORNING

ClientFor = Callable[[str], TestClient]
SessionFor = Callable[[str], Session]
MakeKey = Callable[..., dict[str, str]]
CENTRE, CENTRE_IN_BELGIUM = "+31201234567", "+3225550123"
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


def events(rng: random.Random, calls: int) -> list[dict[str, str]]:
    """What an exchange tells of some calls: a third are not taken, a fifth is told twice, in no order."""
    said: list[dict[str, str]] = []
    for one in range(calls):
        caller = number(one, rng)
        kinds = ["newCall", "hangup"] if one % 10 < 3 else ["newCall", "answer", "hangup"]
        # A number without its country is one of the country that was called.
        called = CENTRE if one % 3 else CENTRE_IN_BELGIUM
        said += [told(kind, f"call-{one}", caller, to=called, cause="x") for kind in kinds]
    said += rng.sample(said, len(said) // 5)
    rng.shuffle(said)
    return said


def by_http(client: TestClient, address: str, said: list[dict[str, str]]) -> None:
    for form in said:
        assert client.post(address, data=form).status_code == 200


def by_command(session: Session, said: list[dict[str, str]]) -> None:
    for form in said:
        event = read(form.items())
        assert event is not None
        tell(session, event, MORNING)


@pytest.mark.parametrize(("calls", "way"), [(500, "command"), (60, "http")])
def test_whatever_order_an_exchange_speaks_in_each_call_is_one_record_and_each_missed_one_is_called_back_once(
    client_for: ClientFor,
    session_for: SessionFor,
    address: str,
    desk: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    calls: int,
    way: str,
) -> None:
    client, session, said = client_for("intake"), session_for("intake"), events(random.Random(14), calls)
    with caplog.at_level("DEBUG"), caplog.at_level("ERROR", logger="httpx"):
        if way == "http":
            by_http(client, address, said)
        else:
            by_command(session, said)
    session.expire_all()
    kept = session.exec(select(Call)).all()
    assert len(kept) == calls
    missed = [call for call in kept if call.state == "missed"]
    assert len(missed) == calls * 3 // 10
    # Of each ten calls the first is missed and anonymous: there is nobody to call back. Where the end was
    # told before the answer, it turned out that nobody had to be.
    backs = session.exec(select(CallBack).where(col(CallBack.ended).is_(None))).all()
    assert len({back.of_call for back in backs}) == len(backs)
    assert len(backs) == calls * 2 // 10
    assert {back.number for back in backs} == {call.number for call in missed} - {None}
    assert all(call.number is None or call.number.startswith(("+316", "+32475")) for call in kept)
    shown = client.get("/v1/calls?limit=1000", headers=desk).text + caplog.text
    assert not any(call.number and call.number[3:] in shown for call in kept)


def test_the_key_in_the_address_is_in_no_log_line_and_no_metric(
    client_for: ClientFor, address: str, make_key: MakeKey, caplog: pytest.LogCaptureFixture
) -> None:
    client, key = client_for("intake"), address.removeprefix("/cti/")
    with caplog.at_level("DEBUG"), caplog.at_level("ERROR", logger="httpx"):
        client.post(address, data=told("newCall", "a"))
        client.get(address)
        client.post(f"{address}/more", data=told("newCall", "a"))
        client.post(f"/cti/{key}x", data=told("newCall", "a"))
        client.post(address, content=b"\xff" * 200_000)
    metrics = client.get("/metrics", headers=make_key("intake", Scope.OPERATOR)).text
    assert "weerzien_http_requests_total" in metrics
    for secret in (key, key.split("_", 2)[2]):
        assert secret not in caplog.text
        assert secret not in str([vars(record) for record in caplog.records])
        assert secret not in metrics


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nhalf"),
        ("application/x-www-form-urlencoded", b"event=newCall&callId=\xff\xfe&from=%ff"),
        ("application/x-www-form-urlencoded", b"&" * 5000),
        ("application/json", b"{"),
    ],
)
def test_no_body_makes_us_fail(client_for: ClientFor, address: str, kind: str, body: bytes) -> None:
    answer = client_for("intake").post(address, content=body, headers={"content-type": kind})
    assert answer.status_code < 500


def test_a_call_that_goes_out_is_never_missed_though_its_end_is_told_without_a_direction(
    client_for: ClientFor, session_for: SessionFor, address: str
) -> None:
    client = client_for("intake")
    client.post(address, data=told("newCall", "a", CENTRE, to="0612345678", direction="out"))
    end = told("hangup", "a", CENTRE, to="0612345678")
    client.post(address, data={name: value for name, value in end.items() if name != "direction"})
    session = session_for("intake")
    assert session.exec(select(Call)).one().direction == "out"
    assert session.exec(select(CallBack)).all() == []


def test_a_program_says_when_it_rang_and_not_later_than_now(
    client_for: ClientFor, desk: dict[str, str]
) -> None:
    client = client_for("intake")
    for call, at in (("a", "2026-12-01T08:30:00Z"), ("b", "2027-12-01T08:30:00Z")):
        made = client.post("/v1/calls", json={"callId": call, "at": at}, headers=desk)
        assert made.status_code == 201
    assert {one["callId"]: one["at"] for one in listed(client, desk)} == {
        "a": "2026-12-01T08:30:00Z",
        "b": "2026-12-01T09:00:00Z",
    }


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "1999-12-31T23:00:00Z"], ids=["first", "last"])
def test_a_call_from_before_there_was_a_desk_is_none(
    at: str, client_for: ClientFor, desk: dict[str, str]
) -> None:
    client = client_for("intake")
    answer = client.post("/v1/calls", json={"from": "0612345678", "at": at}, headers=desk)
    assert answer.status_code == 400
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/at"]
    assert listed(client, desk) == []
