"""Whoever types what they want to know finds the page that answers it, whatever form their words have."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from services.intake.guidance import commands
from services.intake.guidance.slips import distance
from services.intake.guidance.tables import Sought
from services.intake.guidance.words import halves, stem, words
from shared.clock import FixedClock
from tests.intake.guidance.written import article, put, seek
from tests.kit.guidance import told


@pytest.fixture
def client(folder: Path, client_for: Callable[[str], TestClient]) -> TestClient:
    """Pages about a visit, letters and anger, and one in French."""
    (folder / "synonyms.toml").write_text(SYNONYMS)
    page = "# today\n\nVraag het de gevangenis."
    put(
        folder,
        "op-bezoek",
        article(page, title="Mag ik op bezoek?", asked=["Hoe ga ik op bezoek?"], words=[]),
    )
    put(
        folder,
        "brieven",
        article(page, title="Brieven schrijven", asked=["Mag ik een brief sturen?"], words=["postzegel"]),
    )
    put(
        folder, "boos", article(page, title="Mag ik boos zijn?", asked=["Mag ik boos zijn?"], words=["kwaad"])
    )
    put(folder, "waar", article(page, title="Waar is hij nu?", asked=["Waar is hij?"], words=[]))
    put(
        folder,
        "cellen",
        article("# today\n\nKijk.", title="In de gevangenis", asked=["Hoe ziet een cel eruit?"], words=[]),
    )
    put(folder, "lettre", title="Écrire une lettre", asked=["Puis-je écrire ?"], words=[], language="fr")
    client = client_for("intake")
    told(client)
    return client


SYNONYMS = """
[nl]
bajes = ["gevangenis"]
"penitentiaire inrichting" = ["gevangenis"]
post = ["brief"]
woedend = ["boos"]
bak = ["gevangenis", "cel"]
"""


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("brief", "brieven"),
        ("BRIEVEN", "brieven"),
        ("briefje", "brieven"),
        ("schrijf", "brieven"),
        ("bezoeken", "op-bezoek"),
        ("gevangenisbezoek", "op-bezoek"),
        ("celbezoek", "op-bezoek"),
        ("bezoke", "op-bezoek"),
        ("breiven", "brieven"),
        ("schijven", "brieven"),
        ("postzegels", "brieven"),
        ("post", "brieven"),
        ("bak", "cellen"),
        ("woedend", "boos"),
        ("bajes", "cellen"),
        ("penitentiaire inrichting", "cellen"),
        ("waar is hij", "waar"),
        ("Waar is hij?!", "waar"),
        ("mag ik boos zijn", "boos"),
        ("bóós", "boos"),
        ("schr", "brieven"),
    ],
)
def test_whatever_form_the_words_have_the_page_is_found(client: TestClient, typed: str, first: str) -> None:
    assert seek(client, typed)[:1] == [first]


def test_a_title_counts_more_than_a_word_somewhere_in_the_text(client: TestClient) -> None:
    assert seek(client, "gevangenis")[0] == "cellen"
    assert len(seek(client, "gevangenis")) == 5


def test_a_slip_is_read_as_what_was_meant_and_that_is_said(client: TestClient) -> None:
    page = client.get("/guidance", params={"q": "postzgel"})
    assert "We zochten naar: postzegel." in page.text


def test_each_language_has_pages_of_its_own(client: TestClient) -> None:
    for typed in ("lettres", "ecrire", "écrire", "l'écrire"):
        assert seek(client, typed, "fr") == ["lettre"], typed
    assert seek(client, "lettre") == []
    assert "Les voir en néerlandais" in client.get("/guidance?q=lettrines&lang=fr").text


@pytest.mark.parametrize(
    "typed",
    [
        "x" * 10_000,
        "brief " * 2_000,
        "de het een",
        "...",
        "' OR 1=1; DROP TABLE guidance_pages; --",
        "brief' | 'x':*",
        "\\ ' \" & | ! ( ) : * <-> %_",
        "(.*)+$[a-",
        "\u202eexe.feirb",
        "مرحبا كيف أزور أبي",
        "שלום",
        "🙂🙂🙂",
        "a" * 39 + " " + "b" * 41,
        "0" * 200,
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "ﷺ" * 100,
        "e" + "\u0301" * 5000,
    ],
    ids=range(18),
)
def test_whatever_is_typed_there_is_an_answer_and_nothing_of_it_is_carried_out(
    client: TestClient, session_for: Callable[[str], Session], typed: str
) -> None:
    answer = client.get("/guidance", params={"q": typed})
    assert answer.status_code in (200, 414), "an address has at most 8,000 letters"
    assert "<script>alert" not in answer.text
    assert "49" not in re.findall(r'value="([^"]*)"', answer.text)
    assert client.get("/v1/guidance", params={"q": typed}).status_code in (200, 400, 414)
    assert seek(client, "brief") == ["brieven", *seek(client, "brief")[1:]]


def test_a_nul_is_refused_like_everywhere(client: TestClient) -> None:
    assert client.get("/guidance?q=brief%00").status_code == 400


def test_words_that_say_nothing_find_nothing_but_a_question_of_them(client: TestClient) -> None:
    assert seek(client, "de het een") == []
    assert seek(client, "waar is hij nu")[0] == "waar"


def sought(session: Session) -> list[tuple[int, str | None]]:
    session.rollback()
    return [(one.days, one.words) for one in session.exec(select(Sought).order_by(col(Sought.days)))]


def test_what_is_sought_in_vain_becomes_words_on_the_third_day_and_says_not_who(
    client: TestClient, session_for: Callable[[str], Session], clock: FixedClock
) -> None:
    session = session_for("intake")
    for _ in range(4):
        seek(client, "Hondenopvang regelen")
    assert sought(session) == [(1, None)]
    clock.advance(timedelta(days=1))
    seek(client, "hondenopvang  regelen?")
    assert sought(session) == [(2, None)]
    clock.advance(timedelta(days=1))
    seek(client, "hondenopvang regelen")
    seek(client, "hondenopvang regelen")
    assert sought(session) == [(3, "hondenopvang regelen")]


@pytest.mark.parametrize(
    "typed",
    [
        "zoekt iemand Jan Jansen",
        "kees1985",
        "0612345678",
        "qqq@example.org",
        "een twee drie vier vijf zes zeven qqq",
        "Dorpsstraat 12",
    ],
)
def test_what_could_be_about_somebody_is_not_kept_at_all(
    client: TestClient, session_for: Callable[[str], Session], typed: str
) -> None:
    seek(client, typed)
    assert sought(session_for("intake")) == []


def test_a_stranger_cannot_fill_the_list(
    client: TestClient, session_for: Callable[[str], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "NEW_SOUGHT_PER_DAY", 5)
    for number in range(12):
        seek(client, "qq" + "abcdefghijkl"[number] * 6)
    assert len(sought(session_for("intake"))) == 5


def test_what_was_found_is_not_counted(client: TestClient, session_for: Callable[[str], Session]) -> None:
    seek(client, "brief")
    client.get("/guidance?q=hondenopvang&audience=school")
    assert sought(session_for("intake")) == []


def test_a_page_that_nobody_checked_for_too_long_is_not_found(
    client: TestClient, folder: Path, clock: FixedClock
) -> None:
    put(folder, "boos", checked_on="2026-01-01", review_by="2026-08-01")
    told(client)
    assert "boos" not in seek(client, "boos")


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("brief", "brief", 0),
        ("brief", "breif", 1),
        ("brief", "brif", 1),
        ("brief", "briefs", 1),
        ("ab", "xy", 2),
    ],
)
def test_two_letters_that_changed_places_are_one_slip(one: str, other: str, slips: int) -> None:
    assert distance(one, other, 2) == slips


@pytest.mark.parametrize(
    "forms",
    [
        ("gevangenis", "gevangenissen"),
        ("brief", "brieven"),
        ("bellen", "gebeld"),
        ("bezoek", "bezoekt", "bezoeken"),
        ("schuld", "schuldig"),
    ],
)
def test_forms_of_a_word_have_one_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(word, "nl") for word in forms[:2]}) == 1


def test_a_compound_is_known_by_its_halves() -> None:
    assert list(halves("gevangenisbezoek", {"gevangenis", "bezoek"})) == [("gevangenis", "bezoek")]
    assert list(halves("gezinsbezoek", {"gezin", "bezoek"})) == [("gezin", "bezoek")]
    assert list(halves("bezoek", {"bez", "oek"})) == []


def test_words_are_compared_without_accents_capitals_and_elisions() -> None:
    assert words("L’École, Zo'n ÉÉN foto's") == ["ecole", "zon", "een", "foto"]
