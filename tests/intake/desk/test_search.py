"""Somebody at the desk seeks a person, over all services: who is found, by what, and what is noted of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text, update
from sqlmodel import Session, col

from services.intake.calls.commands import exchange
from services.intake.desk import commands_search
from services.intake.requests import commands_marking
from services.intake.staff.tables import Person, Role
from services.notify.visits.commands.marking import mark
from shared.audit.tables import audit_entries
from shared.clock import FixedClock
from shared.runtime import Runtime
from tests.intake.desk.desk import EN
from tests.intake.desk.people import EMAIL, PHONE, MakeKey, ask, found, register, seek
from tests.kit.desk import press
from tests.kit.peers import fake
from tests.kit.staff import sign_in

ClientFor = Callable[[str], TestClient]
RuntimeFor = Callable[[str], Runtime]
SessionFor = Callable[[str], Session]


def deeds(session: Session) -> list[tuple[str, str, str]]:
    session.rollback()
    rows = session.execute(select(audit_entries).where(audit_entries.c.deed == "desk.search"))
    return [(row.who, row.about, row.why) for row in rows]


@pytest.mark.parametrize(
    "written",
    [
        "06-12 34 56 78",
        "+31 (0)6 12345678",
        "0031612345678",
        "FATIMA@example.org",
        "fatima",
        "Khatib, Fatima",
        "el-khatib",
        "Fátima El Khatib",
        "Fatima 06/12.34.56.78",
    ],
)
def test_somebody_who_asked_is_found_in_any_notation(
    client: TestClient, fatima: tuple[UUID, str], written: str
) -> None:
    assert found(client, written) == [f"request/{fatima[0]}"]


def test_a_question_is_found_by_its_reference(client: TestClient, fatima: tuple[UUID, str]) -> None:
    id, reference = fatima
    assert found(client, reference.lower().replace("-", " ")) == [f"request/{id}"]


@pytest.mark.parametrize("written", ["Fatima Jansen", "06 12345679", "iemand@example.org", "WZ-2222-3333"])
def test_another_is_not_found_and_the_page_says_what_was_tried(
    client: TestClient, fatima: tuple[UUID, str], written: str
) -> None:
    page = seek(client, written).text
    assert "Nobody was found" in page
    assert "Sought as:" in page
    assert "/desk/people-of/" not in page


def test_results_name_nobody_and_say_by_what_they_were_found(
    client: TestClient, fatima: tuple[UUID, str]
) -> None:
    page = seek(client, "06 12345678").text
    shown = page.split('id="found"')[1]
    assert fatima[1] in shown
    assert re.findall(r"Found by ([\w ,]+)<?", " ".join(shown.split())) == ["number "]
    for hidden in ("Fatima", "Khatib", "12345678", EMAIL):
        assert hidden not in shown


def test_what_is_sought_stands_in_no_address(client: TestClient, fatima: tuple[UUID, str]) -> None:
    answer = client.get("/desk/search", params={"q": "Fatima"}, headers=EN)
    assert "/desk/people-of/" not in answer.text
    assert seek(client, "Fatima").status_code == 200


def test_a_number_of_both_countries_finds_both(client: TestClient, noor: UUID, make_key: MakeKey) -> None:
    one, _ = ask(client, make_key, phone="+31475123456", channel="phone", email=None)
    other, _ = ask(client, make_key, phone="+32475123456", email=None)
    assert set(found(client, "0475 12 34 56")) == {f"request/{one}", f"request/{other}"}
    assert found(client, "+32 475 12 34 56") == [f"request/{other}"]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Ayşe Yıldız", "yildiz"),
        ("Jan Van den Berghe", "Vandenberghe"),
        ("محمد علي", "علي"),
        ("Ben", "ben"),
        ("Jean-Pierre D'Hondt", "hondt jean-pierre"),
    ],
)
def test_names_are_found_as_people_write_them(
    client: TestClient, noor: UUID, make_key: MakeKey, name: str, written: str
) -> None:
    id, _ = ask(client, make_key, name=name)
    assert found(client, written) == [f"request/{id}"]


def test_a_family_that_is_registered_is_found(
    client: TestClient, noor: UUID, client_for: ClientFor, make_key: MakeKey
) -> None:
    id = register(client_for("notify"), make_key, email="oma@example.org")
    for written in ("06 12345678", "khatib", "oma@example.org"):
        assert found(client, written) == [f"registration/{id}"]


def test_whoever_called_is_found_once_however_often_they_called(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock
) -> None:
    session = session_for("intake")
    for call_id in ("a", "b"):
        exchange.ring(session, call_id, "0612345678", "+31201234567", at=clock.now())
        session.commit()
    [row] = found(client, "+31612345678")
    assert row.startswith("call/")
    assert "Call (2)" in seek(client, "+31612345678").text


def test_who_is_in_both_services_is_found_in_both(
    client: TestClient, fatima: tuple[UUID, str], client_for: ClientFor, make_key: MakeKey
) -> None:
    registration = register(client_for("notify"), make_key)
    both = {f"request/{fatima[0]}", f"registration/{registration}"}
    assert set(found(client, "Fatima El Khatib")) == both


@pytest.mark.parametrize("name", ["referral", "notify"])
def test_a_service_that_is_away_says_so_and_the_rest_is_found(
    client: TestClient, fatima: tuple[UUID, str], runtime_for: RuntimeFor, name: str
) -> None:
    fake(runtime_for("intake"), name).away = True
    page = seek(client, "Fatima").text
    assert f"/desk/people-of/request/{fatima[0]}" in page
    assert "does not answer now" in page


def test_nothing_is_said_to_be_nobody_where_a_service_is_away(
    client: TestClient, noor: UUID, runtime_for: RuntimeFor
) -> None:
    fake(runtime_for("intake"), "notify").away = True
    assert "Nobody was found" not in seek(client, "Fatima").text


@pytest.mark.parametrize("written", ["a" * 10_000, "", "  ", "?!", "12"])
def test_what_cannot_be_sought_is_said_in_words(client: TestClient, noor: UUID, written: str) -> None:
    answer = seek(client, written)
    assert answer.status_code == 400
    assert "autofocus" in answer.text


def test_a_nul_does_no_harm(client: TestClient, fatima: tuple[UUID, str]) -> None:
    assert seek(client, "Fatima\x00").status_code in (200, 400)


def test_each_search_is_noted_without_what_was_sought(
    client: TestClient, noor: UUID, fatima: tuple[UUID, str], session_for: SessionFor
) -> None:
    seek(client, "Fatima 06 12345678")
    assert deeds(session_for("intake")) == [(f"staff:{noor}", "people", "phone name")]


def test_nobody_tries_numbers_all_day(
    client: TestClient, fatima: tuple[UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands_search, "SEARCHES", 2)
    assert [seek(client, "Fatima").status_code for _ in range(3)] == [200, 200, 429]


def test_nor_many_at_once(
    client: TestClient, fatima: tuple[UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty numbers in one field are twenty that were tried."""
    monkeypatch.setattr(commands_search, "SEARCHES", 30)
    many = ", ".join(f"06123456{n:02d}" for n in range(20))
    assert [seek(client, many).status_code for _ in range(2)] == [200, 429]


