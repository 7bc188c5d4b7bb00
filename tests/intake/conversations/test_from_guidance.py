"""An answer begins with the words of a page of guidance: one that fits, or one that is sought."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from tests.intake.conversations.asked import Asked
from tests.kit.desk import token_in
from tests.kit.guidance import told
from tests.kit.staff import sign_in

EN = {"Accept-Language": "en"}


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def adviser(client_for: Callable[[str], TestClient], session_for: Callable[[str], Session]) -> TestClient:
    adviser = client_for("intake")
    sign_in(adviser, session_for("intake"))
    return adviser


@pytest.fixture
def asked(client: TestClient, make_key: Callable[..., dict[str, str]]) -> Asked:
    return Asked(client, make_key("intake", "requests:write"), audience="carer", needs=["bezoek"])


def path_of(asked: Asked) -> str:
    return f"/desk/requests/{asked.reference}/conversation"


def press(adviser: TestClient, asked: Asked, do: str, **filled: str) -> Any:
    token = token_in(adviser.get(path_of(asked), headers=EN).text)
    return adviser.post(path_of(asked), data={"form": token, "do": do} | filled, headers=EN)


def pages_on(page: str) -> list[str]:
    return re.findall(r'value="page:([a-z0-9-]+)"', page)


def draft_on(page: str) -> str:
    return page.partition('name="text"')[2].partition(">")[2].partition("</textarea>")[0].strip()


def test_pages_that_fit_the_question_are_offered_unasked_in_the_language_of_who_asked(
    adviser: TestClient, asked: Asked
) -> None:
    offered = pages_on(adviser.get(path_of(asked), headers=EN).text)
    assert 0 < len(offered) <= 3
    first = adviser.get(f"/guidance/{offered[0]}?lang=nl").text
    assert "bezoek" in first


def test_a_page_that_is_sought_is_put_in_the_answer_after_what_was_typed(
    adviser: TestClient, asked: Asked
) -> None:
    told(adviser)
    sought = press(adviser, asked, "search", q="is het mijn schuld", text="Dag Noor,")
    assert sought.status_code == 200
    assert "is-het-mijn-schuld" in pages_on(sought.text)
    assert draft_on(sought.text) == "Dag Noor,"
    assert "schuld" not in str(sought.url)
    put = press(adviser, asked, "page:is-het-mijn-schuld", text="Dag Noor,")
    assert put.headers["location"].endswith("/conversation")
    begun = draft_on(adviser.get(path_of(asked), headers=EN).text)
    assert begun.startswith("Dag Noor,\n\nNee.")
    assert "\n- " in begun
    assert begun.endswith("/guidance/is-het-mijn-schuld")
    assert "**" not in begun
    assert "](" not in begun


def test_who_asked_in_french_is_answered_with_the_french_page(
    adviser: TestClient, client: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    asked = Asked(client, make_key("intake", "requests:write"), language="fr", country="BE", postcode="5000")
    press(adviser, asked, "page:is-het-mijn-schuld", text="")
    begun = draft_on(adviser.get(path_of(asked), headers=EN).text)
    assert begun.startswith("Non.")
    assert begun.endswith("/guidance/is-het-mijn-schuld?lang=fr")


@pytest.mark.parametrize("slug", ["no-such-page", "../../etc/passwd", ""])
def test_a_page_that_is_not_there_adds_nothing_and_loses_nothing(
    adviser: TestClient, asked: Asked, slug: str
) -> None:
    assert press(adviser, asked, f"page:{slug}", text="Dag Noor,").status_code == 303
    assert draft_on(adviser.get(path_of(asked), headers=EN).text) == "Dag Noor,"


def test_what_is_sought_in_vain_says_so_and_keeps_what_was_typed(adviser: TestClient, asked: Asked) -> None:
    sought = press(adviser, asked, "search", q="xyzzyqq", text="Dag Noor,")
    assert "Nothing found. Try another word." in sought.text
    assert pages_on(sought.text) == []
    assert draft_on(adviser.get(path_of(asked), headers=EN).text) == "Dag Noor,"
