"""Whoever opens a page reads the answer first, and then what to do, to say and whom to call."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.guidance import fitting, library
from services.intake.guidance.commands import tell
from services.intake.guidance.tables import Opinion
from shared.clock import FixedClock
from shared.events.fitting import AskFitting, Fitting, ServiceFitting
from shared.runtime import Runtime
from shared.vocabulary import HelpFor
from tests.conftest import MORNING
from tests.intake.guidance.written import article, put
from tests.kit.guidance import until_nothing_is_read_aside
from tests.kit.peers import fake

PAGE = "/guidance/is-het-mijn-schuld"


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<script.*?</script>|<[^>]+>", " ", page, flags=re.DOTALL)).split())


def test_a_page_has_all_that_somebody_needs(client: TestClient) -> None:
    page = client.get(PAGE)
    assert page.status_code == 200
    said = text_of(page.text)
    in_order = [
        "Is het mijn schuld?",
        "In het kort",
        "Nee. Wat een groot mens doet",
        "Wat je vandaag kunt doen",
        "Teken wat je voelt.",
        "Zo kun je het zeggen",
        "Ik ben bang dat het door mij komt.",
        "Waarom denk je dat?",
        "Wie kun je bellen?",
        "De Kindertelefoon 0800-0432",
        "elke dag 11:00-21:00",
        "of chat",
        "Awel 102",
        "Lees ook Mag ik boos zijn?",
        "Was deze bladzijde nuttig?",
        "Kinderombudsman (2017)",
        "bekeken op 28 november 2026",
        "Nagekeken op 28 november 2026.",
    ]
    places = [said.index(one) for one in in_order]
    assert places == sorted(places)
    assert "Luisterlijn" not in said, "a child is shown the lines for children"


def test_a_page_is_small_and_may_be_found(client: TestClient) -> None:
    page = client.get(PAGE)
    styles = client.get("/static/weerzien.css")
    assert len(page.content) + len(styles.content) < 60_000
    assert page.headers["x-robots-tag"] == "all"
    assert page.headers["cache-control"] == "no-store"


def test_links_lead_to_pages_and_to_the_form_in_the_language_of_the_page(
    client: TestClient, folder: Path
) -> None:
    body = "# today\n\nLees [dit](mag-ik-boos-zijn) of [vraag het ons](ask)."
    put(folder, "faut-il", article(body), language="fr")
    put(folder, "mag-ik-boos-zijn", language="fr", title="La colère")
    page = client.get("/guidance/faut-il?lang=fr").text
    assert 'href="/guidance/mag-ik-boos-zijn?lang=fr"' in page
    assert re.search(r'href="/ask\?lang=fr"', page)
    assert 'href="/guidance/mag-ik-boos-zijn"' in client.get("/guidance/faut-il").text


def test_who_reads_another_language_gets_what_there_is_and_is_told_so(
    client: TestClient, folder: Path
) -> None:
    page = client.get(f"{PAGE}?lang=en")
    assert "This page is written in: Nederlands." in page.text
    assert '<h1 lang="nl">Is het mijn schuld?</h1>' in page.text
    put(folder, "is-het-mijn-schuld", language="ar", title="هل هذا ذنبي؟")
    arabic = client.get(f"{PAGE}?lang=ar").text
    assert '<html lang="ar" dir="rtl">' in arabic, "what stands around it is in the same language"
    assert {"باختصار", "بمن يمكنكم الاتصال؟", "للأطفال والشباب:"} <= {*re.split(r"\s*[<>]\s*", arabic)}
    assert "In het kort" not in arabic
    assert 'hreflang="ar"' in client.get(PAGE).text
    assert f'action="{PAGE}/useful?lang=ar"' in arabic


def test_a_page_tells_search_engines_what_it_is(client: TestClient, folder: Path) -> None:
    put(folder, "gevaarlijk", title='Een titel </script><script>alert("1")</script>')
    page = client.get("/guidance/gevaarlijk").text
    [said] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    known: dict[str, Any] = json.loads(said)
    assert known["name"] == 'Een titel </script><script>alert("1")</script>'
    assert {*known["@type"]} == {"WebPage", "FAQPage"}
    assert known["lastReviewed"] == known["dateModified"] == "2026-11-28"
    assert known["reviewedBy"]["name"] == "adviesdesk"
    assert known["audience"] == [{"@type": "Audience", "audienceType": "kinderen en jongeren"}]
    assert known["mainEntity"][0]["acceptedAnswer"]["text"].startswith("Nee.")


def test_a_page_about_danger_begins_with_whom_to_call(client: TestClient, folder: Path) -> None:
    put(folder, "niet-veilig", needs=["veiligheid"], title="Als het thuis niet fijn is")
    said = text_of(client.get("/guidance/niet-veilig").text)
    assert said.index("Veilig Thuis 0800-2000") < said.index("Wat je vandaag kunt doen")
    assert "Is er nu gevaar? Bel 112" in said


def test_who_works_with_children_is_told_where_to_turn(client: TestClient, folder: Path) -> None:
    put(folder, "in-de-klas", audience=["school"], title="In de klas")
    said = text_of(client.get("/guidance/in-de-klas").text)
    assert "Vertrouwenscentrum Kindermishandeling" in said
    assert "Kindertelefoon" not in said


def test_services_that_fit_are_named_with_why_and_asked_without_anybody_in_the_question(
    client: TestClient, runtime_for: Callable[[str], Runtime]
) -> None:
    referral = fake(runtime_for("intake"), "referral")
    referral.fits = [
        ServiceFitting(
            id=uuid4(),
            name="Praatgroep",
            organisation="De Brug",
            country="NL",
            website="https://brug.example",
            why=("Dekt alles wat gevraagd is: verdriet.",),
        )
    ]
    said = text_of(client.get(PAGE).text)
    assert "De Brug : Praatgroep (Nederland)" in said
    assert "Dekt alles wat gevraagd is: verdriet." in said
    client.get(PAGE)
    [asked] = referral.asked_for_a_page
    assert (asked.needs, asked.help_for, asked.countries) == (("emotioneel",), (HelpFor.CHILD,), ("NL", "BE"))


def test_for_an_hour_a_page_shows_the_services_that_it_knows_and_asks_for_newer_ones_beside_it(
    client: TestClient,
    runtime_for: Callable[[str], Runtime],
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    referral = fake(runtime_for("intake"), "referral")
    asked_by, answer = list[str](), referral.fitting

    def noted(asked: AskFitting) -> Fitting:
        asked_by.append(threading.current_thread().name)
        return answer(asked)

    monkeypatch.setattr(referral, "fitting", noted)

    def named(name: str) -> None:
        one = ServiceFitting(id=uuid4(), name=name, organisation="De Brug", country="NL", why=())
        referral.fits = [one]

    named("Praatgroep")
    assert "Praatgroep" in client.get(PAGE).text
    named("Speelgroep")
    clock.advance(timedelta(minutes=5))
    assert "Praatgroep" in client.get(PAGE).text
    until_nothing_is_read_aside()
    assert "Speelgroep" in client.get(PAGE).text
    assert [name == fitting.THREAD for name in asked_by] == [False, True]
    named("Leesgroep")
    clock.advance(timedelta(hours=1))
    assert "Leesgroep" in client.get(PAGE).text


def test_while_the_directory_is_away_the_page_says_nothing_of_it(
    client: TestClient, runtime_for: Callable[[str], Runtime], clock: FixedClock
) -> None:
    referral = fake(runtime_for("intake"), "referral")
    referral.away = True
    for _ in range(3):
        page = client.get(PAGE)
        assert page.status_code == 200
        assert "Wie hierbij helpt" not in page.text
    assert len(referral.asked_for_a_page) == 1, "nobody waits again for who was away a moment ago"
    clock.advance(timedelta(minutes=1))
    client.get(PAGE)
    assert len(referral.asked_for_a_page) == 2


@pytest.mark.parametrize("days", [-1, 0, 89, 90])
def test_a_page_past_its_day_says_so_and_at_last_gives_way_to_a_notice(
    client: TestClient, folder: Path, clock: FixedClock, days: int
) -> None:
    review_by = clock.now().date() - timedelta(days=days)
    put(folder, "oud", title="Oude titel", checked_on="2026-01-01", review_by=review_by.isoformat())
    page = client.get("/guidance/oud")
    assert page.status_code == 200
    assert ("kijken we nu opnieuw na" in page.text) is (0 <= days < 90)
    assert ("Deze bladzijde is er nu niet" in page.text) is (days == 90)
    assert ("Oude titel" in page.text) is (days < 90)
    assert ("Oude titel" in client.get("/guidance").text) is (days < 90)


@pytest.mark.parametrize(
    "path",
    [
        "/guidance/bestaat-niet",
        "/guidance/..%2f..%2fsettings",
        "/guidance/%2e%2e",
        "/guidance/drawings/..%2f..%2fnumbers.svg",
        "/guidance/drawings/none.svg",
        "/guidance/IS-HET-MIJN-SCHULD",
        "/guidance/" + "a" * 5000,
    ],
    ids=["unknown", "up", "up-encoded", "drawing-up", "no-drawing", "capitals", "long"],
)
def test_a_name_of_no_page_leads_nowhere(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_name_that_a_page_had_before_leads_to_the_one_of_today_and_no_browser_keeps_it(
    client: TestClient, folder: Path, session_for: Callable[[str], Session]
) -> None:
    put(folder, "na-de-storm")
    form = re.findall(r'name="form" value="([^"]+)"', client.get("/guidance/na-de-storm").text)[0]
    client.post("/guidance/na-de-storm/useful", data={"form": form, "useful": "yes"})
    (folder / "nl" / "na-de-storm.md").unlink()
    put(folder, "weer-rust", formerly=["na-de-storm", "mag-ik-boos-zijn"])
    moved = client.get("/guidance/na-de-storm?lang=nl", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (301, "/guidance/weer-rust?lang=nl")
    assert moved.headers["cache-control"] == "no-store"
    assert client.get("/guidance/mag-ik-boos-zijn", follow_redirects=False).status_code == 200
    session = session_for("intake")
    tell(session, library.of(str(folder)).look(), at=MORNING)
    assert session.exec(select(Opinion.slug)).all() == ["weer-rust"], "what readers said goes along"


def test_a_drawing_comes_as_a_picture_and_nothing_else(client: TestClient, folder: Path) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 200"><path d="M1 1h9"/></svg>'
    (folder / "drawings").mkdir()
    (folder / "drawings" / "gate.svg").write_text(svg)
    put(folder, "poort", article("# today\n\n![Een poort](drawing:gate)"))
    assert '<img src="/guidance/drawings/gate.svg" alt="Een poort"' in client.get("/guidance/poort").text
    answer = client.get("/guidance/drawings/gate.svg")
    assert answer.text == svg
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "sandbox" in answer.headers["content-security-policy"]
