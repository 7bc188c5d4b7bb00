"""The home leads to what people came for, and asks nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from services.intake.guidance import library, nearby
from services.intake.guidance.library import Shelf
from services.intake.settings import IntakeSettings
from shared.languages import FOR_PAGES
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.intake.guidance.written import put
from tests.kit.settings import settings_for


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime_for: Callable[[str], Runtime]) -> Path:
    """A folder of guidance, with nothing of the house behind it, in which every change is seen at once."""
    monkeypatch.setattr(library, "HOUSE", tmp_path / "house")
    monkeypatch.setattr(library, "FRESH", 0.0)
    monkeypatch.setattr(library, "PATIENCE", 0)
    runtime = runtime_for("intake")
    runtime.settings = runtime.settings.model_copy(update={"content_dir": str(tmp_path)})
    return tmp_path


def write(content: Path, slug: str, *needs: str, **head: Any) -> None:
    kept = {"title": f"Over {slug}", "audience": ["carer"], "needs": list(needs) or ["bezoek"], "related": []}
    put(content, slug, **(kept | head))


def shelf(content: Path) -> Shelf:
    return library.of(str(content)).look()


def main(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("language", FOR_PAGES)
def test_the_home_leads_everybody_on_and_asks_nothing_but_what_to_search(
    client: TestClient, language: str
) -> None:
    page = client.get(f"/?lang={language}")
    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    links = set(re.findall(r'href="([^"?#]+)', main(page.text)))
    assert {"/hallo", "/ask", "/status", "/guidance", "/help", "tel:112"} <= links
    assert re.findall(r'name="(\w+)"', main(page.text)) == ["lang", "q"]
    told = set(re.findall(r"audience=([\w-]+)", page.text))
    assert told == {"carer", "parent-in-detention", "school", "professional", "prison-staff"}


def test_its_title_gives_nothing_away_to_who_looks_over_a_shoulder(client: TestClient) -> None:
    assert "<title>Welkom – Weerzien</title>" in client.get("/?lang=nl").text


def test_name_address_and_number_of_the_centre_come_from_its_settings(
    client_for: Callable[[str], TestClient], runtime_for: Callable[[str], Runtime]
) -> None:
    settings: Any = runtime_for("intake").settings
    client = client_for("intake")
    assert "tel:+" not in client.get("/?lang=nl").text
    settings.centre_name, settings.centre_phone = "Het <Centrum>", "+3225550123"
    settings.centre_address = "Kerkstraat 1, 1000 Brussel"
    page = client.get("/?lang=nl").text
    assert 'href="tel:+3225550123" dir="ltr">+32 2 555 01 23<' in page
    assert "<strong>Het &lt;Centrum&gt;</strong><br>Kerkstraat 1<br>1000 Brussel" in page


def test_a_number_that_nobody_can_call_is_no_setting() -> None:
    given: IntakeSettings = settings_for("intake", centre_phone="020 123 45 67")
    assert given.centre_phone == "+31201234567"
    with pytest.raises(ValidationError, match="must be a number such as"):
        settings_for("intake", centre_phone="call us")


def test_the_home_says_whether_the_telephone_is_open_beside_the_number_and_once(client: TestClient) -> None:
    page = client.get("/?lang=nl").text
    assert page.count("De telefoon is nu") == 1
    assert "De telefoon is nu" in main(page)


def test_what_people_ask_most_stands_there_in_their_own_words(client: TestClient, content: Path) -> None:
    write(content, "mag-ik-op-bezoek", asked=["Mag ik mee?", "Mag ik naar hem toe?"])
    write(content, "waar-zit-de-ouder", asked=["Waar zit hij?"])
    page = main(client.get("/?lang=nl").text)
    asked = page.partition('id="asked"')[2].partition("</section>")[0]
    assert re.findall(r'href="([^"?]+)[^>]*>([^<]+)<', asked) == [
        ("/guidance/waar-zit-de-ouder", "Waar zit hij?"),
        ("/guidance/mag-ik-op-bezoek", "Mag ik mee?"),
    ]


def test_a_page_that_is_broken_or_was_not_checked_for_long_is_left_out_and_nothing_else_with_it(
    client: TestClient, content: Path
) -> None:
    write(content, "mag-ik-op-bezoek", asked=["Mag ik mee?"])
    put(content, "waar-zit-de-ouder", "no head")
    write(content, "hoe-vertel-ik-het-mijn-kind", checked_on="2024-01-01", review_by="2025-01-01")
    asked = main(client.get("/?lang=nl").text).partition('id="asked"')[2].partition("</section>")[0]
    assert re.findall(r'href="([^"?]+)', asked) == ["/guidance/mag-ik-op-bezoek"]


def test_first_help_is_offered_in_the_languages_that_have_it(client: TestClient, content: Path) -> None:
    for language in ("nl", "tr", "ar"):
        put(content, "eerste-hulp", language=language)
    page = main(client.get("/?lang=nl").text)
    found = re.findall(r'href="/guidance/eerste-hulp\?lang=(\w+)" [^>]*dir="(\w+)"', page)
    assert sorted(found) == [("ar", "rtl"), ("tr", "ltr")]


def test_guidance_that_is_about_most_of_a_question_comes_first(content: Path) -> None:
    write(content, "geld", "geld", "wonen")
    write(content, "bezoek", "bezoek")
    write(content, "beide", "bezoek", "geld")
    write(content, "school", "school")
    write(content, "oud", "bezoek", checked_on="2024-01-01", review_by="2025-01-01")
    pages = shelf(content)
    near = nearby.near(pages, "carer", ["bezoek", "geld"], "nl", MORNING)
    assert [one.title for one in near] == ["Over beide", "Over bezoek", "Over geld"]
    assert nearby.near(pages, "school", ["bezoek"], "nl", MORNING) == []
    assert nearby.near(pages, "carer", ["bezoek"], "fr", MORNING) == []
