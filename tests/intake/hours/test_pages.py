"""Hours and shifts are set by those whose work it is, and everybody who reads a page is told of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from services.intake.hours import rules
from services.intake.hours.queries import on_shift
from services.intake.hours.tables import Closure, Shift
from services.intake.hours.telling import HoursTold
from services.intake.staff.tables import Role
from shared.clock import FixedClock
from tests.conftest import MORNING
from tests.kit.staff import sign_in

ClientFor = Callable[[str], TestClient]
SessionFor = Callable[[str], Session]


@pytest.fixture
def web(client_for: ClientFor) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: SessionFor) -> Session:
    return session_for("intake")


@pytest.fixture
def colleague(web: TestClient) -> Iterator[TestClient]:
    with TestClient(web.app, follow_redirects=False, client=("127.0.0.1", 50_001)) as other:
        yield other


def token(client: TestClient, path: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def send(client: TestClient, path: str, page: str, **fields: str) -> Any:
    return client.post(path, data={"form": token(client, page)} | fields)


def week(country: str, **days: str) -> dict[str, str]:
    return {
        f"{country}-{day}": days.get(f"d{day}", "09:00-12:30, 13:00-17:00" if day < 5 else "")
        for day in range(7)
    }


@pytest.mark.parametrize("page", ["/", "/status", "/help", "/nothing-here"])
@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("nl", "De telefoon is nu open, tot 12:30 uur."),
        ("fr", "Le téléphone est ouvert maintenant, jusqu"),
        ("en", "The telephone is open now, until 12:30."),
    ],
)
def test_every_public_page_says_that_somebody_is_there(
    web: TestClient, page: str, language: str, line: str
) -> None:
    assert line in web.get(f"{page}?lang={language}").text


def test_a_page_says_when_somebody_is_there_again(web: TestClient, clock: FixedClock) -> None:
    clock.set(MORNING + timedelta(hours=2, minutes=30))
    assert "The telephone is closed now. We are back at 13:00." in web.get("/?lang=en").text
    clock.set(MORNING + timedelta(hours=8))
    assert "We are back on Wednesday 2 December 2026 at 09:00." in web.get("/?lang=en").text


def test_where_two_countries_differ_each_is_told(web: TestClient, clock: FixedClock) -> None:
    clock.set(datetime.fromisoformat("2027-04-27T10:00+02:00"))  # the King's day, in one of them
    page = web.get("/?lang=en").text
    assert "Netherlands: The telephone is closed now" in page
    assert "Belgium: The telephone is open now, until 12:30." in page


def test_many_pages_ask_the_database_once(runtime_for: Callable[[str], Any]) -> None:
    runtime, asked = runtime_for("intake"), list[str]()

    def counted() -> Any:
        asked.append("once")
        return runtime.sessions()

    given = {"sessions": counted, "clock": runtime.clock, "settings": runtime.settings}
    told = HoursTold(cast(Any, SimpleNamespace(**given)))
    for _ in range(5):
        told.of("NL", MORNING)
    assert len(asked) == 1
    told.of("NL", MORNING + timedelta(seconds=5))
    assert len(asked) == 2


def test_a_page_is_shown_though_nobody_can_tell_the_hours(web: TestClient) -> None:
    def away() -> None:
        raise OperationalError("select", {}, Exception())

    state: Any = web.app.state  # type: ignore[attr-defined]
    given = {"sessions": away, "clock": state.runtime.clock, "settings": state.runtime.settings}
    state.hours_told = HoursTold(cast(Any, SimpleNamespace(**given)))
    page = web.get("/help?lang=en")
    assert page.status_code == 200
    assert "telephone is open" not in page.text


def test_a_supervisor_sets_the_week_and_every_page_tells_it(web: TestClient, session: Session) -> None:
    sign_in(web, session, Role.SUPERVISOR)
    answer = send(web, "/desk/hours/NL", "/desk/hours", **week("NL", d1="8.00 – 11:00; 20:00-24:00"))
    assert answer.status_code == 303
    assert "08:00-11:00, 20:00-00:00" in web.get("/desk/hours").text
    assert web.get("/v1/hours?country=NL").json()["closesAt"] == "2026-12-01T10:00:00Z"
    assert "Nederland: De telefoon is nu open, tot 11:00 uur." in web.get("/").text


@pytest.mark.parametrize(
    ("monday", "sentence"),
    [
        ("nine to five", "Write the hours as"),
        ("09:00-25:00", "Write the hours as"),
        ("12:00-09:00", "Write the hours as"),
        ("09:00-12:00, 11:00-13:00", "overlap"),
        ("09:00-00:00, 11:00-13:00", "overlap"),
    ],
)
def test_hours_that_cannot_be_are_corrected_in_words(
    web: TestClient, session: Session, monday: str, sentence: str
) -> None:
    sign_in(web, session, Role.OPERATOR)
    answer = send(web, "/desk/hours/BE?lang=en", "/desk/hours", **week("BE", d0=monday))
    assert answer.status_code == 400
    assert sentence in answer.text
    assert f'value="{monday}"' in answer.text
    assert web.get("/v1/hours?country=BE").json()["open"] is True


def test_a_week_without_any_hours_is_no_week(web: TestClient, session: Session) -> None:
    sign_in(web, session, Role.OPERATOR)
    answer = send(web, "/desk/hours/NL?lang=en", "/desk/hours")
    assert "Fill in at least one day" in answer.text


def between(first: str, last: str) -> dict[str, str]:
    return {"from_day": first, "from_time": "09:30", "until_day": last, "until_time": "10:00"}


def test_a_closure_is_told_with_its_reason_in_the_readers_language_until_it_is_taken_back(
    web: TestClient, session: Session
) -> None:
    sign_in(web, session, Role.SUPERVISOR)
    moments = {
        "from_day": "2026-12-01",
        "from_time": "09:30",
        "until_day": "2026-12-02",
        "until_time": "10:00",
    }
    why = {"why-nl": "We verhuizen vandaag.", "why-en": "We are moving today."}
    assert send(web, "/desk/hours/closures", "/desk/hours", **moments, **why).status_code == 303
    assert (
        "We are back on Wednesday 2 December 2026 at 10:00. We are moving today." in web.get("/?lang=en").text
    )
    assert "We verhuizen vandaag." in web.get("/help?lang=nl").text
    [closure] = session.exec(select(Closure)).all()
    send(web, f"/desk/hours/closures/{closure.id}/taken-back", "/desk/hours")
    assert "The telephone is open now" in web.get("/?lang=en").text


def test_a_closure_needs_an_end_that_is_still_to_come(web: TestClient, session: Session) -> None:
    sign_in(web, session, Role.SUPERVISOR)
    moments = {
        "from_day": "2026-11-01",
        "from_time": "09:30",
        "until_day": "2026-11-02",
        "until_time": "10:00",
    }
    answer = send(web, "/desk/hours/closures?lang=en", "/desk/hours", **moments)
    assert "over already" in answer.text
    answer = send(web, "/desk/hours/closures?lang=en", "/desk/hours", **moments | {"until_day": ""})
    assert "Fill in a beginning and an end" in answer.text
    assert session.exec(select(Closure)).all() == []


@pytest.mark.parametrize("role", [Role.ADVISER, Role.RESEARCHER])
def test_others_do_not_set_hours(web: TestClient, session: Session, role: Role) -> None:
    sign_in(web, session, role)
    assert web.get("/desk/hours").status_code == 403
    assert web.post("/desk/hours/NL", data=week("NL")).status_code == 403


def take(client: TestClient, begins: str = "09:00", ends: str = "17:00", day: str = "2026-12-01") -> Any:
    return send(client, "/desk/shifts?lang=en", "/desk/shifts", day=day, begins=begins, ends=ends)


def test_somebody_takes_a_shift_and_gives_the_rest_of_it_back(web: TestClient, session: Session) -> None:
    noor = sign_in(web, session)
    assert take(web).status_code == 303
    assert on_shift(session, MORNING) == [noor]
    [shift] = session.exec(select(Shift)).all()
    assert send(web, f"/desk/shifts/{shift.id}/give-back", "/desk/shifts").status_code == 303
    session.expire_all()
    assert on_shift(session, MORNING) == []
    assert on_shift(session, MORNING - timedelta(minutes=1)) == [noor]


@pytest.mark.parametrize(
    ("begins", "ends", "day", "sentence"),
    [
        ("12:00", "13:00", "2026-12-01", "You are on shift then already"),
        ("08:00", "09:00", "2026-11-30", "over already"),
        ("09:00", "", "2026-12-01", "Fill in a day and two times"),
        ("09:00", "09:00", "2026-12-03", "Fill in a day and two times"),
    ],
)
def test_a_shift_that_cannot_be_is_refused_in_words(
    web: TestClient, session: Session, begins: str, ends: str, day: str, sentence: str
) -> None:
    sign_in(web, session)
    take(web)
    answer = take(web, begins, ends, day)
    assert answer.status_code == 400
    assert sentence in answer.text


def test_a_night_shift_ends_on_the_day_after() -> None:
    span = rules.shift_of("2026-12-01", "22:00", "02:00", "NL")
    assert span is not None
    assert span.ends - span.begins == timedelta(hours=4)


def asked_for(web: TestClient, session: Session, colleague: TestClient) -> tuple[Shift, UUID, UUID]:
    noor = sign_in(web, session)
    els = sign_in(colleague, session, name="Els")
    take(web)
    [shift] = session.exec(select(Shift)).all()
    send(web, f"/desk/shifts/{shift.id}/ask", "/desk/shifts", colleague=str(els))
    session.expire_all()
    return shift, noor, els


def test_a_colleague_takes_a_shift_over_by_saying_yes(
    web: TestClient, session: Session, colleague: TestClient
) -> None:
    shift, noor, els = asked_for(web, session, colleague)
    assert on_shift(session, MORNING) == [noor]
    assert "Noor" in colleague.get("/desk/shifts").text
    assert send(colleague, f"/desk/shifts/{shift.id}/accept", "/desk/shifts").status_code == 303
    session.expire_all()
    assert on_shift(session, MORNING) == [els]
    assert on_shift(session, MORNING - timedelta(minutes=1)) == [noor]
    again = send(colleague, f"/desk/shifts/{shift.id}/accept", "/desk/shifts")
    assert again.status_code == 400


def test_a_colleague_who_says_no_leaves_it_where_it_is(
    web: TestClient, session: Session, colleague: TestClient
) -> None:
    shift, noor, _ = asked_for(web, session, colleague)
    send(colleague, f"/desk/shifts/{shift.id}/decline", "/desk/shifts")
    session.expire_all()
    assert on_shift(session, MORNING) == [noor]
    assert shift.asked is None


def test_nobody_takes_or_changes_a_shift_that_they_were_not_asked_for(
    web: TestClient, session: Session, colleague: TestClient
) -> None:
    noor = sign_in(web, session)
    sign_in(colleague, session, name="Els")
    take(web)
    [shift] = session.exec(select(Shift)).all()
    for deed in ("accept", "decline", "give-back", "ask", "note", "something"):
        assert send(colleague, f"/desk/shifts/{shift.id}/{deed}", "/desk/shifts").status_code == 400
    session.expire_all()
    assert on_shift(session, MORNING) == [noor]


def test_only_a_colleague_who_can_be_at_the_telephone_is_asked(
    web: TestClient, session: Session, colleague: TestClient
) -> None:
    sign_in(web, session)
    auditor = sign_in(colleague, session, Role.AUDITOR, name="Els")
    take(web)
    [shift] = session.exec(select(Shift)).all()
    for asked in (str(auditor), "nobody", ""):
        answer = send(web, f"/desk/shifts/{shift.id}/ask?lang=en", "/desk/shifts", colleague=asked)
        assert "Choose a colleague" in answer.text
    assert str(auditor) not in web.get("/desk/shifts").text


def test_a_note_is_read_by_whoever_comes_next(
    web: TestClient, session: Session, colleague: TestClient, clock: FixedClock
) -> None:
    sign_in(web, session)
    sign_in(colleague, session, name="Els")
    take(web, "09:00", "12:00")
    [shift] = session.exec(select(Shift)).all()
    send(web, f"/desk/shifts/{shift.id}/note", "/desk/shifts", note="The line of Ghent crackles.")
    clock.set(MORNING + timedelta(hours=4))
    assert "The line of Ghent crackles." in colleague.get("/desk/shifts").text
    clock.set(MORNING + timedelta(days=3))
    assert "crackles" not in colleague.get("/desk/shifts").text
    assert (
        b"crackles" not in session.connection().exec_driver_sql("select note from intake.shifts").scalar_one()
    )


def test_a_shift_is_offered_for_today(web: TestClient, session: Session) -> None:
    """On the wall clock of the desk, where it may be a day later than elsewhere."""
    sign_in(web, session)
    today = MORNING.astimezone(ZoneInfo("Europe/Amsterdam")).date().isoformat()
    assert re.search(rf'id="day" name="day" value="{today}"', web.get("/desk/shifts").text)
