"""A question is taken in once, on disk before it is answered, and never lost to a repeated request."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session, col, select

from services.intake.requests import queries
from services.intake.requests.tables import AdviceRequest
from services.intake.requests.tasks import seal_keys
from services.intake.requests.views import facts
from shared.crypto import keyring
from shared.messaging.tables import outbox
from tests.conftest import MORNING
from tests.intake.requests.questions import question
from tests.kit.figures import figure


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def key(make_key: Callable[..., dict[str, str]]) -> dict[str, str]:
    return make_key("intake", "requests:write")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def send(
    client: TestClient, key: dict[str, str], body: dict[str, Any], idempotency: str | None = None
) -> Any:
    headers = key | ({"Idempotency-Key": idempotency} if idempotency else {})
    return client.post("/v1/advice-requests", json=body, headers=headers)


def count(session: Session) -> int:
    return len(session.exec(select(AdviceRequest.id)).all())


def test_a_question_is_answered_with_a_reference_and_a_code_and_announced_once(
    client: TestClient, key: dict[str, str], session: Session
) -> None:
    answer = send(client, key, question())
    assert answer.status_code == 202
    body = answer.json()
    assert answer.headers["Location"] == f"/v1/advice-requests/{body['reference']}"
    assert body["state"] == "received"
    assert "urgentHelp" not in body
    announced = session.execute(select(outbox)).all()  # type: ignore[call-overload]
    assert [(one.type, one.data) for one in announced] == [
        ("org.weerzien.request.received.v1", {"requestId": body["id"]})
    ]


def test_nothing_that_reaches_a_person_is_readable_in_the_table(
    client: TestClient, key: dict[str, str], session: Session
) -> None:
    words = "Ik ben zo verdrietig om papa"
    body = question(
        question=words,
        contact={"email": "noor@example.org", "channel": "email", "name": "Noor Wit"},
        requester={"organisation": "De Springplank", "name": "Juf Els", "role": "leerkracht"},
    )
    assert send(client, key, body).status_code == 202
    row = str(session.execute(text("SELECT * FROM advice_requests")).mappings().one())
    for secret in ("Noor", "noor@", "12345678", "verdrietig", "Springplank", "Els"):
        assert secret not in row
    stored = session.exec(select(AdviceRequest)).one()
    assert (stored.name, stored.email, stored.question) == ("Noor Wit", "noor@example.org", words)


@pytest.mark.parametrize(
    "words", ["Zoë 😀 نور", 'a "quote", {1}, \\x41 and \\n', "first\r\nsecond\tthird", "'); --"]
)
def test_words_are_kept_as_they_were_written(
    client: TestClient, key: dict[str, str], session: Session, words: str
) -> None:
    times = [{"days": ["mon", "sun"], "from": "09:00", "to": "12:30"}]
    body = question(question=words, facility=None, contact={"safeTimes": times})
    assert send(client, key, body).status_code == 202
    stored = session.exec(select(AdviceRequest)).one()
    assert stored.question == words
    assert stored.safe_times[0]["days"] == ["mon", "sun"]
    assert (stored.facility, stored.withdrawn_at, stored.needs) == (None, None, body["needs"])
    assert stored.state_time == stored.received_at


def test_half_a_character_is_told_and_not_stored(
    client: TestClient, key: dict[str, str], session: Session
) -> None:
    content = json.dumps(question(question="half: ")).replace("half: ", "half: \\ud83d")
    answer = client.post(
        "/v1/advice-requests", content=content, headers=key | {"Content-Type": "application/json"}
    )
    assert 400 <= answer.status_code < 500, answer.text
    assert "question" in answer.text
    assert count(session) == 0


def test_the_same_key_and_body_is_the_same_question_and_another_body_is_refused(
    client: TestClient, key: dict[str, str], session: Session
) -> None:
    first = send(client, key, question(), "form-1")
    again = send(client, key, question(), "form-1")
    assert again.status_code == 202
    assert again.json() == first.json()
    other = send(client, key, question(postcode="1012"), "form-1")
    assert other.status_code == 409
    assert "Idempotency-Key" in other.json()["detail"]
    assert count(session) == 1


def test_what_a_partner_made_its_idempotency_key_of_is_not_kept(
    client: TestClient, key: dict[str, str], session: Session
) -> None:
    send(client, key, question(), "Noor de Vries 2015-03-04")
    [kept] = session.exec(select(AdviceRequest.idempotency_key)).all()
    assert kept is not None
    assert kept.startswith("sealed:")
    assert "Noor" not in kept


def test_a_key_that_the_version_before_kept_as_it_was_is_found_and_then_sealed(
    client: TestClient, key: dict[str, str], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "ASK_SECONDS", 0)
    first = send(client, key, question(), "dossier-17").json()
    session.execute(text("UPDATE advice_requests SET idempotency_key = 'dossier-17'"))
    session.commit()
    assert send(client, key, question(), "dossier-17").json() == first
    assert seal_keys(session, MORNING, 10) == []
    session.commit()
    [kept] = session.exec(select(AdviceRequest.idempotency_key)).all()
    assert kept is not None
    assert kept.startswith("sealed:")
    assert send(client, key, question(), "dossier-17").json() == first
    assert count(session) == 1


def test_while_the_version_before_may_run_a_key_stays_as_that_one_finds_it(
    client: TestClient, key: dict[str, str], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "ASK_SECONDS", 0)
    monkeypatch.setattr(keyring(), "binds", False)
    first = send(client, key, question(), "dossier-17").json()
    seal_keys(session, MORNING, 10)
    session.commit()
    assert session.exec(select(AdviceRequest.idempotency_key)).all() == ["dossier-17"]
    assert send(client, key, question(), "dossier-17").json() == first
    monkeypatch.setattr(keyring(), "binds", True)
    assert send(client, key, question(), "dossier-17").json() == first
    assert count(session) == 1


def test_two_partners_may_use_the_same_idempotency_key(
    client: TestClient, make_key: Callable[..., dict[str, str]], session: Session
) -> None:
    send(client, make_key("intake", "requests:write"), question(), "1")
    send(client, make_key("intake", "requests:write"), question(), "1")
    assert count(session) == 2


def test_a_button_pressed_many_times_at_once_makes_one_question(
    client: TestClient, key: dict[str, str], session: Session
) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: send(client, key, question(), "once"), range(200)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert count(session) == 1
    assert len(session.execute(select(outbox)).all()) == 1  # type: ignore[call-overload]


def test_everything_that_is_wrong_is_told_at_once(
    client: TestClient, key: dict[str, str], session: Session
) -> None:
    body = question(audience="aunt", postcode="0000", contact={"phone": "06 1234", "voicemail": "perhaps"})
    answer = send(client, key, body)
    assert answer.status_code == 400
    told = {error["field"] for error in answer.json()["errors"]}
    assert told == {"audience", "postcode", "contact.phone", "contact.voicemail"}
    assert count(session) == 0


def test_what_hangs_on_the_country_waits_for_the_country(client: TestClient, key: dict[str, str]) -> None:
    answer = send(client, key, question(country="FR", postcode="75001", contact={"phone": "06 12 34 56 78"}))
    assert {error["field"] for error in answer.json()["errors"]} == {"country"}


@pytest.mark.parametrize(
    ("changes", "field", "word"),
    [
        ({"needs": ["shoes"]}, "needs.0", "subject"),
        ({"needs": []}, "needs", "at least 1"),
        ({"postcode": "0000"}, "postcode", "does not exist"),
        ({"country": "BE", "postcode": "5038 AB"}, "postcode", "does not exist"),
        ({"country": "FR"}, "country", "NL"),
        ({"language": "xx"}, "language", "language"),
        ({"facility": "nl-pi-atlantis"}, "facility", "place"),
        ({"audience": "aunt"}, "audience", "carer"),
        ({"consent": {"share": "yes", "store": False}}, "consent.store", "true"),
        ({"consent": {"share": "perhaps", "store": True}}, "consent.share", "yes"),
        ({"question": "x" * 4001}, "question", "4000"),
        ({"contact": {"channel": "sms", "phone": ""}}, "contact.phone", "Fill in a telephone number"),
        ({"contact": {"phone": "020-6241111"}}, "contact.phone", "landline"),
        ({"contact": {"phone": "+44 7911 123456"}}, "contact.phone", "+31"),
        ({"contact": {"phone": "06 1234"}}, "contact.phone", "too short"),
        ({"contact": {"channel": "email"}}, "contact.email", "e-mail address"),
        ({"contact": {"channel": "email", "email": "a@b.nl, c@d.nl"}}, "contact.email", "one e-mail"),
        ({"contact": {"channel": "email", "email": "a@b.nl\nBcc: c@d.nl"}}, "contact.email", "line break"),
        ({"contact": {"name": "Noor\r\nBcc: x"}}, "contact.name", "one line"),
        (
            {"contact": {"safeTimes": [{"days": ["mon"], "from": 3600, "to": "17:00"}]}},
            "contact.safeTimes.0.from",
            "17:00",
        ),
        ({"danger": "yes"}, "danger", "true"),
        ({"contact": {"channel": "pigeon"}}, "contact.channel", "sms"),
        ({"contact": {"safeTimes": [{"days": [], "from": "17:00", "to": "20:00"}]}}, "days", "at least 1"),
        (
            {"contact": {"safeTimes": [{"days": ["mon"], "from": "20:00", "to": "17:00"}]}},
            "contact.safeTimes.0",
            "before",
        ),
        ({"shoeSize": 38}, "shoeSize", "not a member"),
    ],
)
def test_what_is_wrong_is_told_by_field_and_nothing_is_stored(
    client: TestClient,
    key: dict[str, str],
    session: Session,
    changes: dict[str, Any],
    field: str,
    word: str,
) -> None:
    answer = send(client, key, question(**changes))
    assert answer.status_code == 400
    told = {error["field"]: error["detail"] for error in answer.json()["errors"]}
    found = [detail for name, detail in told.items() if field in name]
    assert found, told
    assert word in found[0]
    assert count(session) == 0


@pytest.mark.parametrize(
    ("country", "phone", "stored"),
    [
        ("NL", "06-12345678", "+31612345678"),
        ("NL", "0031 6 12 34 56 78", "+31612345678"),
        ("NL", "+31 (0)6 12345678", "+31612345678"),
        ("BE", "0470/12.34.56", "+32470123456"),
        ("BE", "+32 470 12 34 56", "+32470123456"),
        ("NL", "0470 12 34 56", "+32470123456"),
    ],
)
def test_numbers_are_understood_in_the_notations_of_both_countries(
    client: TestClient, key: dict[str, str], session: Session, country: str, phone: str, stored: str
) -> None:
    postcode = {"NL": "5038", "BE": "9000"}[country]
    answer = send(client, key, question(country=country, postcode=postcode, contact={"phone": phone}))
    assert answer.status_code == 202, answer.text
    assert session.exec(select(AdviceRequest)).one().phone == stored


@pytest.mark.parametrize(
    ("audience", "bands", "help_for"),
    [
        ("carer", [], ["carer"]),
        ("carer", ["4-7"], ["child"]),
        ("school", [], ["child"]),
        ("child", [], ["child"]),
        ("parent-in-detention", [], ["parent-in-detention"]),
        ("parent-in-detention", ["0-3"], ["child"]),
        ("prison-staff", [], ["child"]),
    ],
)
def test_who_is_to_be_helped_follows_from_who_asks_where_nobody_said(
    client: TestClient,
    key: dict[str, str],
    session: Session,
    audience: str,
    bands: list[str],
    help_for: list[str],
) -> None:
    contact = {"channel": "none"}
    send(client, key, question(audience=audience, childAgeBands=bands, contact=contact))
    assert session.exec(select(AdviceRequest)).one().help_for == help_for


def test_a_key_without_the_scope_and_no_key_take_nothing_in(
    client: TestClient, make_key: Callable[..., dict[str, str]], session: Session
) -> None:
    assert send(client, make_key("intake", "requests:read"), question()).status_code == 403
    assert send(client, {}, question()).status_code == 401
    assert count(session) == 0


@pytest.mark.parametrize(("danger", "state"), [(False, "received"), (True, "held")])
def test_a_repeated_question_is_answered_alike_whatever_has_happened_since(
    client: TestClient, key: dict[str, str], session: Session, danger: bool, state: str
) -> None:
    asked = question(danger=danger)
    first = send(client, key, asked, "once")
    assert first.json()["state"] == state
    code = {"Authorization": f"Bearer {first.json()['returnCode']}"}
    assert client.delete(f"/v1/advice-requests/{first.json()['reference']}", headers=code).status_code == 200
    assert send(client, key, asked, "once").json() == first.json()


@pytest.mark.parametrize("store", [1, 1.0, "true", False, None])
def test_only_a_plain_yes_lets_a_question_be_kept(
    client: TestClient, key: dict[str, str], session: Session, store: object
) -> None:
    answer = send(client, key, question(consent={"share": "yes", "store": store}))
    assert answer.status_code == 400
    assert "may not be kept" in answer.text
    assert count(session) == 0


def test_a_name_turns_nothing_that_follows_it(
    client: TestClient, key: dict[str, str], session: Session
) -> None:
    send(client, key, question(contact={"name": "Jan\u202e \u2066Ali"}))
    assert session.exec(select(AdviceRequest)).one().name == "Jan Ali"


def test_questions_are_counted_by_the_way_they_came_and_whether_they_are_held(
    client: TestClient, key: dict[str, str]
) -> None:
    before = figure(client, "weerzien_questions_total", way="key", held="yes") or 0
    send(client, key, question(danger=True), "once")
    send(client, key, question(danger=True), "once")
    assert figure(client, "weerzien_questions_total", way="key", held="yes") == before + 1


def test_above_a_keys_ceiling_nobody_is_refused_and_a_person_looks_before_anything_is_referred(
    client: TestClient, make_key: Callable[..., dict[str, str]], session: Session
) -> None:
    key, desk = make_key("intake", "requests:write", per_hour=2), make_key("intake", "desk")
    answers = [send(client, key, question()) for _ in range(4)] + [send(client, key, question(danger=True))]
    assert [one.status_code for one in answers] == [202] * 5
    rows = session.exec(select(AdviceRequest).order_by(col(AdviceRequest.received_at))).all()
    waiting = {one.reference for one in rows if facts(one).unproven}
    assert waiting == {answers[2].json()["reference"], answers[3].json()["reference"]}
    items = client.get("/v1/work-items", headers=desk).json()["items"]
    assert [one["reason"] for one in items] == ["danger-now", "many-by-one-key", "many-by-one-key"]


def test_a_key_past_its_last_day_sends_in_nothing(
    client: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    key = make_key("intake", "requests:write", until=date(2026, 11, 30))
    answer = send(client, key, question())
    assert (answer.status_code, "2026-11-30" in answer.json()["detail"]) == (401, True)
