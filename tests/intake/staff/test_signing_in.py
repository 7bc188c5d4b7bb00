"""Signing in by password and code: one answer for whatever is wrong, and nothing that works twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session, col, select, update

from services.intake.staff import access, passwords
from services.intake.staff.figures import SIGN_INS
from services.intake.staff.tables import Authenticator, Password, Role, StaffSession
from shared.audit.tables import audit_entries
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.kit.settings import settings_for
from tests.kit.staff import PASSWORD, Somebody, form_token, somebody


def send(client: TestClient, who: Somebody, **changes: str) -> Any:
    sent = {"email": who.email, "password": who.password, "code": who.code()} | changes
    return client.post("/desk/sign-in", data=sent, headers={"Accept-Language": "en"})


def deeds(session: Session) -> list[tuple[str, str]]:
    rows = session.execute(select(audit_entries.c.deed, audit_entries.c.about)).all()
    return [(row.deed, row.about) for row in rows]


def test_a_password_and_a_code_open_the_desk(client: TestClient, session: Session, noor: Somebody) -> None:
    answer = send(client, noor)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert client.get("/desk/me").status_code == 200
    assert deeds(session) == [("sign-in", f"staff:{noor.person.id}")]


def test_who_is_no_adviser_begins_where_their_work_is(client: TestClient, session: Session) -> None:
    assert send(client, somebody(session, Role.OPERATOR)).headers["location"] == "/desk/people"
    assert send(client, somebody(session, Role.AUDITOR, name="Aya")).headers["location"] == "/desk/audit"


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "nobody@centre.example"},
        {"email": "nonsense"},
        {"email": ""},
        {"password": "another password"},
        {"password": ""},
        {"code": "000000"},
        {"code": ""},
        {"code": "ABCD-EFGH"},
    ],
    ids=str,
)
def test_whatever_is_wrong_the_answer_is_the_same(
    client: TestClient, session: Session, noor: Somebody, changes: dict[str, str]
) -> None:
    answer = send(client, noor, **changes)
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert "set-cookie" not in answer.headers
    assert PASSWORD not in answer.text
    assert session.scalars(select(StaffSession)).all() == []
    assert [deed for deed, _ in deeds(session)] == ["sign-in.refused"]


def test_somebody_who_was_let_go_is_answered_like_a_stranger(
    client: TestClient, session: Session, noor: Somebody
) -> None:
    def said(answer: Any) -> tuple[int, str]:
        return answer.status_code, re.sub(r'value="[^"]*"', "", answer.text)

    noor.person.disabled_at = MORNING
    session.add(noor.person)
    session.commit()
    assert said(send(client, noor)) == said(send(client, noor, email="nobody@centre.example"))


@pytest.mark.parametrize("who", ["unknown", "disabled", "known"])
def test_a_password_is_hashed_whoever_it_is_so_that_time_tells_nothing(
    client: TestClient, session: Session, noor: Somebody, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str | None] = []
    real = passwords.is_right

    def watched(given: str, kept: str | None) -> bool:
        hashed.append(kept)
        return real(given, kept)

    monkeypatch.setattr(passwords, "is_right", watched)
    if who == "disabled":
        noor.person.disabled_at = MORNING
        session.add(noor.person)
        session.commit()
    send(client, noor, password="wrong", **({"email": "x@centre.example"} if who == "unknown" else {}))
    assert len(hashed) == 1
    assert real("wrong", None) is False


def test_a_hash_of_nobody_takes_as_much_work_as_one_of_somebody(session: Session, noor: Somebody) -> None:
    kept = session.exec(select(Password)).one()
    assert kept.hash.rsplit("$", 2)[0] == passwords._NOBODYS.rsplit("$", 2)[0]


def test_a_code_opens_once(client: TestClient, noor: Somebody, at: Callable[[str], TestClient]) -> None:
    code = noor.code()
    assert send(client, noor, code=code).status_code == 303
    assert send(at("203.0.113.7"), noor, code=code).status_code == 401


def test_a_code_of_before_the_last_one_opens_nothing(client: TestClient, noor: Somebody) -> None:
    noor._used = 1
    assert send(client, noor, code=noor.next_code()).status_code == 303
    assert send(client, noor, code=noor.code()).status_code == 401


@pytest.mark.parametrize("minutes_off", [-2, 2])
def test_a_code_of_another_minute_opens_nothing(client: TestClient, noor: Somebody, minutes_off: int) -> None:
    assert send(client, noor, code=noor.code(minutes_off)).status_code == 401


def test_a_recovery_code_stands_in_for_the_app_once(client: TestClient, noor: Somebody) -> None:
    first, second = noor.recovery[:2]
    assert send(client, noor, code=first.lower().replace("-", " ")).status_code == 303
    assert send(client, noor, code=first).status_code == 401
    assert send(client, noor, code=second).status_code == 303


def test_a_recovery_code_is_not_used_up_by_who_has_no_password(client: TestClient, noor: Somebody) -> None:
    code = noor.recovery[0]
    assert send(client, noor, code=code, password="wrong").status_code == 401
    assert send(client, noor, code=code).status_code == 303


def test_anothers_recovery_code_opens_nothing(client: TestClient, session: Session, noor: Somebody) -> None:
    lies = somebody(session, name="Lies")
    assert send(client, noor, code=lies.recovery[0]).status_code == 401


def test_an_app_that_was_never_confirmed_opens_nothing(
    client: TestClient, session: Session, noor: Somebody
) -> None:
    session.execute(update(Authenticator).values(confirmed_at=None))
    session.commit()
    assert send(client, noor).status_code == 401


def test_the_address_may_be_spelled_otherwise(client: TestClient, noor: Somebody) -> None:
    assert send(client, noor, email=" NOOR@Centre.example ").status_code == 303


def test_a_password_typed_by_another_keyboard_is_the_same(client: TestClient, noor: Somebody) -> None:
    assert send(client, noor, password="veel oude \ufb01etsen").status_code == 303


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/desk/calls?state=open", "/desk/calls?state=open"),
        ("/desk", "/desk"),
        ("//evil.example", "/desk"),
        ("/desk//evil.example", "/desk"),
        ("https://evil.example", "/desk"),
        ("/\\evil.example", "/desk"),
        ("/desk/../v1", "/desk"),
        ("/desk\r\nX: y", "/desk"),
        ("/deskevil", "/desk"),
        ("javascript:alert(1)", "/desk"),
    ],
)
def test_after_signing_in_one_comes_back_only_to_a_page_of_the_desk(
    client: TestClient, noor: Somebody, wanted: str, goes: str
) -> None:
    assert send(client, noor, next=wanted).headers["location"] == goes
    page = client.get("/desk/sign-in", params={"next": wanted}).text
    assert "evil" not in page


def test_who_was_sent_to_sign_in_comes_back_to_the_page_with_its_question(client: TestClient) -> None:
    answer = client.get("/desk/me?a=1&b=2")
    assert answer.headers["location"] == "/desk/sign-in?next=/desk/me%3Fa%3D1%26b%3D2"
    assert 'value="/desk/me?a=1&amp;b=2"' in client.get(answer.headers["location"]).text


def test_a_sign_in_from_another_site_is_refused(client: TestClient, noor: Somebody) -> None:
    sent = {"email": noor.email, "password": noor.password, "code": noor.code()}
    answer = client.post("/desk/sign-in", data=sent, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_no_word_that_was_typed_is_kept_readable(
    client: TestClient, session: Session, noor: Somebody
) -> None:
    send(client, noor)
    tables = ("staff", "staff_passwords", "staff_authenticators", "staff_recovery_codes", "staff_sessions")
    kept = str([session.execute(text(f"SELECT * FROM {table}")).all() for table in tables])
    token = client.cookies[access.COOKIE]
    for word in (PASSWORD, noor.email, noor.secret, noor.recovery[0], token):
        assert word not in kept


def test_what_becomes_of_sign_ins_is_counted(client: TestClient, noor: Somebody) -> None:
    def counted(outcome: str) -> float:
        return float(SIGN_INS.labels(outcome)._value.get())

    before = {outcome: counted(outcome) for outcome in ("in", "refused", "slowed")}
    for _ in range(6):
        send(client, noor, password="wrong")
    assert counted("refused") - before["refused"] == 5
    assert counted("slowed") - before["slowed"] == 1
    assert counted("in") == before["in"]


# Once inside


def test_signing_in_again_ends_the_session_of_before(
    client: TestClient, session: Session, noor: Somebody
) -> None:
    send(client, noor, code=noor.recovery[0])
    before = client.cookies[access.COOKIE]
    send(client, noor)
    assert len(session.scalars(select(StaffSession)).all()) == 1
    client.cookies.set(access.COOKIE, before)
    assert client.get("/desk/me").status_code == 303


def test_who_is_disabled_while_signed_in_is_out_with_the_next_press(
    client: TestClient, session: Session, noor: Somebody
) -> None:
    send(client, noor)
    assert client.get("/desk/me").status_code == 200
    noor.person.disabled_at = MORNING
    session.add(noor.person)
    session.commit()
    assert client.get("/desk/me").headers["location"].startswith("/desk/sign-in")


def test_at_an_https_address_the_cookie_of_who_works_here_is_ours_alone(
    client: TestClient, runtime_for: Callable[[str], Runtime], noor: Somebody
) -> None:
    runtime = runtime_for("intake")
    secure = {"public_url_intake": "https://intake.example.org"}
    runtime.settings = settings_for("intake", **(runtime.settings.model_dump() | secure))
    cookie = send(client, noor).headers["set-cookie"]
    assert cookie.startswith("__Host-weerzien_staff=")
    for part in ("; HttpOnly", "; Path=/;", "; SameSite=lax", "; Secure", "; Max-Age=43200"):
        assert part in cookie
    assert "domain" not in cookie.lower()


def test_after_signing_out_the_cookie_opens_nothing(client: TestClient, noor: Somebody) -> None:
    send(client, noor)
    token = client.cookies[access.COOKIE]
    form = form_token(client.get("/desk/me").text)
    assert client.post("/desk/sign-out", data={"form": form}).headers["location"] == "/desk/sign-in"
    client.cookies.set(access.COOKIE, token)
    assert client.get("/desk/me").status_code == 303


def test_nobody_is_signed_out_by_a_form_of_elsewhere(client: TestClient, noor: Somebody) -> None:
    send(client, noor)
    assert client.post("/desk/sign-out", data={"form": "x"}).status_code == 403
    assert client.get("/desk/me").status_code == 200


def stepped_down(session: Session) -> None:
    session.execute(update(StaffSession).values(stepped_up_at=datetime.now(UTC) - timedelta(minutes=16)))
    session.commit()


@pytest.mark.parametrize("by", ["password", "code"])
def test_stepping_up_takes_the_password_or_a_code_and_changes_the_token(
    client: TestClient, session: Session, noor: Somebody, by: str
) -> None:
    send(client, noor, code=noor.recovery[0])
    stepped_down(session)
    before = client.cookies[access.COOKIE]
    form = form_token(client.get("/desk/me").text)
    assert client.post("/desk/me/recovery-codes", data={"form": form}).headers["location"] == (
        "/desk/step-up?next=/desk/me"
    )
    proof = PASSWORD if by == "password" else noor.code()
    sent = {"form": form, "proof": proof, "next": "/desk/me"}
    assert client.post("/desk/step-up", data=sent).headers["location"] == "/desk/me"
    assert client.cookies[access.COOKIE] != before
    # The form that was open in another tab is good as it was.
    assert client.post("/desk/me/recovery-codes", data={"form": form}).status_code == 200
    client.cookies.set(access.COOKIE, before)
    assert client.get("/desk/me").status_code == 303


@pytest.mark.parametrize("proof", ["", "wrong", "000000", "a recovery code"])
def test_nothing_else_steps_up(client: TestClient, session: Session, noor: Somebody, proof: str) -> None:
    send(client, noor)
    stepped_down(session)
    form = form_token(client.get("/desk/step-up").text)
    proof = noor.recovery[0] if proof == "a recovery code" else proof
    assert client.post("/desk/step-up", data={"form": form, "proof": proof}).status_code == 401
    stepped_up_at = session.scalars(select(col(StaffSession.stepped_up_at))).one()
    assert stepped_up_at is not None
    assert stepped_up_at < datetime.now(UTC) - timedelta(minutes=15)
    assert client.post("/desk/me/recovery-codes", data={"form": form}).status_code == 303


def test_guessing_at_step_up_is_slowed_too(client: TestClient, session: Session, noor: Somebody) -> None:
    send(client, noor)
    form = form_token(client.get("/desk/step-up").text)
    answers = [client.post("/desk/step-up", data={"form": form, "proof": "no"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) <= 60
