"""Readers say whether a page was of use; nothing is kept of who they are, and nobody can flood the editor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session, col, select

from services.intake.guidance import commands
from services.intake.guidance.forgetting import PERIODS
from services.intake.guidance.tables import Opinion, Sought
from services.intake.staff.tables import Role
from shared.audit.tables import audit_entries
from shared.clock import FixedClock
from shared.runtime import Runtime
from tests.intake.guidance.written import put
from tests.kit.desk import token_in
from tests.kit.guidance import told
from tests.kit.staff import sign_in

PAGE = "/guidance/is-het-mijn-schuld"
EN = {"Accept-Language": "en"}


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def say(client: TestClient, page: str = "", path: str = PAGE, **fields: str) -> Any:
    sent = {"useful": "yes", "words": ""} | fields
    form = token_in(page or client.get(path).text)
    return client.post(f"{path}/useful", data={"form": form} | sent)


def opinions(session: Session) -> list[tuple[str, bool, str | None]]:
    session.rollback()
    kept = session.exec(select(Opinion).order_by(col(Opinion.at), col(Opinion.words)))
    return [(one.slug, one.useful, one.words) for one in kept]


def test_somebody_says_whether_a_page_was_of_use_and_is_thanked(client: TestClient, session: Session) -> None:
    answer = say(client, useful="no", words="Ik mis iets\r\nover opa.")
    assert answer.status_code == 303
    assert "Dank je." in client.get(answer.headers["location"]).text
    assert opinions(session) == [("is-het-mijn-schuld", False, "Ik mis iets\nover opa.")]


def test_words_are_encrypted_and_no_address_is_kept(client: TestClient, session: Session) -> None:
    say(client, words="Mijn vader heet Bob")
    row = session.execute(text("SELECT * FROM guidance_opinions")).one()._mapping
    assert b"Bob" not in bytes(row["words"])
    assert {*row} == {"id", "slug", "language", "useful", "words", "at"}


def test_a_form_that_is_sent_twice_is_one_opinion(client: TestClient, session: Session) -> None:
    page = client.get(PAGE).text
    assert say(client, page).status_code == say(client, page, useful="no").status_code == 303
    assert opinions(session) == [("is-het-mijn-schuld", True, None)]


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_what_is_missing_is_said_and_what_was_written_stays(
    client: TestClient, session: Session, language: str
) -> None:
    path = f"{PAGE}/useful?lang={language}"
    form = token_in(client.get(PAGE).text)
    answer = client.post(path, data={"form": form, "words": "x" * 1001})
    assert answer.status_code == 400
    assert answer.text.count('class="wz-error"') == 2
    assert "x" * 1001 in answer.text
    assert opinions(session) == []


def test_a_form_of_another_page_or_site_is_refused(client: TestClient, session: Session) -> None:
    assert client.post(f"{PAGE}/useful", data={"useful": "yes"}).status_code == 403
    foreign = {"Origin": "https://elsewhere.example"}
    form = token_in(client.get(PAGE).text)
    sent = {"form": form, "useful": "yes"}
    assert client.post(f"{PAGE}/useful", data=sent, headers=foreign).status_code == 403
    assert client.post("/guidance/geen/useful", data=sent).status_code == 404
    assert opinions(session) == []


def test_very_many_in_an_hour_are_let_go(
    client: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
) -> None:
    monkeypatch.setattr(commands, "OPINIONS_PER_PAGE_AND_HOUR", 4)
    monkeypatch.setattr(commands, "WORDS_PER_HOUR", 2)
    for _ in range(7):
        assert say(client, words="vol").status_code == 303
    assert [words for _, _, words in opinions(session)] == ["vol", "vol", None, None]
    clock.advance(timedelta(hours=2))
    say(client, words="later")
    assert len(opinions(session)) == 5


def test_what_readers_say_and_seek_goes_after_its_period(
    client: TestClient, session: Session, runtime_for: Callable[[str], Runtime], clock: FixedClock
) -> None:
    say(client, words="oud")
    told(client)
    client.get("/guidance?q=hondenopvang")
    settings = runtime_for("intake").settings
    for days, left in ((179, 2), (3, 0)):
        clock.advance(timedelta(days=days))
        for period in PERIODS:
            period.forget(session, period.before(settings, clock.now()), 100, clock.now())
        session.commit()
        assert len(opinions(session)) + len(session.exec(select(Sought)).all()) == left


@pytest.fixture
def editor(client: TestClient, session: Session) -> TestClient:
    sign_in(client, session, Role.EDITOR, name="Eva")
    return client


def test_an_editor_sees_what_readers_say_and_that_they_looked_is_noted(
    editor: TestClient, session: Session
) -> None:
    say(editor, useful="no", words="Ik mis iets")
    say(editor)
    listed = editor.get("/desk/guidance", headers=EN).text
    assert "Useful: 1 yes, 1 no." in listed
    assert "Ik mis iets" not in listed
    path = "/desk/guidance/nl/is-het-mijn-schuld"
    assert f'href="{path}"' in listed
    assert "Ik mis iets" in editor.get(path, headers=EN).text
    session.rollback()
    deeds = session.execute(select(audit_entries.c.deed, audit_entries.c.about)).all()
    assert ("guidance.opinions-read", "page:is-het-mijn-schuld") in [tuple(one) for one in deeds]


def test_words_that_are_dealt_with_go_and_the_count_stays(editor: TestClient, session: Session) -> None:
    say(editor, useful="no", words="Ik mis iets")
    path = "/desk/guidance/nl/is-het-mijn-schuld"
    [kept] = session.exec(select(Opinion)).all()
    sent = {"form": token_in(editor.get(path).text), "opinion": str(kept.id)}
    assert editor.post(path, data=sent).status_code == 303
    assert opinions(session) == [("is-het-mijn-schuld", False, None)]
    assert editor.post(path, data=sent | {"opinion": "nonsense"}).status_code == 404


def test_an_editor_sees_what_was_sought_in_vain_and_lets_it_go(
    editor: TestClient, session: Session, clock: FixedClock
) -> None:
    told(editor)
    for _ in range(2):
        editor.get("/guidance?q=hondenopvang")
        clock.advance(timedelta(days=1))
    assert "hondenopvang" not in editor.get("/desk/guidance", headers=EN).text
    editor.get("/guidance?q=hondenopvang")
    page = editor.get("/desk/guidance", headers=EN).text
    assert "hondenopvang</q> (nl), on 3 days" in page
    [kept] = session.exec(select(Sought)).all()
    sent = {"form": token_in(page), "sought": kept.fingerprint.hex()}
    assert editor.post("/desk/guidance/sought", data=sent).status_code == 303
    assert "hondenopvang" not in editor.get("/desk/guidance", headers=EN).text
    assert editor.post("/desk/guidance/sought", data=sent | {"sought": "nonsense"}).status_code == 404


def test_an_editor_sees_which_files_are_left_out_and_which_pages_are_to_be_checked(
    editor: TestClient, folder: Path
) -> None:
    put(folder, "kapot", "+++\n")
    put(folder, "oud", checked_on="2026-01-01", review_by="2026-11-01")
    page = editor.get("/desk/guidance", headers=EN).text
    assert "nl/kapot.md" in page
    assert "close the head with a line +++" in page
    assert page.count("to be checked</strong>") == 1


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_the_pages_of_an_editor_are_there_in_each_language(editor: TestClient, language: str) -> None:
    for path in ("/desk/guidance", "/desk/guidance/nl/is-het-mijn-schuld"):
        assert editor.get(f"{path}?lang={language}").status_code == 200
    assert editor.get("/desk/guidance/nl/bestaat-niet").status_code == 404
