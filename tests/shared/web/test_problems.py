"""Bad input at the door of any service: a clear answer, never a 5xx, and nothing begun."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends
from fastapi.testclient import TestClient
from sqlmodel import SQLModel

from shared.errors import Conflict, RuleBroken
from shared.languages import FOR_PAGES
from shared.runtime import Runtime
from shared.security.access import only, open_to_all, requires
from shared.security.service_tokens import issue
from shared.service import Room, Service
from shared.settings import CommonSettings
from shared.web import pages
from shared.web.proxies import PROXIED
from shared.web.schemas import ApiInput

router = APIRouter()
calls: list[str] = []


class Question(ApiInput):
    first_name: str
    visit_on: date
    children: int = 0


@router.post("/v1/things", dependencies=[Depends(open_to_all)])
def make_thing(question: Question) -> dict[str, str]:
    calls.append(question.first_name)
    return {"name": question.first_name}


@router.get("/v1/secret", dependencies=[Depends(requires("desk"))])
def secret() -> dict[str, str]:
    return {}


@router.get("/internal/detail")
def detail(peer: Annotated[str, Depends(only("notify"))]) -> dict[str, str]:
    return {"peer": peer}


@router.get("/v1/broken/{how}", dependencies=[Depends(open_to_all)])
def broken(how: str) -> None:
    if how == "rule":
        raise RuleBroken("The offer lapsed yesterday.")
    if how == "conflict":
        raise Conflict("That is there already.")
    raise ZeroDivisionError("0612345678")


@pytest.fixture
def client(runtime_for: Callable[[str], Runtime]) -> TestClient:
    calls.clear()
    test = Service("intake", CommonSettings, SQLModel, rooms=[Room(routers=[router])])
    app = test.web(runtime_for("intake"))
    return TestClient(app, raise_server_exceptions=False, client=("127.0.0.1", 50_000))


GOOD = {"firstName": "Noor", "visitOn": "2026-12-01"}


def test_every_mistake_is_told_at_once_with_its_place_and_what_to_do(client: TestClient) -> None:
    answer = client.post("/v1/things", json={"visitOn": "2026-02-30", "children": "two", "shoeSize": 4})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["API-Version"]
    problem = answer.json()
    assert {(error["field"], error["pointer"], error["in"]) for error in problem["errors"]} == {
        ("firstName", "/firstName", "body"),
        ("visitOn", "/visitOn", "body"),
        ("children", "/children", "body"),
        ("shoeSize", "/shoeSize", "body"),
    }
    sentences = {error["field"]: error["detail"] for error in problem["errors"]}
    assert sentences["visitOn"] == "visitOn must be a date that exists, such as 2026-12-01."
    assert "two" not in answer.text


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"[]", b'"text"', b"null", b"\xff\xfe", b'{"firstName": "\\ud800", "visitOn": "2026-12-01"}'],
)
def test_what_is_not_the_object_we_ask_for_is_refused_in_words(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/things", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert calls == []


def test_five_megabytes_are_refused_before_they_are_read(client: TestClient) -> None:
    answer = client.post("/v1/things", json={**GOOD, "firstName": "x" * 5_000_000})
    assert answer.status_code == 413
    assert "128 KB" in answer.json()["detail"]
    assert calls == []


@pytest.mark.parametrize("path", ["/v1/things?x=%00", "/v1/things/%00"])
def test_a_nul_byte_in_an_address_is_refused(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 400


def test_a_nul_byte_in_the_text_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/things", json={**GOOD, "firstName": "No\x00or"})
    assert answer.status_code == 400
    assert "U+0000" in answer.json()["detail"]
    assert calls == []


@pytest.mark.parametrize(
    ("posted", "status", "words"),
    [
        (b"question=" + b"x" * 1_100_000, 413, "raccourcissez votre texte"),
        (b"question=a%00b", 400, "un caractère que nous ne pouvons pas lire"),
        (b"question=a\x00b", 400, "un caractère que nous ne pouvons pas lire"),
    ],
)
def test_who_sends_a_page_what_cannot_be_read_is_told_on_a_page_in_their_language(
    client: TestClient, posted: bytes, status: int, words: str
) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": "fr"}
    page = client.post("/ask", content=posted, headers=kind)
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert '<html lang="fr">' in page.text
    assert words in page.text
    assert page.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("language", FOR_PAGES)
def test_no_page_claims_that_nothing_was_kept_where_nobody_knows(language: str) -> None:
    for claim in ("niets bewaard", "Rien n'a été enregistré", "Nothing was stored"):
        assert not any(
            claim in pages.texts().text(language, f"problem.{kind}.text") for kind in ("other", "try-again")
        )


@pytest.mark.parametrize("name", ["Zoë 😀", "נועה", "نور", "Łucja", "李"])
def test_names_of_every_script_are_taken_as_they_are(client: TestClient, name: str) -> None:
    assert client.post("/v1/things", json={**GOOD, "firstName": name}).json() == {"name": name}


def test_without_a_key_401_with_the_wrong_one_403_and_neither_says_more(
    client: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    nothing = client.get("/v1/secret")
    assert nothing.status_code == 401
    assert nothing.headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/v1/secret", headers={"Authorization": "Bearer wz_a_b"}).status_code == 401
    assert client.get("/v1/secret", headers=make_key("intake", "requests:write")).status_code == 403
    assert client.get("/v1/secret", headers=make_key("intake", "desk")).status_code == 200
    assert client.get("/v1/secret", headers=make_key("intake", "operator")).status_code == 200


def test_services_know_each_other_by_a_token_meant_for_this_one(client: TestClient) -> None:
    def ask(token: str) -> int:
        answer = client.get("/internal/detail", headers={"Authorization": f"Bearer {token}"})
        return int(answer.status_code)

    assert ask(issue("notify", "intake")) == 200
    assert ask(issue("notify", "referral")) == 401
    assert ask(issue("referral", "intake")) == 403
    assert ask("no token") == 401


def test_a_rule_that_says_no_is_a_409_with_its_sentence(client: TestClient) -> None:
    assert client.get("/v1/broken/rule").json()["detail"] == "The offer lapsed yesterday."
    assert client.get("/v1/broken/rule").status_code == 409
    assert client.get("/v1/broken/conflict").status_code == 409


def test_what_nobody_foresaw_is_a_500_that_says_nothing_of_its_inside(client: TestClient) -> None:
    answer = client.get("/v1/broken/wholly")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "0612345678" not in answer.text


def test_the_description_is_open_to_all_also_from_another_site(client: TestClient) -> None:
    answer = client.get("/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["API-Version"] == answer.json()["info"]["version"]


def test_metrics_are_for_who_asks_from_inside(client: TestClient) -> None:
    assert "weerzien_http_requests_total" in client.get("/metrics").text
    for header in PROXIED:
        assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_a_service_without_a_dispatcher_is_not_ready_and_says_so(client: TestClient) -> None:
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "dispatcher" in answer.json()
    assert answer.json()["schema"] == "ok"


def test_only_the_names_that_the_description_gives_are_taken(client: TestClient) -> None:
    answer = client.post("/v1/things", json={"first_name": "Noor", "visitOn": "2026-12-01"})
    assert {error["field"] for error in answer.json()["errors"]} == {"firstName", "first_name"}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_is_not_sent_as_json_is_told_how_to_send_it(client: TestClient, kind: str) -> None:
    answer = client.post("/v1/things", content=b'{"firstName": "Noor"}', headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]
    assert calls == []


@pytest.mark.parametrize(
    "body", [b'{"firstName": "\xff"}', b"[" * 100_000, b'{"children": ' + b"9" * 5000 + b"}"]
)
def test_a_body_that_breaks_the_parser_is_told_in_words(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/things", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "JSON" in answer.text


def test_an_escaped_backslash_before_the_letters_of_nul_is_text(client: TestClient) -> None:
    sent = {"Content-Type": "application/json"}
    text = b'{"firstName": "\\\\u0000", "visitOn": "2026-12-01"}'
    assert client.post("/v1/things", content=text, headers=sent).json() == {"name": "\\u0000"}
    nul = b'{"firstName": "\\\\\\u0000", "visitOn": "2026-12-01"}'
    assert client.post("/v1/things", content=nul, headers=sent).status_code == 400


def test_what_nobody_foresaw_is_counted_and_carries_our_headers(client: TestClient) -> None:
    answer = client.get("/v1/broken/division")
    assert answer.status_code == 500
    assert answer.headers["API-Version"]
    assert answer.headers["X-Correlation-Id"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    counted = client.get("/metrics").text
    assert 'route="/v1/broken/{how}",service="intake",status="500"' in counted


def test_a_method_that_does_nothing_here_is_told_which_do(client: TestClient) -> None:
    answer = client.put("/v1/work-items", json={})
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert "GET, HEAD" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/healthz", "/v1/openapi.json", "/static/leave.js"])
def test_who_asks_for_the_head_alone_gets_it(client: TestClient, path: str) -> None:
    assert client.head(path).status_code == 200


@pytest.mark.parametrize("path", ["/v1/work-items/", "/healthz/", "/desk/"])
def test_an_address_with_a_slash_too_many_is_not_found_and_leads_nowhere_else(
    client: TestClient, path: str
) -> None:
    answer = client.get(path, headers={"Host": "evil.example"}, follow_redirects=False)
    assert answer.status_code == 404
    assert "evil" not in answer.text


def test_the_description_says_who_may_ask_and_how_it_is_refused(client: TestClient) -> None:
    described = client.get("/v1/openapi.json").json()
    listed = described["paths"]["/v1/work-items"]["get"]
    assert listed["security"]
    assert set(listed["responses"]) >= {"200", "400", "401", "403"}
    assert described["components"]["securitySchemes"]
    operations = [one for path in described["paths"].values() for one in path.values()]
    assert all("422" not in one["responses"] for one in operations)
