"""What comes by the public form is always taken in, and waits for proof of its contact or for a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.requests import commands, suspicion, tasks, views
from services.intake.requests.references import proof_token, request_of
from services.intake.requests.rules import PROOF_KEEPS
from services.intake.requests.tables import AdviceRequest, Doubt, State, WaitsFor
from shared.clock import FixedClock
from shared.desk.items import groups, open_items
from shared.events.details import ContactPoint
from shared.messaging.tables import outbox
from shared.runtime import Runtime
from tests.intake.requests.kept import all_kept, lines, only
from tests.intake.requests.questions import (
    fields,
    forget,
    from_place,
    kept_open,
    press,
    question,
    send,
    send_at_once,
    walk,
)

SITE = "http://intake.test"
SCHOOL, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def updates(session: Session) -> list[str]:
    rows = session.execute(select(outbox).order_by(outbox.c.sequence))  # type: ignore[call-overload]
    return [row.data["change"] for row in rows if row.type == "org.weerzien.request.updated.v1"]


def contact(row: AdviceRequest) -> ContactPoint:
    return views.contact_point(row, SITE)


def form_of(number: int, **changes: Any) -> dict[str, Any]:
    """A form as it is sent, from a page of its own and with a number of its own."""
    filled: dict[str, Any] = {
        "who": "carer",
        "audience": "carer",
        "secret": "no",
        "needs": ["bezoek"],
        "country": "NL",
        "postcode": "5038",
        "language": "nl",
        "remote": "yes",
        "urgency": "normal",
        "channel": "sms",
        "phone": f"06 1{number:07d}",
        "share": "yes",
        "store": "yes",
    }
    return filled | changes


def test_of_700_forms_in_an_hour_all_are_kept_and_the_one_in_danger_is_first_on_the_list(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    flood, child = from_place(client), from_place(client, ELSEWHERE)
    for number in range(350):
        assert send_at_once(flood, form_of(number)).status_code == 200
    danger = form_of(999, danger="yes", channel="none")
    assert send_at_once(child, danger).status_code == 200
    for number in range(350, 700):
        assert send_at_once(flood, form_of(number)).status_code == 200
    assert len(all_kept(session)) == 701
    first, *_ = open_items(session)
    assert first.reason == "danger-now"
    assert len(open_items(session, alone=True)) == 1
    assert lines(session) == [
        (Doubt.FAST_FROM_ONE_PLACE, 20),
        (Doubt.MANY_FROM_ONE_PLACE, 670),
    ]


@pytest.mark.parametrize(
    ("place", "limit"),
    [
        ("192.0.2.{}", 60),
        ("2001:db8:0:1{:02x}::1", 60),
        ("2001:db8:0:{:02x}00::1", 120),
    ],
)
def test_many_places_of_one_network_are_one_place(
    client: TestClient, session: Session, clock: FixedClock, place: str, limit: int
) -> None:
    for number in range(limit + 1):
        assert send_at_once(from_place(client, place.format(number)), form_of(number)).status_code == 200
    assert [row.doubt for row in all_kept(session) if row.doubt] == [Doubt.MANY_FROM_ONE_PLACE]


def test_an_ipv4_address_that_comes_as_ipv6_is_the_same_place(client: TestClient, session: Session) -> None:
    for number in range(suspicion.AT_ONCE):
        send(from_place(client, SCHOOL), fields(phone=f"0470 12 34 {number + 10}"))
    send(from_place(client, f"::ffff:{SCHOOL}"), fields(phone="0470 12 34 99"))
    assert [row.doubt for row in all_kept(session)].count(Doubt.FAST_FROM_ONE_PLACE) == 1


def test_a_counsellors_fourth_pupil_is_taken_in_like_the_first(client: TestClient, session: Session) -> None:
    school = from_place(client, SCHOOL)
    pages = [send(school, fields(audience="school")) for _ in range(4)]
    assert [page.status_code for page in pages] == [200] * 4
    assert [row.waits_for for row in all_kept(session)] == [WaitsFor.PROOF] * 4


def test_forms_with_somebodys_number_do_not_keep_its_owner_from_asking(
    client: TestClient, session: Session
) -> None:
    for number in range(3):
        send(from_place(client, f"192.0.2.{number}"), fields())
    assert send(from_place(client, ELSEWHERE), fields()).status_code == 200
    assert len(all_kept(session)) == 4


def test_a_double_press_on_the_third_form_is_one_question(client: TestClient, session: Session) -> None:
    for _ in range(2):
        send(client, fields())
    forget(client)
    third = walk(client, fields())
    pages = [press(client, third, fields()) for _ in range(2)]
    assert [page.status_code for page in pages] == [200, 200]
    assert len({re.findall(r"WZ-\S{4}-\S{4}", page.text)[0] for page in pages}) == 1
    assert len(all_kept(session)) == 3


def test_a_form_that_stood_open_for_a_day_is_taken_in_and_read_first(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    received = kept_open(client, fields(), clock, 13)
    assert "Een adviseur van ons leest eerst je vraag" in received.text
    assert (only(session).doubt, only(session).state) == (Doubt.OLD_FORM, State.WAITING)


def test_from_a_threshold_on_every_form_of_the_hour_is_read_first(
    client: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
) -> None:
    monkeypatch.setattr(suspicion, "ALL_FORMS", 2)
    for number in range(3):
        send(from_place(client, f"192.0.{number}.1"), fields())
    assert lines(session) == [(Doubt.MANY_FORMS, 1)]
    clock.advance(timedelta(hours=1))
    send(client, fields())
    assert lines(session) == [(Doubt.MANY_FORMS, 1)]


@pytest.mark.parametrize("channel", ["phone", "none"])
def test_who_gives_nothing_that_can_be_proven_is_read_by_a_person(
    client: TestClient, session: Session, channel: str
) -> None:
    send(client, fields(channel=channel))
    row = only(session)
    assert (row.waits_for, row.doubt) == (WaitsFor.PERSON, Doubt.NOTHING_TO_PROVE)
    assert views.facts(row).unproven
    commands.confirm(session, row.id, at=row.received_at)
    session.commit()
    assert not views.facts(only(session)).unproven
    assert updates(session) == ["confirmed"]


def test_what_a_key_sends_in_waits_for_nothing(
    client: TestClient, session: Session, make_key: Callable[..., dict[str, str]]
) -> None:
    client.post("/v1/advice-requests", json=question(), headers=make_key("intake", "requests:write"))
    row = only(session)
    assert row.waits_for is None
    assert not views.facts(row).unproven
    assert contact(row).is_proven


def test_danger_waits_for_the_person_who_looks_at_it_and_is_asked_nothing(
    client: TestClient, session: Session
) -> None:
    page = send(client, fields(danger="yes"))
    assert "We delen hem met niemand voordat dat gebeurd is." in page.text
    row = only(session)
    assert (row.state, row.hold, row.doubt) == (State.HELD, True, None)
    assert contact(row).proof_url is None
    assert groups(session) == []
    commands.lift_hold(session, row.id, at=row.received_at)
    session.commit()
    row = only(session)
    assert (row.state, views.facts(row).unproven, contact(row).is_proven) == (State.RECEIVED, False, True)


def test_a_childs_own_number_is_asked_in_the_hours_of_children(client: TestClient, session: Session) -> None:
    send(client, fields(audience="child"))
    assert contact(only(session)).minors_own_phone


def test_the_link_proves_by_its_button_alone_and_once(client: TestClient, session: Session) -> None:
    send(client, fields(channel="email", email="Noor@example.org"))
    link = str(contact(only(session)).proof_url).removeprefix(SITE)
    for method in ("GET", "HEAD", "GET"):
        shown = client.request(method, link)
        assert shown.status_code == 200
        assert shown.headers["Cache-Control"] == "no-store"
        assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert "Noor" not in shown.text
    assert only(session).reference not in shown.text
    assert only(session).waits_for is WaitsFor.PROOF
    assert [client.post(link).status_code for _ in range(2)] == [200, 200]
    row = only(session)
    assert (row.waits_for, views.facts(row).unproven, contact(row).is_proven) == (None, False, True)
    assert updates(session) == ["proven"]


def test_a_link_ends_after_thirty_days_and_one_that_we_did_not_make_leads_nowhere(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    send(client, fields(channel="email", email="noor@example.org"))
    token = proof_token(only(session).id)
    assert request_of(token) == only(session).id
    other = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    for path in (f"/confirm/{other}", "/confirm/x", "/confirm/é"):
        assert client.get(path).status_code == client.post(path).status_code == 404
    clock.advance(PROOF_KEEPS)
    assert client.get(f"/confirm/{token}").status_code == client.post(f"/confirm/{token}").status_code == 404
    assert only(session).waits_for is WaitsFor.PROOF


def prove(session: Session, request_id: UUID, clock: FixedClock) -> None:
    commands.prove(session, request_id, at=clock.now())
    session.commit()


def test_two_answers_announce_once(client: TestClient, session: Session, clock: FixedClock) -> None:
    send(client, fields())
    for _ in range(2):
        prove(session, only(session).id, clock)
    assert updates(session) == ["proven"]


def test_an_answer_frees_nothing_that_a_person_is_to_read(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    kept_open(client, fields(), clock, 13)
    assert contact(only(session)).proof_url is None
    prove(session, only(session).id, clock)
    assert views.facts(only(session)).unproven
    assert updates(session) == []


def do_what_is_due(runtime: Runtime) -> None:
    with runtime.sessions() as session:
        ids = tasks.claim_unproven(session, runtime.clock.now(), 50)
        session.commit()
    tasks.doubt(runtime, ids)


def test_who_has_not_answered_after_two_days_is_read_by_a_person_and_can_answer_still(
    client: TestClient, session: Session, clock: FixedClock, runtime_for: Callable[[str], Runtime]
) -> None:
    runtime = runtime_for("intake")
    send(client, fields())
    clock.advance(timedelta(days=1, hours=23))
    do_what_is_due(runtime)
    assert lines(session) == []
    clock.advance(timedelta(hours=1))
    for _ in range(2):
        do_what_is_due(runtime)
    assert lines(session) == [(Doubt.NOT_PROVEN, 1)]
    assert only(session).state is State.WAITING
    prove(session, only(session).id, clock)
    assert (lines(session), only(session).state) == ([], State.RECEIVED)


def test_who_answered_or_took_it_back_is_on_no_list_after_two_days(
    client: TestClient, session: Session, clock: FixedClock, runtime_for: Callable[[str], Runtime]
) -> None:
    for _ in range(2):
        send(client, fields())
    answered, taken_back = (row.id for row in all_kept(session))
    prove(session, answered, clock)
    commands.withdraw(session, taken_back, at=clock.now())
    clock.advance(timedelta(days=3))
    do_what_is_due(runtime_for("intake"))
    assert lines(session) == []


def test_a_no_brings_it_to_a_person_at_once(client: TestClient, session: Session, clock: FixedClock) -> None:
    send(client, fields())
    commands.deny(session, only(session).id, at=clock.now())
    session.commit()
    assert lines(session) == [(Doubt.DENIED, 1)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "We wachten op je antwoord"),
        ({"channel": "phone"}, "Een adviseur leest je vraag"),
    ],
)
def test_the_status_page_says_what_it_waits_for(
    client: TestClient, session: Session, changes: dict[str, str], said: str
) -> None:
    page = send(client, fields(**changes)).text
    reference, code = re.findall(r'class="wz-code">([^<]+)<', page)
    answer = client.post(
        "/status", data={"reference": reference, "code": code}, headers={"Accept-Language": "nl"}
    )
    assert said in answer.text
    assert "We zoeken iemand" not in answer.text
