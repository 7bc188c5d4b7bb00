"""A child is spoken to as one: in French with tu, and with the hours that a child is written to in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from shared.web import pages
from tests.intake.requests.questions import fields, send

FORMAL = re.compile(r"\b(?:vous|votre|vos|vôtres?)\b|\b(?!chez\b|assez\b)\w+ez\b", re.IGNORECASE)
TEMPLATES = Path(pages.ROOT / "services/intake/requests/templates/requests")
# The reader's own words, to us.
THEIRS = {"status.consent"}


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


def read(page: str) -> str:
    """What somebody reads of the page itself: not the site around it, nor what its buttons let them say."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"<button.*?</button>|<[^>]+>", " ", main, flags=re.DOTALL)


def asks(client: TestClient, language: str, **changes: Any) -> str:
    sent = fields(**{"audience": "child", "language": language} | changes)
    answer = send(client, sent, language=language)
    assert answer.status_code == 200
    return str(answer.text)


def follows(client: TestClient, page: str, path: str = "/status") -> str:
    reference, code = re.findall(r'class="wz-code">([^<]+)<', page)
    return str(client.post(f"{path}?lang=fr", data={"reference": reference, "code": code}).text)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"channel": "email", "email": "noor@example.org"},
        {"channel": "phone"},
        {"channel": "none"},
        {"channel": "none", "share": "ask-first"},
        {"share": "ask-first"},
        {"channel": "none", "share": "no"},
        {"share": "no"},
        {"danger": "yes"},
        {"phone": "0475 12 34 56"},
    ],
)
def test_a_child_reads_tu_wherever_it_goes_with_its_question(
    client: TestClient, changes: dict[str, str]
) -> None:
    received = asks(client, "fr", **changes)
    shown = [received, follows(client, received), follows(client, received, "/status/withdrawal")]
    assert [FORMAL.findall(read(page)) for page in shown] == [[], [], []]
    assert all(re.search(r"\b(?:ta|ton|tu|t')", read(page), re.IGNORECASE) for page in shown)


def test_an_adult_reads_vous(client: TestClient) -> None:
    assert FORMAL.search(read(asks(client, "fr", audience="carer")))


def test_every_text_of_these_pages_has_its_own_for_a_child_where_it_says_vous() -> None:
    texts, known = pages.texts(), pages.texts().keys("fr")
    templates = [(TEMPLATES / name).read_text() for name in ("received.html", "status.html", "numbers.html")]
    asked = {key for page in templates for key in re.findall(r't\("([\w.-]+)"', page)} & known
    asked |= {key for key in known if key.startswith(("received.", "state.", "help.about-"))}
    assert len(asked) > 60
    formal = {key for key in asked - THEIRS if FORMAL.search(texts.text("fr", key))}
    assert [key for key in sorted(formal) if FORMAL.search(texts.to_a_child("fr", key))] == []


@pytest.mark.parametrize(
    ("language", "hours"), [("nl", "half vier"), ("fr", "15 h 30"), ("en", "half past three")]
)
def test_a_child_is_told_the_hours_in_which_it_is_written_to(
    client: TestClient, language: str, hours: str
) -> None:
    assert hours in asks(client, language).replace("\u00a0", " ")
    assert hours not in asks(client, language, audience="carer").replace("\u00a0", " ")
