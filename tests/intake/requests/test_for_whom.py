"""What is taken for granted of who asks: whose telephone it is, which language they read, which number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.requests import views
from services.intake.requests.tables import AdviceRequest
from tests.intake.requests.questions import fields, question, send


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def asked(session: Session) -> AdviceRequest:
    return session.exec(select(AdviceRequest)).one()


@pytest.mark.parametrize(
    ("audience", "said", "minors"),
    [("child", {}, True), ("child", {"minorsOwnPhone": False}, False), ("carer", {}, False)],
)
def test_the_telephone_of_a_child_keeps_the_hours_of_children_unless_said_otherwise(
    client: TestClient,
    make_key: Callable[..., dict[str, str]],
    session: Session,
    audience: str,
    said: dict[str, Any],
    minors: bool,
) -> None:
    sent = question(audience=audience, contact=said)
    key = make_key("intake", "requests:write")
    assert client.post("/v1/advice-requests", json=sent, headers=key).status_code == 202
    assert asked(session).minors_own_phone is minors
    assert views.contact_point(asked(session), "").minors_own_phone is minors


@pytest.mark.parametrize(
    ("audience", "said", "minors"),
    [
        ("child", "", True),
        ("child", "no", False),
        ("child", "yes", True),
        ("carer", "", False),
        ("carer", "yes", True),
    ],
)
def test_so_it_does_on_the_form(
    client: TestClient, session: Session, audience: str, said: str, minors: bool
) -> None:
    assert send(client, fields(audience=audience, minors_own_phone=said)).status_code == 200
    assert asked(session).minors_own_phone is minors


@pytest.mark.parametrize(("page", "otherwise"), [("fr", "fr"), ("en", "en")])
def test_who_speaks_another_language_is_written_to_in_that_of_the_page_they_read(
    client: TestClient, session: Session, page: str, otherwise: str
) -> None:
    send(client, fields(language="tr"), language=page)
    assert views.contact_point(asked(session), "").otherwise == otherwise


@pytest.mark.parametrize(
    ("country", "postcode", "otherwise"), [("NL", "5038", "nl"), ("BE", "9000", "nl"), ("BE", "5000", "fr")]
)
def test_or_where_there_was_no_page_in_that_of_where_they_live(
    client: TestClient,
    make_key: Callable[..., dict[str, str]],
    session: Session,
    country: str,
    postcode: str,
    otherwise: str,
) -> None:
    sent = question(language="tr", country=country, postcode=postcode)
    client.post("/v1/advice-requests", json=sent, headers=make_key("intake", "requests:write"))
    assert views.contact_point(asked(session), "").otherwise == otherwise


def test_a_number_that_is_good_in_both_countries_is_shown_in_full_before_anybody_is_called(
    client: TestClient, make_key: Callable[..., dict[str, str]], desk_shows: Callable[..., str]
) -> None:
    sent = fields(
        channel="phone",
        phone="0475 12 34 56",
        danger="yes",
        question="\u0645\u0631\u062d\u0628\u0627",
    )
    assert "+32 475 12 34 56" in send(client, sent).text
    plain = send(client, fields(channel="phone", phone="0470 12 34 56")).text
    assert "waarop we je bereiken" not in plain
    key = make_key("intake", "desk")
    item = client.get("/v1/work-items", headers=key).json()["items"][0]
    page = desk_shows("intake", item["id"])
    assert '<a href="tel:+32475123456" dir="ltr">+32 475 12 34 56</a>' in page
    assert '<dd dir="auto" class="wz-words">\u0645' in page