def test_a_form_of_another_session_finds_nothing(client: TestClient, fatima: tuple[UUID, str]) -> None:
    assert client.post("/desk/search", data={"q": "Fatima", "form": "x"}, headers=EN).status_code == 403


@pytest.mark.parametrize("role", [Role.EDITOR, Role.RESEARCHER, Role.OPERATOR, Role.AUDITOR])
def test_only_who_works_at_the_desk_searches(client: TestClient, session_for: SessionFor, role: Role) -> None:
    sign_in(client, session_for("intake"), role, name="Sam")
    assert client.get("/desk/search", headers=EN).status_code == 403


def test_who_was_disabled_finds_nobody_any_more(
    client: TestClient, noor: UUID, fatima: tuple[UUID, str], session_for: SessionFor, clock: FixedClock
) -> None:
    page = client.get("/desk/search", headers=EN).text
    session = session_for("intake")
    session.execute(update(Person).where(col(Person.id) == noor).values(disabled_at=clock.now()))
    session.commit()
    answer = press(client, "/desk/search", page, q="Fatima")
    assert answer.status_code in (303, 401, 403)
    assert "/desk/people-of/" not in answer.text


def test_who_was_erased_is_not_found_and_leaves_no_mark(
    client: TestClient,
    fatima: tuple[UUID, str],
    client_for: ClientFor,
    make_key: MakeKey,
    session_for: SessionFor,
    runtime_for: RuntimeFor,
) -> None:
    register(client_for("notify"), make_key)
    intake = runtime_for("intake")
    notify = fake(intake, "notify")
    assert notify.desk is not None
    notify.erases = notify.desk.erase
    done = client.post("/v1/erasures", json={"phone": PHONE}, headers=make_key("intake", "desk"))
    assert done.status_code == 202, done.text
    for written in (fatima[1], "Fatima", "+31612345678", EMAIL):
        assert found(client, written) == []
    for service, table in (("intake", "advice_requests"), ("notify", "registrations")):
        session = session_for(service)
        assert session.execute(text(f"SELECT marks FROM {table}")).scalars().all() == [None]


def test_what_the_version_before_wrote_is_found_soon(
    client: TestClient,
    fatima: tuple[UUID, str],
    client_for: ClientFor,
    make_key: MakeKey,
    session_for: SessionFor,
    clock: FixedClock,
) -> None:
    registration = register(client_for("notify"), make_key)
    intake, notify = session_for("intake"), session_for("notify")
    intake.execute(text("UPDATE advice_requests SET marks = NULL"))
    notify.execute(text("UPDATE registrations SET marks = NULL"))
    intake.commit()
    notify.commit()
    assert found(client, "Fatima") == []
    assert commands_marking.mark(intake, 100) == 1
    mark(notify, clock.now(), 100)
    intake.commit()
    notify.commit()
    assert set(found(client, "Fatima")) == {f"request/{fatima[0]}", f"registration/{registration}"}
    assert commands_marking.mark(intake, 100) == 0


def test_what_cannot_be_read_is_found_by_its_reference_alone(
    client: TestClient, fatima: tuple[UUID, str], session_for: SessionFor
) -> None:
    session = session_for("intake")
    session.execute(text(r"UPDATE advice_requests SET marks = NULL, name = '\x820174657374'"))
    session.commit()
    assert commands_marking.mark(session, 100) == 1
    session.commit()
    assert found(client, "Fatima") == []
    assert found(client, fatima[1]) == [f"request/{fatima[0]}"]
