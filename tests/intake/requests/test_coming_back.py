"""Reference and return code lead back to a question: to its state, to who said yes, and to taking it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.requests import commands
from services.intake.requests.tables import AdviceRequest, State
from shared.clock import FixedClock
from shared.desk.items import open_items
from shared.messaging.tables import outbox
from shared.runtime import Runtime
from shared.vocabulary import Share
from tests.intake.requests.questions import from_place, question
from tests.kit.details import referral_detail
from tests.kit.peers import fake


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


@pytest.fixture
def asked(client: TestClient, make_key: Callable[..., dict[str, str]]) -> dict[str, Any]:
    """A question that was just asked, as its asker knows it."""
    answer = client.post("/v1/advice-requests", json=question(), headers=make_key("intake", "requests:write"))
    received: dict[str, Any] = answer.json()
    return received


def with_code(code: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {code}"}


def types(session: Session) -> list[str]:
    rows = session.execute(select(outbox).order_by(outbox.c.sequence))  # type: ignore[call-overload]
    return [row.type.removeprefix("org.weerzien.").removesuffix(".v1") for row in rows]


def test_the_code_shows_the_state_and_no_name(client: TestClient, asked: dict[str, Any]) -> None:
    answer = client.get(f"/v1/advice-requests/{asked['reference']}", headers=with_code(asked["returnCode"]))
    assert answer.status_code == 200
    assert answer.json()["state"] == "received"
    assert "Noor" not in answer.text
    assert "612345678" not in answer.text


def test_a_code_is_understood_as_people_type_it(client: TestClient, asked: dict[str, Any]) -> None:
    typed = asked["returnCode"].lower().replace("-", " ")
    reference = asked["reference"].lower()
    assert client.get(f"/v1/advice-requests/{reference}", headers=with_code(typed)).status_code == 200


@pytest.mark.parametrize(
    "pasted",
    ["{}.", "\u202a{}\u202c", " {}\u00a0", "wz {groups}", "{groups}", "{dashes}", "\u200e{dashes}, "],
)
def test_a_reference_and_a_code_are_found_as_people_paste_them(
    client: TestClient, asked: dict[str, Any], pasted: str
) -> None:
    reference, code = asked["reference"], asked["returnCode"]
    sent = {
        "reference": pasted.format(
            reference, groups=reference.removeprefix("WZ-"), dashes=reference.replace("-", "\u2013")
        ),
        "code": f"\ufeff{code.replace('-', chr(0x2014))}.",
    }
    assert reference in client.post("/status", data=sent).text


def test_a_wrong_code_and_an_unknown_reference_get_the_same_answer(
    client: TestClient, asked: dict[str, Any]
) -> None:
    wrong = client.get(f"/v1/advice-requests/{asked['reference']}", headers=with_code("2222-2222-2222-2222"))
    unknown = client.get("/v1/advice-requests/WZ-2222-2222", headers=with_code(asked["returnCode"]))
    assert wrong.status_code == unknown.status_code == 404
    assert wrong.json() == unknown.json()


def test_whatever_strangers_try_the_owner_still_reads_and_takes_back(
    client: TestClient, asked: dict[str, Any]
) -> None:
    client = from_place(client)
    path, wrong = f"/v1/advice-requests/{asked['reference']}", with_code("2222-2222-2222-2222")
    assert [client.get(path, headers=wrong).status_code for _ in range(25)] == [404] * 20 + [429] * 5
    assert client.delete(path, headers=wrong).status_code == 429
    assert client.get(path, headers=with_code(asked["returnCode"])).status_code == 200
    assert client.delete(path, headers=with_code(asked["returnCode"])).json()["state"] == "withdrawn"


def test_guessing_from_one_origin_is_stopped_until_the_hour_is_over(
    client: TestClient, asked: dict[str, Any], clock: FixedClock
) -> None:
    client = from_place(client)
    path, wrong = f"/v1/advice-requests/{asked['reference']}", with_code("2222-2222-2222-2222")
    stopped = [client.get(path, headers=wrong) for _ in range(21)][-1]
    assert stopped.status_code == 429
    assert int(stopped.headers["Retry-After"]) > 0
    clock.advance(timedelta(hours=1))
    assert client.get(path, headers=wrong).status_code == 404


def test_who_comes_from_nowhere_that_is_known_shares_no_ceiling_with_others_like_it(
    client: TestClient, asked: dict[str, Any]
) -> None:
    path, wrong = f"/v1/advice-requests/{asked['reference']}", with_code("2222-2222-2222-2222")
    nowhere = from_place(client, "no-address")
    assert {nowhere.get(path, headers=wrong).status_code for _ in range(25)} == {404}


def test_who_has_the_right_code_may_look_as_often_as_they_like(
    client: TestClient, asked: dict[str, Any]
) -> None:
    path, code = f"/v1/advice-requests/{asked['reference']}", with_code(asked["returnCode"])
    assert {client.get(path, headers=code).status_code for _ in range(30)} == {200}


def test_one_origin_cannot_try_many_references(client: TestClient) -> None:
    client, letters = from_place(client), "23456789BCDFGHJKMNPQRTVW"
    answers = [client.get(f"/v1/advice-requests/WZ-222{one}-2222", headers=with_code("x")) for one in letters]
    assert [answer.status_code for answer in answers] == [404] * 20 + [429] * (len(letters) - 20)


def test_the_asker_takes_it_back_once_and_everybody_hears_it_once(
    client: TestClient, asked: dict[str, Any], session: Session
) -> None:
    path, code = f"/v1/advice-requests/{asked['reference']}", with_code(asked["returnCode"])
    assert client.delete(path, headers=code).json()["state"] == "withdrawn"
    assert client.delete(path, headers=code).json()["state"] == "withdrawn"
    assert types(session) == ["request.received", "request.withdrawn"]


def test_another_partners_key_sees_nothing_and_a_reading_key_does(
    client: TestClient, asked: dict[str, Any], make_key: Callable[..., dict[str, str]]
) -> None:
    path = f"/v1/advice-requests/{asked['reference']}"
    assert client.get(path, headers=make_key("intake", "requests:write")).status_code == 404
    assert client.get(path, headers=make_key("intake", "requests:read")).status_code == 200
    assert client.delete(path, headers=make_key("intake", "requests:read")).status_code == 404


def test_a_page_shows_who_said_yes_and_lets_the_asker_take_it_back(
    client: TestClient,
    asked: dict[str, Any],
    session: Session,
    runtime_for: Callable[[str], Runtime],
    clock: FixedClock,
) -> None:
    referral = uuid4()
    commands.hear_all(session, [commands.News(UUID(asked["id"]), State.ACCEPTED, referral, at=clock.now())])
    session.commit()
    fake(runtime_for("intake"), "referral").learn(referral_detail(referral))
    known = {"reference": asked["reference"], "code": asked["returnCode"]}
    page = client.post("/status", data=known, headers={"Accept-Language": "nl"})
    assert page.status_code == 200
    assert "Exodus" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    gone = client.post("/status/withdrawal", data=known, headers={"Accept-Language": "nl"})
    assert "Je vraag is ingetrokken" in gone.text


def test_who_wants_to_hear_nothing_is_told_to_get_in_touch_and_with_whom(
    client: TestClient,
    make_key: Callable[..., dict[str, str]],
    session: Session,
    runtime_for: Callable[[str], Runtime],
    clock: FixedClock,
) -> None:
    sent = question(contact={"channel": "none", "phone": None})
    key = make_key("intake", "requests:write")
    asked = client.post("/v1/advice-requests", json=sent, headers=key).json()
    referral = uuid4()
    commands.hear_all(session, [commands.News(UUID(asked["id"]), State.ACCEPTED, referral, at=clock.now())])
    session.commit()
    fake(runtime_for("intake"), "referral").learn(referral_detail(referral))
    known = {"reference": asked["reference"], "code": asked["returnCode"]}
    page = client.post("/status", data=known, headers={"Accept-Language": "nl"}).text
    assert 'Neem zelf contact op met <strong dir="auto">Exodus</strong>' in page
    assert 'href="https://exodus.example"' in page
    assert "neemt contact met je op" not in page


def test_a_page_says_so_where_the_partner_cannot_be_shown_now(
    client: TestClient,
    asked: dict[str, Any],
    session: Session,
    runtime_for: Callable[[str], Runtime],
    clock: FixedClock,
) -> None:
    commands.hear_all(session, [commands.News(UUID(asked["id"]), State.ACCEPTED, uuid4(), at=clock.now())])
    session.commit()
    fake(runtime_for("intake"), "referral").away = True
    known = {"reference": asked["reference"], "code": asked["returnCode"]}
    page = client.post("/status", data=known, headers={"Accept-Language": "nl"})
    assert page.status_code == 200
    assert "nu even niet laten zien" in page.text


def test_a_wrong_code_leaves_the_number_as_it_was_typed(client: TestClient) -> None:
    client = from_place(client)
    for _ in range(21):
        page = client.post("/status", data={"reference": "wz-2222 2222", "code": "2222"})
        assert 'value="wz-2222 2222"' in page.text
        assert 'value="2222"' not in page.text
    assert page.status_code == 429


def test_news_in_the_wrong_order_ends_where_the_newest_left_it(
    asked: dict[str, Any], session: Session, clock: FixedClock
) -> None:
    request, referral, now = UUID(asked["id"]), uuid4(), clock.now()
    commands.hear_all(
        session, [commands.News(request, State.ACCEPTED, referral, at=now + timedelta(minutes=5))]
    )
    session.commit()
    commands.hear_all(
        session, [commands.News(request, State.OFFERED, referral, at=now + timedelta(minutes=1))]
    )
    session.commit()
    assert session.exec(select(AdviceRequest)).one().state is State.ACCEPTED
    commands.withdraw(session, request, at=now + timedelta(minutes=6))
    commands.hear_all(
        session, [commands.News(request, State.ACCEPTED, referral, at=now + timedelta(minutes=7))]
    )
    session.commit()
    assert session.exec(select(AdviceRequest)).one().state is State.WITHDRAWN


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"danger": True}, ["112", "Veilig Thuis"]),
        ({"needs": ["veiligheid"]}, ["112", "Veilig Thuis"]),
        ({"danger": True, "country": "BE", "postcode": "9000"}, ["112", "1712"]),
        (
            {"danger": True, "country": "BE", "postcode": "9000", "audience": "school"},
            ["112", "1712", "Vertrouwenscentrum Kindermishandeling"],
        ),
    ],
)
def test_danger_gets_numbers_at_once_and_waits_for_the_desk(
    client: TestClient,
    make_key: Callable[..., dict[str, str]],
    session: Session,
    changes: dict[str, Any],
    names: list[str],
) -> None:
    answer = client.post(
        "/v1/advice-requests", json=question(**changes), headers=make_key("intake", "requests:write")
    ).json()
    assert answer["state"] == "held"
    assert [line["name"] for line in answer["urgentHelp"]] == names
    assert [item.kind for item in open_items(session)] == ["safeguarding-hold"]


def test_only_the_desk_lifts_a_hold_and_it_can_do_so_once(
    client: TestClient, make_key: Callable[..., dict[str, str]], session: Session, clock: FixedClock
) -> None:
    asked = client.post(
        "/v1/advice-requests", json=question(danger=True), headers=make_key("intake", "requests:write")
    ).json()
    commands.hear_all(session, [commands.News(UUID(asked["id"]), State.OFFERED, uuid4(), at=clock.now())])
    session.commit()
    assert session.exec(select(AdviceRequest)).one().state is State.HELD
    desk = make_key("intake", "desk")
    [item] = client.get("/v1/work-items", headers=desk).json()["items"]
    assert item["actions"] == [
        "lift-hold",
        "settled-by-telephone",
        "settled-in-writing",
        "asked-twice",
        "not-real",
    ]
    path = f"/v1/work-items/{item['id']}/resolutions"
    assert client.post(path, json={"action": "lift-hold"}, headers=desk).status_code == 201
    assert client.post(path, json={"action": "lift-hold"}, headers=desk).status_code == 409
    assert types(session) == ["request.received", "request.updated"]
    assert client.get("/v1/work-items", headers=make_key("intake", "requests:read")).status_code == 403


def test_the_desk_that_looks_at_a_held_question_sees_how_to_call_without_doing_harm(
    client: TestClient,
    make_key: Callable[..., dict[str, str]],
    session: Session,
    desk_shows: Callable[..., str],
) -> None:
    contact = {
        "channel": "phone",
        "phone": "06 12345678",
        "minorsOwnPhone": True,
        "safeTimes": [{"days": ["mon"], "from": "17:00", "to": "20:00"}],
    }
    asked = question(danger=True, contact=contact, question="Ik durf niet naar huis.", audience="child")
    client.post("/v1/advice-requests", json=asked, headers=make_key("intake", "requests:write"))
    [item] = open_items(session)
    page = desk_shows("intake", item.id)
    for words in (
        "Ik durf niet naar huis.",
        "maandag 17:00-20:00",
        "niet inspreken",
        "eigen telefoon van iemand jonger dan 18",
        "vraag eerst of je de juiste persoon spreekt",
    ):
        assert words in page


def test_a_yes_to_sharing_that_a_person_was_told_is_kept(
    client: TestClient, make_key: Callable[..., dict[str, str]], session: Session
) -> None:
    asked = client.post(
        "/v1/advice-requests",
        json=question(consent={"share": "ask-first", "store": True}),
        headers=make_key("intake", "requests:write"),
    ).json()
    for request in (UUID(asked["id"]), uuid4()):
        commands.agree(session, request)
        session.commit()
    session.expire_all()
    assert session.exec(select(AdviceRequest)).one().share is Share.YES


def test_mistyped_references_of_others_shut_nobody_out(client: TestClient, asked: dict[str, Any]) -> None:
    for number in range(8):
        mistyped = {"reference": "zzz", "code": "x"}
        from_somewhere = {"X-Forwarded-For": f"203.0.113.{number}"}
        assert client.post("/status", data=mistyped, headers=from_somewhere).status_code == 404


def test_one_origin_that_mistypes_on_and_on_has_to_wait(client: TestClient, asked: dict[str, Any]) -> None:
    client = from_place(client)
    found = [client.post("/status", data={"reference": "zzz", "code": "x"}).status_code for _ in range(21)]
    assert found == [404] * 20 + [429]
