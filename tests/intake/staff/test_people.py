"""Managing people: an operator who has just proved who they are, and never the last one."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session, col, select, update

from services.intake.staff import queries, sessions
from services.intake.staff.commands import disable, find_by_email, take_in
from services.intake.staff.tables import Person, Role, SetupLink, StaffSession
from shared.audit.tables import audit_entries
from shared.errors import RuleBroken
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.kit.staff import Somebody, form_token, sign_in, somebody

EN = {"Accept-Language": "en"}


@pytest.fixture
def olga(client: TestClient, session: Session) -> UUID:
    """An operator, signed in, who has just proved who she is."""
    return sign_in(client, session, Role.OPERATOR, name="Olga")


def press(client: TestClient, path: str, **sent: Any) -> Any:
    form = form_token(client.get("/desk/people").text)
    return client.post(path, data={"form": form} | sent, headers=EN)


def deeds(session: Session) -> list[tuple[str, str, str]]:
    rows = session.execute(select(audit_entries.c.who, audit_entries.c.deed, audit_entries.c.about)).all()
    return [tuple(row) for row in rows]


def test_somebody_new_is_taken_in_with_a_link_that_is_shown_once(
    client: TestClient, session: Session, olga: UUID
) -> None:
    answer = press(
        client, "/desk/people", name="Lies", email="lies@centre.example", roles=["adviser", "senior"]
    )
    assert answer.status_code == 200
    found = re.search(r"http://intake.test(/desk/set-up/[\w-]{43})", answer.text)
    assert found
    assert client.get(found[1]).status_code == 200
    lies = find_by_email(session, "lies@centre.example")
    assert lies is not None
    assert lies.roles == ["adviser", "senior"]
    assert deeds(session) == [(f"staff:{olga}", "staff.add", f"staff:{lies.id}")]
    page = client.get("/desk/people", headers=EN).text
    assert "Lies" in page
    assert "has yet to set up how" in page
    assert "set-up/" not in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": "", "email": "l@centre.example", "roles": "adviser"}, "name"),
        ({"name": "Lies", "email": "nonsense", "roles": "adviser"}, "@"),
        ({"name": "Lies", "email": "l@centre.example"}, "Choose at least one role"),
    ],
)
def test_what_is_missing_is_said_and_nobody_is_taken_in(
    client: TestClient, session: Session, olga: UUID, sent: dict[str, str], said: str
) -> None:
    answer = press(client, "/desk/people", **sent)
    assert answer.status_code == 400
    assert said in answer.text
    assert len(session.scalars(select(Person)).all()) == 1


def test_who_is_here_already_gets_other_roles_and_no_link(
    client: TestClient, session: Session, olga: UUID, noor: Somebody
) -> None:
    answer = press(client, "/desk/people", name="Noor V", email=noor.email, roles=["senior"])
    assert "was here already" in answer.text
    session.refresh(noor.person)
    assert (noor.person.name, noor.person.roles) == ("Noor V", ["senior"])
    assert session.scalars(select(SetupLink)).all() == []


def test_somebody_is_let_go_and_is_out_at_once_and_comes_back(
    client: TestClient, session: Session, olga: UUID, noor: Somebody
) -> None:
    sessions.begin(session, noor.person, means="password")
    session.commit()
    path = f"/desk/people/{noor.person.id}"
    assert press(client, f"{path}/disable").headers["location"] == path
    whose = select(StaffSession).where(col(StaffSession.person_id) == noor.person.id)
    assert session.scalars(whose).all() == []
    assert "no access" in client.get(path, headers=EN).text
    assert press(client, f"{path}/enable").status_code == 303
    session.refresh(noor.person)
    assert noor.person.disabled_at is None
    assert [deed for _, deed, _ in deeds(session)] == ["staff.disable", "staff.enable"]


def test_other_roles_hold_from_the_next_press_on(
    client: TestClient, at: Callable[[str], TestClient], session: Session, olga: UUID
) -> None:
    hers = at("198.51.100.4")
    lies = sign_in(hers, session, Role.OPERATOR, name="Lies")
    assert hers.get("/desk/people").status_code == 200
    press(client, f"/desk/people/{lies}/roles", roles=["adviser"])
    assert hers.get("/desk/people").status_code == 403


def test_a_reset_shows_a_new_link_once_and_ends_sessions(
    client: TestClient, session: Session, olga: UUID, noor: Somebody
) -> None:
    sessions.begin(session, noor.person, means="password")
    session.commit()
    answer = press(client, f"/desk/people/{noor.person.id}/reset")
    assert re.search(r"http://intake.test/desk/set-up/[\w-]{43}", answer.text)
    whose = select(StaffSession).where(col(StaffSession.person_id) == noor.person.id)
    assert session.scalars(whose).all() == []
    assert (f"staff:{olga}", "staff.reset", f"staff:{noor.person.id}") in deeds(session)


def test_who_is_disabled_gets_no_new_link(
    client: TestClient, session: Session, olga: UUID, noor: Somebody
) -> None:
    disable(session, noor.person.id, at=MORNING, by="system")
    answer = press(client, f"/desk/people/{noor.person.id}/reset")
    assert answer.status_code == 409
    assert "has no access" in answer.text
    assert session.scalars(select(SetupLink)).all() == []


@pytest.mark.parametrize(("what", "sent"), [("disable", {}), ("roles", {"roles": ["adviser"]})])
def test_the_last_operator_stays(
    client: TestClient, session: Session, olga: UUID, noor: Somebody, what: str, sent: dict[str, Any]
) -> None:
    somebody(session, Role.OPERATOR, name="Gone").person.disabled_at = MORNING
    session.commit()
    answer = press(client, f"/desk/people/{olga}/{what}", **sent)
    assert answer.status_code == 409
    assert "last operator" in answer.text
    assert client.get("/desk/people").status_code == 200


def test_two_operators_cannot_let_each_other_go_at_the_same_moment(
    runtime_for: Callable[[str], Runtime], session: Session
) -> None:
    two = [somebody(session, Role.OPERATOR, name=name).person.id for name in ("Olga", "Otto")]

    def let_go(person_id: UUID) -> bool:
        with runtime_for("intake").sessions() as mine:
            try:
                disable(mine, person_id, at=MORNING, by="system")
            except RuleBroken:
                return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(let_go, two)) == [False, True]


def test_to_manage_people_an_operator_proves_first_that_it_is_still_they(
    client: TestClient, session: Session, olga: UUID, noor: Somebody
) -> None:
    session.execute(update(StaffSession).values(stepped_up_at=datetime.now(UTC) - timedelta(minutes=15)))
    session.commit()
    assert client.get("/desk/people").status_code == 200
    for what in ("roles", "disable", "enable", "reset"):
        answer = press(client, f"/desk/people/{noor.person.id}/{what}")
        assert answer.headers["location"] == "/desk/step-up?next=/desk/people"
    assert press(client, "/desk/people").headers["location"] == "/desk/step-up?next=/desk/people"
    assert deeds(session) == []


def test_nobody_is_changed_by_a_form_of_elsewhere(
    client: TestClient, session: Session, olga: UUID, noor: Somebody
) -> None:
    for what in ("roles", "disable", "enable", "reset"):
        assert client.post(f"/desk/people/{noor.person.id}/{what}", data={"form": "x"}).status_code == 403
    assert deeds(session) == []


def test_an_address_belongs_to_one_person_and_is_kept_encrypted(session: Session) -> None:
    for email in ("lies@centre.example", "LIES@centre.example"):
        take_in(session, "Lies", email, [Role.ADVISER], at=MORNING, by="system")
    assert len(session.scalars(select(Person)).all()) == 1
    assert [deed for _, deed, _ in deeds(session)] == ["staff.add", "staff.change"]


def test_an_operator_sets_a_duty_telephone_that_is_encrypted_shown_by_its_end_and_noted(
    client: TestClient, session: Session, olga: UUID
) -> None:
    lies = somebody_here(session)
    where = f"/desk/people/{lies}"
    assert press(client, f"{where}/telephone", telephone="06 12 34 56 78").status_code == 303
    page = client.get(where, headers=EN).text
    assert "The number ends in 78." in page
    assert "345678" not in page
    assert "6 12 34 56" not in page
    session.expire_all()
    assert queries.one(session, lies).telephone == "+31612345678"
    stored = session.execute(text("SELECT telephone FROM staff WHERE id = :id"), {"id": lies}).scalar_one()
    assert b"612345678" not in bytes(stored)
    assert press(client, f"{where}/telephone", telephone="  ").status_code == 303
    assert "There is no number." in client.get(where, headers=EN).text
    assert deeds(session)[-2:] == [(f"staff:{olga}", "staff.telephone", f"staff:{lies}")] * 2


@pytest.mark.parametrize("number", ["nonsense", "013 123 45 67", "+44 20 7946 0000"])
def test_a_number_that_no_text_reaches_is_not_taken(
    client: TestClient, session: Session, olga: UUID, number: str
) -> None:
    lies = somebody_here(session)
    answer = press(client, f"/desk/people/{lies}/telephone", telephone=number)
    assert answer.status_code == 400
    assert number in answer.text
    session.expire_all()
    assert queries.one(session, lies).telephone is None


def test_who_leaves_is_called_by_telephone_no_more(client: TestClient, session: Session, olga: UUID) -> None:
    lies = somebody_here(session)
    press(client, f"/desk/people/{lies}/telephone", telephone="0612345678")
    press(client, f"/desk/people/{lies}/disable")
    session.expire_all()
    assert queries.one(session, lies).telephone is None
    assert press(client, f"/desk/people/{lies}/telephone", telephone="0612345678").status_code == 409


def somebody_here(session: Session) -> UUID:
    person, _ = take_in(session, "Lies", "lies@centre.example", [Role.ADVISER], at=MORNING, by="operator")
    return person.id
