"""Answers start from texts that an editor keeps, in each language; a change is a new version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from services.intake.conversations.tables import ReplyTemplate
from services.intake.staff.tables import Role
from tests.intake.conversations.asked import Asked
from tests.kit.desk import token_in
from tests.kit.staff import sign_in

EN = {"Accept-Language": "en"}
TEXT = "Over {reference}: {service} helpt je. Bel ons {hours}."


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


@pytest.fixture
def editor(client: TestClient, session: Session) -> TestClient:
    sign_in(client, session, Role.EDITOR, name="Eva")
    return client


def keep(client: TestClient, where: str = "new", **fields: str) -> Any:
    path = f"/desk/reply-templates/{where}"
    sent = {"name": "Wie helpt", "language": "nl", "text": TEXT, "do": "keep"} | fields
    return client.post(path, data=sent | {"form": token_in(client.get(path, headers=EN).text)}, headers=EN)


def versions(session: Session) -> list[ReplyTemplate]:
    session.rollback()
    return list(session.exec(select(ReplyTemplate).order_by(col(ReplyTemplate.version))).all())


def test_an_editor_adds_changes_and_retires_a_text_and_every_version_stays(
    editor: TestClient, session: Session
) -> None:
    assert keep(editor).status_code == 303
    [first] = versions(session)
    where = str(first.template_id)
    assert keep(editor, where, text="Anders.").status_code == 303
    assert keep(editor, where, text="Anders.").status_code == 303
    assert [(one.version, one.text) for one in versions(session)] == [(1, TEXT), (2, "Anders.")]
    assert "Wie helpt" in editor.get("/desk/reply-templates", headers=EN).text
    keep(editor, where, do="retire")
    assert "Wie helpt" not in editor.get("/desk/reply-templates", headers=EN).text
    assert len(versions(session)) == 2
    assert editor.get(f"/desk/reply-templates/{where}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": " "}, "Give the text a name."),
        ({"language": "xx"}, "Choose a language."),
        ({"text": ""}, "Write something first."),
        ({"text": "Dag {naam}"}, "Between braces"),
    ],
)
def test_a_text_that_lacks_something_is_not_kept_and_stays_on_the_page(
    editor: TestClient, session: Session, wrong: dict[str, str], why: str
) -> None:
    answer = keep(editor, **wrong)
    assert answer.status_code == 400
    assert why in answer.text
    assert versions(session) == []


def test_an_answer_begins_with_a_text_in_which_what_is_known_is_filled_in(
    editor: TestClient,
    session: Session,
    make_key: Callable[..., dict[str, str]],
    client_for: Callable[[str], TestClient],
) -> None:
    keep(editor)
    keep(editor, name="En français", language="fr", text="Bonjour")
    [text, _] = sorted(versions(session), key=lambda one: one.language, reverse=True)
    asked = Asked(editor, make_key("intake", "requests:write"))
    adviser = client_for("intake")
    sign_in(adviser, session)
    path = f"/desk/requests/{asked.reference}/conversation"
    page = adviser.get(path, headers=EN).text
    assert "En français" not in page
    sent = {"form": token_in(page), "text": "Dag!", "template": str(text.template_id), "do": "insert"}
    assert adviser.post(path, data=sent, headers=EN).status_code == 303
    begun = adviser.get(path, headers=EN).text
    assert f"Dag!\n\nOver {asked.reference}: {{service}} helpt je." in begun
    assert "Bel ons maandag tot en met vrijdag 09:00–12:30 en 13:00–17:00." in begun


def test_who_advises_keeps_no_texts(client: TestClient, session: Session) -> None:
    sign_in(client, session)
    assert client.get("/desk/reply-templates").status_code == 403
