"""A planner brings a quarter, sees what would happen, and presses one button."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.notify.planner import import_pages
from services.notify.visits.tables import VisitDay
from shared.web import pages
from tests.kit import planner
from tests.kit.planner import OTHER, PRISON
from tests.notify.planner.importing.written import calendar

HERE = f"/planner/facilities/{PRISON}/bring"
NL = {"Accept-Language": "nl"}
SERIES = {"kind": "child-visit", "capacity": "8", "start": "14:00", "end": "15:30", "every": "week"}
LITERAL = re.compile(r'"([a-z]+(?:-[a-z]+)+)"')


@pytest.fixture
def form(client: TestClient, session: Session) -> str:
    return planner.sign_in(client, session)


def send(client: TestClient, path: str, form: str, files: Any = None, **filled: str) -> Any:
    return client.post(path, data={"form": form} | filled, files=files, headers=NL)


def days(session: Session) -> list[VisitDay]:
    session.expire_all()
    return sorted(session.exec(select(VisitDay)), key=lambda one: one.starts_at)


def test_a_quarter_is_shown_first_and_published_by_one_button(
    client: TestClient, session: Session, form: str
) -> None:
    assert HERE in client.get(f"/planner/facilities/{PRISON}", headers=NL).text
    asked = send(client, HERE, form, **SERIES, first="2027-01-06", until="2027-03-31")
    assert asked.status_code == 303, asked.text
    there = asked.headers["location"]
    page = client.get(there, headers=NL).text
    assert "Nieuw (13)" in page
    assert "woensdag 6 januari 2027, 14:00–15:30" in page
    assert days(session) == []
    for _ in range(2):
        assert send(client, there, form).status_code == 303
    assert len(days(session)) == 13
    assert "Nieuw: 13." in client.get(there, headers=NL).text


def test_an_uploaded_sheet_names_its_bad_rows_and_what_to_do(
    client: TestClient, session: Session, form: str
) -> None:
    sheet = b"datum;begin;einde\n17-12-2026;14:00;15:30\ngisteren;14:00;15:30\n"
    asked = send(client, HERE, form, {"file": ("q1.csv", sheet, "text/csv")}, **SERIES)
    page = client.get(asked.headers["location"], headers=NL).text
    assert "Nieuw (1)" in page
    assert "Regel 3" in page
    assert "Schrijf bijvoorbeeld 12-12-2026." in page


def test_a_calendar_that_is_pasted_is_read_too(client: TestClient, session: Session, form: str) -> None:
    pasted = calendar("UID:1\r\nDTSTART:20261217T140000\r\nDTEND:20261217T153000").decode()
    asked = send(client, HERE, form, **SERIES, pasted=pasted)
    assert "Nieuw (1)" in client.get(asked.headers["location"], headers=NL).text


def test_what_brings_no_day_is_said_at_once_and_another_planner_finds_nothing(
    client: TestClient, session: Session, form: str
) -> None:
    refused = send(client, HERE, form, **SERIES, first="2027-01-06")
    assert refused.status_code == 400
    assert "heeft geen einde" in refused.text
    for wrong in ({"capacity": "veel"}, {"first": "morgen"}, {"kind": "feest"}, {"pasted": "<b>"}):
        assert send(client, HERE, form, **SERIES | wrong).status_code == 400
    mine = send(client, HERE, form, **SERIES, first="2027-01-06", until="2027-01-31").headers["location"]
    planner.sign_in(client, session, PRISON, OTHER, email="jan@pi.example")
    assert client.get(mine, headers=NL).status_code == 404


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_every_reason_and_every_field_has_a_sentence(language: str) -> None:
    folder = Path(import_pages.__file__).parent / "importing"
    found = {code for one in folder.glob("*.py") for code in LITERAL.findall(one.read_text())}
    codes = found - {"calendar-uid"} | {"in-the-past", "unreadable", "garbled", "empty"}
    codes |= {"too-far-ahead", "end-before-start", "no-such-time"}
    fields = ["date", "start", "end", "capacity", "kind", "facility", "uid", "file", "all", "rule", "until"]
    fields += ["first", "without", "event", "zone"]
    missing = [code for code in codes if not pages.texts().has(f"planner.import-{code}")]
    missing += [name for name in fields if not pages.texts().has(f"planner.field-{name}")]
    assert missing == []
    values = dict.fromkeys(("most", "line", "families", "ours", "value"), "1")
    values |= {"day": f"{date(2027, 1, 6)}", "last": f"{date(2028, 1, 6)}", "start": f"{time(14)}"}
    for code in codes:
        assert pages.texts().text(language, f"planner.import-{code}", **values)
