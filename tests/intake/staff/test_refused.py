"""Who may not open a page of the desk stays in the desk, and reads what is theirs."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from services.intake.staff import refusing
from services.intake.staff.tables import Role
from tests.kit.staff import sign_in

NL = {"Accept-Language": "nl"}
LEAVE = "wz-leave"


def test_who_has_another_role_reads_what_theirs_opens(client: TestClient, session: Session) -> None:
    sign_in(client, session, Role.SUPERVISOR)
    answer = client.get("/desk/people", headers=NL)
    assert answer.status_code == 403
    assert "Deze pagina hoort niet bij je rol" in answer.text
    assert LEAVE not in answer.text
    main = answer.text.split("<main")[1]
    assert 'href="/desk/figures"' in main
    assert 'href="/desk/people"' not in main


def test_a_role_without_pages_is_told_so(client: TestClient, session: Session) -> None:
    sign_in(client, session, Role.RESEARCHER)
    main = client.get("/desk", headers=NL).text.split("<main")[1]
    assert "Er staat nog geen pagina voor je klaar." in main
    assert "<li>" not in main


@pytest.mark.parametrize("path", ["/desk/nowhere", "/desk/requests/WZ-2222-2222/conversation", "/desk/"])
def test_what_is_not_there_is_said_in_the_desks_frame(
    path: str, client: TestClient, session: Session
) -> None:
    sign_in(client, session, Role.ADVISER)
    answer = client.get(path, headers=NL)
    assert answer.status_code == 404
    assert "Dit is er niet" in answer.text
    assert LEAVE not in answer.text
    assert 'href="/desk/today"' in answer.text


def test_an_old_form_is_refused_with_the_way_back_to_the_work(client: TestClient, session: Session) -> None:
    sign_in(client, session, Role.AUDITOR)
    answer = client.post("/desk/sign-out", data={"form": "x"}, headers=NL)
    assert answer.status_code == 403
    assert "Dit formulier is verlopen" in answer.text
    assert 'href="/desk/audit">Terug naar je werk' in answer.text


def test_nobody_signed_in_has_a_frame_without_ways(client: TestClient) -> None:
    answer = client.get("/desk/nowhere", headers=NL)
    assert answer.status_code == 404
    assert LEAVE not in answer.text
    assert 'href="/desk/today"' not in answer.text


def test_the_public_keeps_the_way_to_leave(client: TestClient, session: Session) -> None:
    sign_in(client, session, Role.ADVISER)
    for path in ("/nowhere", "/desks", "/desktop"):
        assert LEAVE in client.get(path, headers=NL).text


def test_while_the_database_is_away_the_frame_says_so(
    client: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, session, Role.ADVISER)

    def away(*_: object, **__: object) -> None:
        raise OperationalError("select", {}, Exception())

    monkeypatch.setattr(refusing, "signed_in", away)
    monkeypatch.setattr("services.intake.staff.access.signed_in", away)
    answer = client.get("/desk/today", headers=NL)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert "Het lukt even niet" in answer.text
    assert LEAVE not in answer.text


def test_programs_keep_reading_a_problem(client: TestClient, session: Session) -> None:
    sign_in(client, session, Role.ADVISER)
    answer = client.get("/v1/nowhere")
    assert answer.headers["content-type"] == "application/problem+json"
