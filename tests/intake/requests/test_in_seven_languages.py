"""A family follows its question in every language that it is written to in, Arabic from right to left."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from shared.languages import FOR_FAMILIES, FOR_PAGES, LANGUAGES
from shared.web import pages
from shared.web.languages import Catalogue
from tests.intake.requests.questions import fields, send

ONLY = [code for code in FOR_FAMILIES if code not in FOR_PAGES]


@pytest.fixture
def client(client_for: Callable[[str], TestClient], monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A site on which a text that is not translated is an error, and not said in Dutch instead."""

    def untranslated(self: Catalogue, language: str, key: str) -> str:
        raise AssertionError(f"{key} is not said in {language}")

    monkeypatch.setattr(Catalogue, "_instead", untranslated)
    return client_for("intake")


def asks(client: TestClient, **changes: Any) -> dict[str, str]:
    page = send(client, fields(**changes), language="nl").text
    reference, code = re.findall(r'class="wz-code">([^<]+)<', page)
    return {"reference": reference, "code": code}


@pytest.mark.parametrize("language", FOR_FAMILIES)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"channel": "email", "email": "noor@example.org"},
        {"share": "ask-first", "channel": "none"},
        {"share": "no"},
        {"danger": "yes"},
        {"audience": "child", "danger": "yes", "country": "NL", "postcode": "5038"},
    ],
    ids=["by-sms", "by-mail", "asked-first", "not-shared", "in-danger", "child"],
)
def test_a_question_is_followed_answered_and_withdrawn(
    client: TestClient, language: str, changes: dict[str, str]
) -> None:
    known = asks(client, **changes)
    shown = client.post(f"/status?lang={language}", data=known)
    assert shown.status_code == 200
    assert shown.headers["Content-Language"] == language
    form = re.search(r'name="form" value="([^"]+)"', shown.text)
    assert form
    written = client.post(f"/status/messages?lang={language}", data=known | {"text": "", "form": form[1]})
    assert written.status_code == 400
    written = client.post(f"/status/messages?lang={language}", data=known | {"text": "?", "form": form[1]})
    assert written.status_code == 200
    withdrawn = client.post(f"/status/withdrawal?lang={language}", data=known)
    assert withdrawn.status_code == 200
    assert client.post(f"/status?lang={language}", data=known | {"code": "x"}).status_code == 404


@pytest.mark.parametrize("language", FOR_FAMILIES)
def test_the_page_of_a_link_and_the_way_in_are_there_too(client: TestClient, language: str) -> None:
    assert client.get(f"/confirm/nothing?lang={language}").status_code == 404
    page = client.get(f"/status?lang={language}")
    assert page.status_code == 200
    direction = ' dir="rtl"' if language == "ar" else ""
    assert f'<html lang="{language}"{direction}>' in page.text
    offered = re.findall(r'hreflang="(\w+)"', page.text)
    assert {*offered, language} == {*FOR_FAMILIES}


@pytest.mark.parametrize("language", ONLY)
def test_the_browser_is_asked_there_and_a_page_that_is_not_there_has_its_own_language(
    client: TestClient, language: str
) -> None:
    header = {"Accept-Language": f"{language}, fr;q=0.8"}
    assert client.get("/status", headers=header).headers["Content-Language"] == language
    assert client.get("/help", headers=header).headers["Content-Language"] == "fr"
    page = client.get(f"/help?lang={language}", headers={"Accept-Language": "nl"})
    assert page.headers["Content-Language"] == "nl"
    assert f'href="/status?lang={language}"' in page.text
    assert LANGUAGES[language].name.capitalize() not in page.text


@pytest.mark.parametrize("spoken", ["so", "xx", "zh"])
def test_who_speaks_another_language_reads_dutch_and_not_english(client: TestClient, spoken: str) -> None:
    page = client.get(f"/status?lang={spoken}", headers={"Accept-Language": spoken})
    assert page.headers["Content-Language"] == "nl"


FORMAL = {"de": r"\b(?:Sie|Ihnen|Ihr\w*)\b", "tr": r"\w*(?:siniz|sınız|sunuz|sünüz)\b|\b[Ss]iz\w*"}


@pytest.mark.parametrize("language", FORMAL)
def test_a_child_is_spoken_to_as_one_also_where_an_adult_is_spoken_to_formally(language: str) -> None:
    formal, texts = re.compile(FORMAL[language]), pages.texts()
    read = [
        key
        for key in texts.keys(language)
        if key.startswith(("received.", "state.", "conversation.box", "conversation.wrote"))
    ]
    assert [key for key in read if formal.search(texts.text(language, key))]
    assert [key for key in read if formal.search(texts.to_a_child(language, key))] == []
