"""A link by which somebody sets up how they sign in: once, a day long, and nothing by being looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select, update

from services.intake.staff import access
from services.intake.staff.commands import add, reset, sample_link, setup_link
from services.intake.staff.tables import (
    Authenticator,
    Password,
    Person,
    RecoveryCode,
    Role,
    SetupLink,
    StaffSession,
)
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.kit import staff
from tests.kit.settings import settings_for
from tests.kit.staff import PASSWORD, Somebody, form_token

EN = {"Accept-Language": "en"}


@pytest.fixture
def lies(session: Session) -> Person:
    person = add(session, "Lies", "lies@centre.example", [Role.ADVISER], at=MORNING)
    session.commit()
    return person


@pytest.fixture
def address(session: Session, lies: Person) -> str:
    token = setup_link(session, lies)
    session.commit()
    return f"/desk/set-up/{token}"


def send(client: TestClient, address: str, **sent: str) -> Any:
    form = form_token(client.get(address).text)
    step = {"step": "code"} if "code" in sent else {}
    return client.post(address, data={"form": form} | step | sent, headers=EN)


def shown_secret(page: str) -> str:
    found = re.search(r'<code class="wz-code">([A-Z2-7 ]+)</code>', page)
    assert found
    return found[1].replace(" ", "")


def code_of(page: str) -> str:
    return pyotp.TOTP(shown_secret(page)).at(staff.machine_now())


def test_somebody_new_chooses_a_password_scans_a_picture_and_is_in(
    client: TestClient, session: Session, address: str
) -> None:
    answer = send(client, address, password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    page = client.get(address, headers=EN).text
    assert 'src="data:image/svg+xml' in page
    answer = send(client, address, code=code_of(page))
    assert answer.status_code == 200
    codes = re.findall(r'<code class="wz-number">([\w-]+)</code>', answer.text)
    assert len(set(codes)) == 10
    assert client.get("/desk/me").status_code == 200
    client.cookies.clear()
    sent = {"email": "lies@centre.example", "password": PASSWORD, "code": codes[0]}
    assert client.post("/desk/sign-in", data=sent).status_code == 303
    assert session.exec(select(StaffSession.means).order_by(StaffSession.means)).all() == [
        "password",
        "recovery",
    ]


def test_the_first_code_opens_nothing_a_second_time(client: TestClient, address: str) -> None:
    send(client, address, password=PASSWORD)
    code = code_of(client.get(address).text)
    send(client, address, code=code)
    sent = {"email": "lies@centre.example", "password": PASSWORD, "code": code}
    assert client.post("/desk/sign-in", data=sent).status_code == 401


def test_looking_at_the_link_changes_nothing_however_often(
    client: TestClient, session: Session, address: str
) -> None:
    for _ in range(3):
        assert client.get(address).status_code == 200
        assert client.head(address).status_code == 200
    for table in (Password, Authenticator, RecoveryCode, StaffSession):
        assert session.scalars(select(table)).all() == []
    assert session.scalars(select(col(SetupLink.used_at))).one() is None


@pytest.mark.parametrize("sent", [{"password": PASSWORD}, {"code": "123456"}], ids=str)
def test_a_link_that_was_used_works_no_more(
    client: TestClient, session: Session, address: str, sent: dict[str, str]
) -> None:
    form = form_token(client.get(address).text)
    send(client, address, password=PASSWORD)
    send(client, address, code=code_of(client.get(address).text))
    page = client.get(address, headers=EN)
    assert page.status_code == 404
    assert "does not work any more" in page.text
    kept = session.scalars(select(col(Password.hash))).one()
    step = {"step": "code"} if "code" in sent else {}
    answer = client.post(address, data={"form": form} | step | sent, headers=EN)
    assert answer.status_code == 404
    assert "does not work any more" in answer.text
    assert session.scalars(select(col(Password.hash))).one() == kept


def test_a_link_ends_after_a_day(client: TestClient, session: Session, address: str) -> None:
    session.execute(update(SetupLink).values(ends_at=datetime.now(UTC) - timedelta(hours=1)))
    session.commit()
    assert client.get(address).status_code == 404


def test_nobody_has_a_link_that_was_never_made(client: TestClient) -> None:
    assert client.get(f"/desk/set-up/{'x' * 43}").status_code == 404


def test_a_link_that_is_used_ends_the_others_of_its_person(
    client: TestClient, session: Session, lies: Person, address: str
) -> None:
    another = f"/desk/set-up/{setup_link(session, lies)}"
    session.commit()
    send(client, address, password=PASSWORD)
    send(client, address, code=code_of(client.get(address).text))
    assert client.get(another).status_code == 404


def test_until_a_code_confirms_it_the_password_opens_nothing(client: TestClient, address: str) -> None:
    send(client, address, password=PASSWORD)
    sent = {
        "email": "lies@centre.example",
        "password": PASSWORD,
        "code": code_of(client.get(address).text),
    }
    assert client.post("/desk/sign-in", data=sent).status_code == 401


@pytest.mark.parametrize("code", ["000000", ""])
def test_a_wrong_code_leaves_the_link_and_the_picture_as_they_were(
    client: TestClient, address: str, code: str
) -> None:
    send(client, address, password=PASSWORD)
    before = shown_secret(client.get(address).text)
    answer = send(client, address, code=code)
    assert answer.status_code == 400
    assert "This code is not right" in answer.text
    assert shown_secret(answer.text) == before
    assert access.COOKIE not in client.cookies


def test_a_password_that_is_guessed_too_soon_is_refused_in_words(
    client: TestClient, session: Session, address: str
) -> None:
    answer = send(client, address, password="lies-weerzien-1")
    assert answer.status_code == 400
    assert "guessed too soon" in answer.text
    assert "lies-weerzien-1" not in answer.text
    assert session.scalars(select(Password)).all() == []


def test_somebody_can_choose_another_password_before_the_code(client: TestClient, address: str) -> None:
    send(client, address, password=PASSWORD)
    before = shown_secret(client.get(address).text)
    assert "Choose a password" in client.get(f"{address}?again=1", headers=EN).text
    send(client, address, password="nog een heel ander woord")
    assert shown_secret(client.get(address).text) != before


def test_a_form_of_another_link_sets_nothing_up(
    client: TestClient, session: Session, lies: Person, address: str
) -> None:
    noor = add(session, "Noor", "noor@centre.example", [Role.ADVISER], at=MORNING)
    hers = f"/desk/set-up/{setup_link(session, noor)}"
    session.commit()
    form = form_token(client.get(hers).text)
    assert client.post(address, data={"form": form, "password": PASSWORD}).status_code == 403


def test_a_reset_ends_sessions_and_takes_every_means_away(
    client: TestClient, session: Session, noor: Somebody
) -> None:
    sent = {"email": noor.email, "password": PASSWORD, "code": noor.code()}
    client.post("/desk/sign-in", data=sent)
    token = reset(session, noor.person.id, at=MORNING, by="system")
    assert client.get("/desk/me").status_code == 303
    answer = client.post("/desk/sign-in", data=sent | {"code": noor.recovery[0]})
    assert answer.status_code == 401
    assert client.get(f"/desk/set-up/{token}").status_code == 200


def test_whoever_is_disabled_sets_nothing_up(
    client: TestClient, session: Session, lies: Person, address: str
) -> None:
    lies.disabled_at = MORNING
    session.add(lies)
    session.commit()
    assert client.get(address).status_code == 404


# A sample


@pytest.fixture
def sample(session: Session) -> str:
    return f"/desk/sample/{sample_link(session, at=MORNING)}"


def test_a_sample_adviser_is_in_with_one_press_and_only_once(client: TestClient, sample: str) -> None:
    for _ in range(2):
        page = client.get(sample, headers=EN)
        assert "Sign in as Noor (sample)" in page.text
    form = form_token(page.text)
    answer = client.post(sample, data={"form": form})
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert client.get("/desk/me").status_code == 200
    assert client.post(sample, data={"form": form}).status_code == 404
    assert client.get(sample).status_code == 404


def test_a_sample_adviser_steps_up_with_a_press(client: TestClient, session: Session, sample: str) -> None:
    client.post(sample, data={"form": form_token(client.get(sample).text)})
    session.execute(update(StaffSession).values(stepped_up_at=None))
    session.commit()
    form = form_token(client.get("/desk/step-up").text)
    assert client.post("/desk/step-up", data={"form": form, "next": "/desk/me"}).status_code == 303


def test_where_real_people_are_there_is_no_sample(
    client: TestClient, runtime_for: Callable[[str], Runtime], sample: str
) -> None:
    form = form_token(client.get(sample).text)
    runtime = runtime_for("intake")
    runtime.settings = settings_for("intake", **(runtime.settings.model_dump() | {"embedded": False}))
    assert client.get(sample).status_code == 404
    assert client.post(sample, data={"form": form}).status_code == 404


def test_a_link_of_a_sample_sets_nothing_up_and_the_other_way_round(
    client: TestClient, sample: str, address: str
) -> None:
    assert client.get(sample.replace("sample", "set-up")).status_code == 404
    assert client.get(address.replace("set-up", "sample")).status_code == 404
