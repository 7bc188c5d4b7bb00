"""The auditor sees who did what in all three services, and is seen to look."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlmodel import Session

from services.intake.auditing.rules import KINDS
from services.intake.calls.tables import FlagKind, Result
from services.intake.staff.tables import Person, Role
from shared import audit
from shared.audit.chain import verify
from shared.audit.tables import audit_entries
from shared.events.services import SERVICES
from shared.languages import FOR_PAGES
from shared.runtime import Runtime
from shared.web import pages
from tests.conftest import MORNING
from tests.intake.desk.desk import put
from tests.kit.desk import one_desk
from tests.kit.peers import fake
from tests.kit.staff import sign_in

ClientFor = Callable[[str], TestClient]
RuntimeFor = Callable[[str], Runtime]
SessionFor = Callable[[str], Session]
ROOT = Path(__file__).parents[3]
DEED = re.compile(r"[a-z-]+\.[a-z-]+")
CALL = UUID("018f0000-0000-7000-8000-000000000002")


@pytest.fixture
def client(runtime_for: RuntimeFor, client_for: ClientFor) -> TestClient:
    return one_desk(runtime_for, client_for)


@pytest.fixture
def noor(client: TestClient, session_for: SessionFor) -> UUID:
    """Noor, who audits, is signed in."""
    return sign_in(client, session_for("intake"), Role.AUDITOR)


def note(
    session: Session, who: str, deed: str = "reveal.phone", minute: int = 0, about: object = CALL
) -> None:
    audit.record(session, who, deed, f"call:{about}", at=MORNING + timedelta(minutes=minute), why="call")
    session.commit()


def page(client: TestClient, query: str = "") -> str:
    answer = client.get(f"/desk/audit?lang=en&{query}")
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def deeds(session: Session) -> list[tuple[str, str, str, str]]:
    return [(one.who, one.deed, one.about, one.why) for one in session.execute(select(audit_entries))]


def body(text: str) -> str:
    """The rows of the list, without the filter above them."""
    return text.partition("<tbody>")[2].partition("</tbody>")[0]


def test_what_was_done_in_three_services_is_one_list_the_newest_first(
    client: TestClient, noor: UUID, session_for: SessionFor
) -> None:
    for minute, service in enumerate(SERVICES):
        note(session_for(service), f"staff:{noor}", f"here.{service}", minute)
    rows = body(page(client))
    found = [rows.index(f"here.{service}") for service in SERVICES]
    assert found == sorted(found, reverse=True)
    assert "Noor" in rows
    assert f"staff:{noor}" not in rows


def test_page_by_page_every_entry_comes_once_also_where_many_have_the_same_moment(
    client: TestClient, noor: UUID, session_for: SessionFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.intake.auditing.pages.ON_A_PAGE", 4)
    for number in range(15):
        note(session_for(SERVICES[number % 3]), "system", f"one.n{number}", number // 5)
    seen, address = [], "/desk/audit?lang=en"
    while address:
        text = client.get(address).text
        rows = body(text)
        seen += [number for number in range(15) if f"<td>one.n{number}</td>" in rows]
        onward = text.partition('href="/desk/audit?lang=en&amp;cursor=')[2].partition('"')[0]
        address = f"/desk/audit?lang=en&cursor={onward}" if onward else ""
    assert sorted(seen) == list(range(15))
    assert {number // 5 for number in seen[:4]} == {2}


def test_it_is_narrowed_to_a_person_a_key_a_deed_a_record_or_a_day(
    client: TestClient, noor: UUID, session_for: SessionFor, make_key: Callable[..., dict[str, str]]
) -> None:
    key = make_key("intake", "desk", name="the desk's program")["Authorization"].split("_")[1]
    session, other = session_for("intake"), uuid4()
    note(session, f"staff:{noor}", "reveal.phone")
    note(session, f"key:{key}", "work-item.resolve", about=other)
    note(session, "system", "sign-in.refused", minute=24 * 60)
    shows = {
        f"who={noor}": "saw a number",
        "key=the+desk's+program": "dealt with a work item",
        f"key={key}": "dealt with a work item",
        "deed=work-item": "dealt with a work item",
        f"record={other}": "dealt with a work item",
        "day=2026-12-02": "was not let in",
        "who=system": "was not let in",
    }
    for query, shown in shows.items():
        rows = body(page(client, query))
        assert (rows.count("<tr>"), shown in rows) == (1, True), query
    assert "key the desk&#39;s program" in body(page(client, f"key={key}"))


def test_a_record_brings_the_work_items_about_it(
    client: TestClient, noor: UUID, session_for: SessionFor
) -> None:
    from shared.desk.tables import work_items

    notify = session_for("notify")
    subject = put(notify, MORNING)
    item = notify.scalar(select(work_items.c.id))
    audit.record(notify, "system", "work-item.resolve", f"work-item:{item}", at=MORNING)
    notify.commit()
    assert "dealt with a work item" in body(page(client, f"record={subject}"))


def test_that_somebody_looks_is_in_the_audit_of_each_service_that_they_looked_at(
    client: TestClient, noor: UUID, session_for: SessionFor
) -> None:
    page(client, f"record={CALL}&key=06+12345678")
    for service in SERVICES:
        assert deeds(session_for(service)) == [
            (f"staff:{noor}", "audit.read", f"record:{CALL}", "key record")
        ]
        assert verify(session_for(service)).flaws == ()


def test_looks_at_the_audit_are_shown_to_whoever_asks_for_them(
    client: TestClient, noor: UUID, session_for: SessionFor
) -> None:
    assert "Nothing was noted" in page(client)
    assert "Nothing was noted" in page(client)
    assert body(page(client, "deed=audit")).count("looked at the audit") == 6


def test_a_service_that_is_away_is_named_and_the_others_are_shown(
    client: TestClient, noor: UUID, session_for: SessionFor, runtime_for: RuntimeFor
) -> None:
    note(session_for("intake"), "system", "sign-in.refused")
    fake(runtime_for("intake"), "referral").away = True
    text = page(client)
    assert "Referral does not answer now" in text
    assert "was not let in" in body(text)
    assert client.get("/desk/audit.csv?lang=en").status_code == 503


@pytest.mark.parametrize("query", ["record=Jansen", "record=WZ-2222-2222", "day=yesterday", "day=0001-01-01"])
def test_what_leads_nowhere_is_said_at_its_field_and_nothing_is_looked_at(
    client: TestClient, noor: UUID, session_for: SessionFor, query: str
) -> None:
    answer = client.get(f"/desk/audit?lang=en&{query}")
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert deeds(session_for("intake")) == []


@pytest.mark.parametrize("cursor", ["x", "2026-12-01T09:00:00_x", "9" * 30 + "_" + "0" * 36])
def test_a_cursor_that_is_none_shows_the_beginning(client: TestClient, noor: UUID, cursor: str) -> None:
    page(client, f"cursor={cursor}")


def test_a_file_has_the_codes_and_the_names_and_no_formula(
    client: TestClient, noor: UUID, session_for: SessionFor
) -> None:
    session = session_for("intake")
    eve = sign_in(client, session, Role.AUDITOR, name="=1+1")
    note(session, f"staff:{eve}")
    answer = client.get(f"/desk/audit.csv?who={eve}")
    assert answer.headers["content-type"].startswith("text/csv")
    head, row = answer.text.splitlines()
    assert head == "at,service,who,name,deed,about,why"
    assert f"intake,staff:{eve},'=1+1,reveal.phone,call:{CALL},call" in row
    assert deeds(session)[-1][1:] == ("audit.read", f"staff:{eve}", "file who")


def test_a_wide_sign_begins_no_formula_either(
    client: TestClient, noor: UUID, session_for: SessionFor
) -> None:
    session = session_for("intake")
    eve = sign_in(client, session, Role.AUDITOR, name="Eve")
    session.get_one(Person, eve).name = "\uff1d1+1"
    note(session, f"staff:{eve}")
    assert ",'\uff1d1+1," in client.get(f"/desk/audit.csv?who={eve}").text


def test_a_file_asks_once_more_who_it_is(client: TestClient, session_for: SessionFor) -> None:
    sign_in(client, session_for("intake"), Role.AUDITOR, stepped_up=False)
    assert client.get("/desk/audit.csv", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_the_page_is_in_each_language(client: TestClient, noor: UUID, language: str) -> None:
    titles = {"nl": "Wie wat deed", "fr": "Qui a fait quoi", "en": "Who did what"}
    assert titles[language] in client.get(f"/desk/audit?lang={language}").text


def test_an_operator_does_not_read_the_audit(client: TestClient, session_for: SessionFor) -> None:
    sign_in(client, session_for("intake"), Role.OPERATOR)
    assert client.get("/desk/audit").status_code == 403


def deeds_in_the_code() -> set[str]:
    """Every deed that is noted by name: what `record` is given first with a dot in it, or a word of two."""
    found = set()
    for path in (*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py")):
        for one in ast.walk(ast.parse(path.read_text())):
            if isinstance(one, ast.Call) and ast.unparse(one.func).split(".")[-1] in ("record", "_audit"):
                said = [a.value for a in one.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                found |= {word for word in said if DEED.fullmatch(word)}
    return found | {f"call-back.{one}" for one in Result} | {f"caller.{one}" for one in FlagKind}


@pytest.mark.parametrize("language", FOR_PAGES)
def test_every_deed_is_in_words(language: str) -> None:
    known = pages.texts().keys(language)
    deeds = deeds_in_the_code()
    assert len(deeds) > 30
    assert sorted(deed for deed in deeds if f"auditing.deed-{deed}" not in known) == []


@pytest.mark.parametrize("language", FOR_PAGES)
def test_every_deed_is_of_a_kind_that_can_be_chosen(language: str) -> None:
    kinds = {deed.partition(".")[0] for deed in deeds_in_the_code()}
    assert kinds <= set(KINDS)
    assert {f"auditing.kind-{kind}" for kind in KINDS} <= pages.texts().keys(language)
