"""What every page says to the browser, and what it does with what people wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from shared.web import pages

PAGES = [
    ("intake", "/"),
    ("intake", "/status"),
    ("intake", "/help"),
    ("intake", "/nowhere"),
    ("referral", "/r/unknown"),
    ("notify", "/postbus"),
]


@pytest.mark.parametrize(("service", "path"), PAGES)
def test_a_page_is_kept_by_nobody_and_runs_nothing_but_the_way_out_and_the_way_back(
    client_for: Callable[[str], TestClient], service: str, path: str
) -> None:
    page = client_for(service).get(path)
    policy = dict(
        part.strip().partition(" ")[::2] for part in page.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert policy["frame-ancestors"] == "'none'"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert re.findall("<script.*", page.text) == [
        f'<script src="/static/{one}.js" defer></script>' for one in ("leave", "back")
    ]
    assert "style=" not in page.text


@pytest.mark.parametrize(("service", "path"), PAGES)
def test_every_page_has_a_way_out(client_for: Callable[[str], TestClient], service: str, path: str) -> None:
    assert 'class="wz-leave" href="https://www.buienradar.nl/" rel="noreferrer noopener"' in (
        client_for(service).get(path).text
    )


def test_what_a_form_answered_offers_no_other_language_that_would_lose_it(
    client_for: Callable[[str], TestClient],
) -> None:
    client = client_for("intake")
    switch = "Français"
    assert switch in client.get("/status").text
    assert switch not in client.post("/status", data={}).text


@pytest.mark.parametrize("path", ["//elsewhere.example/", "/nowhere%3Fx", "/nowhere?x=%00"])
def test_another_language_of_a_page_is_on_the_same_address(
    client_for: Callable[[str], TestClient], path: str
) -> None:
    page = client_for("intake").get(f"http://testserver{path}", headers={"Accept-Language": "nl"})
    assert 'href="?lang=fr"' in page.text


def test_a_page_that_is_not_there_says_so_in_words(client_for: Callable[[str], TestClient]) -> None:
    page = client_for("intake").get("/nowhere", headers={"Accept-Language": "nl"})
    assert page.status_code == 404
    assert "Deze pagina is er niet" in page.text


def test_the_stylesheet_is_there(client_for: Callable[[str], TestClient]) -> None:
    sheet = client_for("notify").get("/static/weerzien.css")
    assert sheet.headers["content-type"].startswith("text/css")
    assert "--nl-color-action" in sheet.text


@pytest.mark.parametrize("name", ["leave", "back"])
def test_the_scripts_are_there(client_for: Callable[[str], TestClient], name: str) -> None:
    script = client_for("referral").get(f"/static/{name}.js")
    assert script.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", "vrijdag 27 maart 2026 om 18:00"),
        ("fr", "vendredi 27 mars 2026 à 18:00"),
        ("en", "Friday 27 March 2026 at 18:00"),
    ],
)
def test_a_moment_is_told_as_the_clock_on_the_wall_shows_it(language: str, words: str) -> None:
    assert pages.local_time(datetime(2026, 3, 27, 17, 0, tzinfo=UTC), language) == words


@pytest.mark.parametrize(("language", "words"), [("nl", "vr 27 mrt 18:00"), ("en", "Fri 27 Mar 18:00")])
def test_in_a_list_only_another_day_than_today_is_told(language: str, words: str) -> None:
    moment = datetime(2026, 3, 27, 17, 0, tzinfo=UTC)
    assert pages.short_time(moment, language, datetime(2026, 3, 27, 8, 0, tzinfo=UTC)) == "18:00"
    # It is the next day already where people are.
    assert pages.short_time(moment, language, datetime(2026, 3, 27, 23, 30, tzinfo=UTC)) == words


def test_the_clock_on_the_wall_knows_summer() -> None:
    assert pages.local_time(datetime(2026, 3, 29, 17, 0, tzinfo=UTC), "nl").endswith("19:00")


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (8, "woensdag 2 december 2026, 09:00–17:00"),
        (32, "woensdag 2 december 2026 om 09:00 – donderdag 3 december 2026 om 17:00"),
    ],
    ids=["one day", "two days"],
)
def test_of_a_span_within_one_day_the_day_is_said_once(hours: int, words: str) -> None:
    begins = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)
    assert pages.local_span(begins, begins + timedelta(hours=hours), "nl") == words
