"""Other programs, such as a partner's site, list the pages that fit somebody, or seek in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.intake.guidance.written import article, put
from tests.kit.guidance import told


@pytest.fixture
def client(client: TestClient, folder: Path) -> TestClient:
    put(folder, "geld", title="Hoe kom ik rond?", audience=["carer"], needs=["wonen"], stages=["sentence"])
    put(folder, "mag-ik-boos-zijn", title="La colère", asked=["Puis-je me fâcher ?"], language="fr")
    told(client)
    return client


def listed(client: TestClient, **query: Any) -> list[str]:
    answer = client.get("/v1/guidance", params=query)
    assert answer.status_code == 200, answer.text
    return [one["slug"] for one in answer.json()["items"]]


def test_a_list_has_what_a_site_needs_to_lead_to_a_page(client: TestClient) -> None:
    answer = client.get("/v1/guidance").json()
    assert answer["total"] == 3
    assert answer["next"] is None
    assert answer["items"][1] == {
        "slug": "is-het-mijn-schuld",
        "title": "Is het mijn schuld?",
        "summary": "Nee. Wat een groot mens doet, is nooit de schuld van een kind.",
        "url": "http://intake.test/guidance/is-het-mijn-schuld?lang=nl",
        "checkedOn": "2026-11-28",
    }


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ({"audience": "carer"}, ["geld"]),
        ({"audience": "school"}, []),
        ({"stage": "arrest"}, ["is-het-mijn-schuld", "mag-ik-boos-zijn"]),
        ({"stage": "sentence"}, ["geld", "is-het-mijn-schuld", "mag-ik-boos-zijn"]),
        ({"need": "wonen"}, ["geld"]),
        ({"need": "geld"}, ["geld"]),
        ({"need": "school"}, []),
        ({"language": "fr"}, ["mag-ik-boos-zijn"]),
        ({"language": "tr"}, []),
        ({"q": "kwaad"}, ["mag-ik-boos-zijn"]),
        ({"q": "kwaad", "audience": "carer"}, []),
        ({"q": "rondkomen", "need": "geld"}, []),
    ],
    ids=range(12),
)
def test_a_list_holds_what_was_asked_for(client: TestClient, query: dict[str, str], slugs: list[str]) -> None:
    assert listed(client, **query) == slugs


def test_a_long_list_comes_in_pages_of_which_each_row_comes_once(client: TestClient, folder: Path) -> None:
    for number in range(7):
        put(folder, f"blad-{number}", article(title=f"Blad {number}", audience=["school"]))
    found: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        query = {"audience": "school", "limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/v1/guidance", params=query).json()
        assert answer["total"] == 7
        found += [one["slug"] for one in answer["items"]]
        cursor = answer["next"]
    assert cursor is None
    assert found == [f"blad-{number}" for number in range(7)]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"audience": "kind"}, {"audience"}),
        ({"stage": "jail"}, {"stage"}),
        ({"need": "liefde", "language": "xx"}, {"need", "language"}),
        ({"q": "x" * 201}, {"q"}),
        ({"cursor": "made-up"}, {"cursor"}),
        ({"limit": 0}, {"limit"}),
    ],
    ids=["audience", "stage", "both", "q", "cursor", "limit"],
)
def test_what_is_wrong_in_a_question_is_named(
    client: TestClient, query: dict[str, str], fields: set[str]
) -> None:
    answer = client.get("/v1/guidance", params=query)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert {one["field"] for one in answer.json()["errors"]} == fields


def test_the_list_is_described_for_programs(client_for: Callable[[str], TestClient]) -> None:
    described = client_for("intake").get("/v1/openapi.json").json()["paths"]["/v1/guidance"]["get"]
    assert {one["name"] for one in described["parameters"]} >= {"audience", "stage", "need", "language", "q"}
