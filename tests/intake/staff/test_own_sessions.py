"""What somebody sees of themselves, and ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select, update

from services.intake.staff.tables import RecoveryCode, StaffSession
from shared.web.browsers import browser_of
from tests.kit.staff import PASSWORD, Somebody, form_token, sign_in

EN = {"Accept-Language": "en"}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"


@pytest.fixture
def two(at: Callable[[str], TestClient], noor: Somebody) -> tuple[TestClient, TestClient]:
    """The same person in two browsers."""
    made = at("203.0.113.7"), at("198.51.100.4")
    for browser in made:
        sent = {"email": noor.email, "password": PASSWORD, "code": noor.next_code()}
        headers = {"User-Agent": FIREFOX}
        assert browser.post("/desk/sign-in", data=sent, headers=headers).status_code == 303
    return made


def is_in(client: TestClient) -> bool:
    return bool(client.get("/desk/me").status_code == 200)


def test_somebody_sees_where_they_are_signed_in_and_by_what(two: tuple[TestClient, TestClient]) -> None:
    page = two[0].get("/desk/me", headers=EN).text
    assert page.count("Firefox, Windows</strong>") == 2
    assert page.count("(this one)") == 1
    assert page.count("With password and code") == 2
    assert "203.0.113" not in page


def test_one_session_is_ended_from_another(two: tuple[TestClient, TestClient], session: Session) -> None:
    page = two[0].get("/desk/me").text
    hers = next(one for one in session.scalars(select(col(StaffSession.id))).all() if f"/{one}/end" in page)
    two[0].post(f"/desk/me/sessions/{hers}/end", data={"form": form_token(page)})
    assert (is_in(two[0]), is_in(two[1])) == (True, False)


def test_all_others_are_ended_at_once(two: tuple[TestClient, TestClient]) -> None:
    two[1].post("/desk/me/sessions/end-others", data={"form": form_token(two[1].get("/desk/me").text)})
    assert (is_in(two[0]), is_in(two[1])) == (False, True)


def test_nobody_ends_anothers_session(
    two: tuple[TestClient, TestClient], client: TestClient, session: Session
) -> None:
    sign_in(client, session, name="Lies")
    form = form_token(client.get("/desk/me").text)
    for one in session.scalars(select(col(StaffSession.id)).where(col(StaffSession.means) == "password")):
        client.post(f"/desk/me/sessions/{one}/end", data={"form": form})
    client.post("/desk/me/sessions/end-others", data={"form": form})
    assert is_in(two[0])
    assert is_in(two[1])


def test_another_password_ends_the_other_sessions_and_opens_the_next_one(
    two: tuple[TestClient, TestClient], noor: Somebody, at: Callable[[str], TestClient]
) -> None:
    form = form_token(two[0].get("/desk/me").text)
    wanted = "een nieuw en lang wachtwoord"
    sent = {"form": form, "current": PASSWORD, "wanted": wanted}
    assert two[0].post("/desk/me/password", data=sent).status_code == 303
    assert (is_in(two[0]), is_in(two[1])) == (True, False)
    for password, status in ((PASSWORD, 401), (wanted, 303)):
        sent = {"email": noor.email, "password": password, "code": noor.recovery[0]}
        assert at("192.0.2.9").post("/desk/sign-in", data=sent).status_code == status


@pytest.mark.parametrize(
    ("current", "wanted", "said"),
    [
        ("wrong", "een nieuw en lang wachtwoord", "This is not right"),
        (PASSWORD, "kort", "This is too short"),
        (PASSWORD, "noor noor noor", "guessed too soon"),
    ],
)
def test_a_password_is_changed_only_by_who_knows_it_and_to_a_good_one(
    two: tuple[TestClient, TestClient], current: str, wanted: str, said: str
) -> None:
    form = form_token(two[0].get("/desk/me").text)
    sent = {"form": form, "current": current, "wanted": wanted}
    answer = two[0].post("/desk/me/password", data=sent, headers=EN)
    assert answer.status_code == 400
    assert said in answer.text
    assert is_in(two[1])


def test_new_recovery_codes_end_the_old_ones(
    two: tuple[TestClient, TestClient], noor: Somebody, session: Session, at: Callable[[str], TestClient]
) -> None:
    form = form_token(two[0].get("/desk/me").text)
    page = two[0].post("/desk/me/recovery-codes", data={"form": form}).text
    assert page.count('<code class="wz-number">') == 10
    assert len(session.scalars(select(RecoveryCode)).all()) == 10
    sent = {"email": noor.email, "password": PASSWORD, "code": noor.recovery[0]}
    assert at("192.0.2.9").post("/desk/sign-in", data=sent).status_code == 401


def test_where_there_are_no_codes_left_that_is_said(
    two: tuple[TestClient, TestClient], session: Session
) -> None:
    session.execute(update(RecoveryCode).values(used_at=datetime.now(UTC)))
    session.commit()
    assert "You have 0 left." in two[0].get("/desk/me", headers=EN).text


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        (FIREFOX, "Firefox, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36 Edg/141.0", "Edge, Linux"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_as_its_user_knows_it(called: str, shown: str) -> None:
    assert browser_of(called) == shown
