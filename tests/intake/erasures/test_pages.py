"""A senior erases whoever asks for it: sees first what there is, and says that they are sure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlmodel import Session, col

from services.intake.desk import commands_search
from services.intake.requests.tables import AdviceRequest
from services.intake.staff.tables import Role, StaffSession
from services.notify.visits.tables import Registration
from shared.audit.tables import audit_entries
from shared.runtime import Runtime
from tests.intake.desk.desk import EN
from tests.intake.desk.people import MakeKey, ask, register
from tests.kit.desk import one_desk, press
from tests.kit.peers import fake
from tests.kit.staff import sign_in

ClientFor = Callable[[str], TestClient]
RuntimeFor = Callable[[str], Runtime]
SessionFor = Callable[[str], Session]


@pytest.fixture
def client(runtime_for: RuntimeFor, client_for: ClientFor) -> TestClient:
    client = one_desk(runtime_for, client_for)
    for name in ("referral", "notify"):
        peer = fake(runtime_for("intake"), name)
        assert peer.desk is not None
        peer.erases = peer.desk.erase
    return client


@pytest.fixture
def sam(client: TestClient, session_for: SessionFor) -> UUID:
    return sign_in(client, session_for("intake"), Role.SENIOR, name="Sam")


def look(client: TestClient, who: str) -> Any:
    return press(client, "/desk/erase", client.get("/desk/erase", headers=EN).text, who=who)


def carry_out(client: TestClient, who: str, **sent: str) -> Any:
    return press(client, "/desk/erase/carried", look(client, who).text, who=who, **sent)


def is_there(session: Session, id: UUID) -> bool:
    session.rollback()
    there = select(col(AdviceRequest.erased_at)).where(col(AdviceRequest.id) == id)
    return session.scalars(there).one() is None


def deeds(session: Session) -> list[tuple[str, str]]:
    session.rollback()
    rows = session.execute(select(audit_entries).where(audit_entries.c.deed.like("erase%")))
    return [(row.who, row.deed) for row in rows]


@pytest.mark.parametrize("by", ["reference", "06 12345678", "Fatima@example.org"])
def test_a_senior_sees_what_there_is_and_erases_it(
    client: TestClient,
    sam: UUID,
    by: str,
    client_for: ClientFor,
    make_key: MakeKey,
    session_for: SessionFor,
) -> None:
    id, reference = ask(client, make_key)
    registration = register(client_for("notify"), make_key, email="fatima@example.org")
    who = reference if by == "reference" else by
    preview = look(client, who)
    assert preview.status_code == 200
    assert re.search(r"<dt>Questions</dt><dd>1</dd>", preview.text)
    assert re.search(r"<dt>Registrations for visits</dt><dd>1</dd>", preview.text)
    assert is_there(session_for("intake"), id)
    done = carry_out(client, who, sure="yes")
    assert done.status_code == 303, done.text
    page = client.get(done.headers["location"], headers=EN).text
    assert "<dt>Questions</dt><dd>1</dd>" in page
    assert not is_there(session_for("intake"), id)
    left = session_for("notify").get(Registration, registration)
    assert left is not None
    assert left.erased_at is not None


def test_nothing_is_erased_by_who_is_not_sure(
    client: TestClient, sam: UUID, make_key: MakeKey, session_for: SessionFor
) -> None:
    id, reference = ask(client, make_key)
    answer = carry_out(client, reference)
    assert answer.status_code == 400
    assert "Say first that you are sure" in answer.text
    assert is_there(session_for("intake"), id)


def test_who_looked_and_who_erased_is_noted(
    client: TestClient, sam: UUID, make_key: MakeKey, session_for: SessionFor
) -> None:
    _, reference = ask(client, make_key)
    carry_out(client, reference, sure="yes")
    me = f"staff:{sam}"
    assert deeds(session_for("intake")) == [(me, "erase.dry-run"), (me, "erase")]


def test_a_reference_stands_filled_in_and_a_number_in_no_address(client: TestClient, sam: UUID) -> None:
    assert 'value="WZ-7K3M-9QXT"' in client.get("/desk/erase/WZ-7K3M-9QXT", headers=EN).text


@pytest.mark.parametrize(
    ("who", "status", "said"),
    [
        ("", 400, ""),
        ("WZ-7K3M", 400, "This is no reference"),
        ("WZ-7K3M-9QXT", 404, "Nobody has this reference"),
        ("0475 12 34 56", 400, "in the Netherlands and in Belgium"),
        ("fatima@", 400, ""),
        ("9" * 5_000, 400, ""),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    client: TestClient, sam: UUID, who: str, status: int, said: str
) -> None:
    answer = look(client, who)
    assert answer.status_code == status
    assert said in answer.text
    assert 'href="#who"' in answer.text


@pytest.mark.parametrize("name", ["referral", "notify"])
def test_while_a_service_is_away_nothing_is_said_to_be_done(
    client: TestClient, sam: UUID, make_key: MakeKey, runtime_for: RuntimeFor, name: str
) -> None:
    _, reference = ask(client, make_key)
    preview = look(client, reference).text
    fake(runtime_for("intake"), name).away = True
    assert look(client, reference).status_code == 503
    answer = press(client, "/desk/erase/carried", preview, who=reference, sure="yes")
    assert answer.status_code == 503
    assert "not everything is erased yet" in answer.text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SENIOR])
def test_no_other_role_erases(client: TestClient, session_for: SessionFor, role: Role) -> None:
    sign_in(client, session_for("intake"), role)
    assert client.get("/desk/erase", headers=EN).status_code == 403
    assert client.post("/desk/erase/carried", headers=EN).status_code == 403


def test_who_did_not_prove_lately_who_they_are_is_asked_first(
    client: TestClient, sam: UUID, make_key: MakeKey, session_for: SessionFor
) -> None:
    id, reference = ask(client, make_key)
    preview = look(client, reference).text
    session = session_for("intake")
    session.execute(update(StaffSession).values(stepped_up_at=None))
    session.commit()
    answer = press(client, "/desk/erase/carried", preview, who=reference, sure="yes")
    assert answer.headers["location"].startswith("/desk/step-up")
    assert is_there(session, id)


def test_nobody_tries_numbers_by_looking_whom_there_is_to_erase(
    client: TestClient, sam: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands_search, "SEARCHES", 2)
    answers = [look(client, f"+3161234567{n}") for n in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert "You have searched very often" in answers[-1].text
