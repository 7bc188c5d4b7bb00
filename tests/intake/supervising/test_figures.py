"""The first figure: of all who tried to reach somebody, how many were reached at last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.calls.tables import Call, CallBack, CallState, Ended, NoTalk, Why
from services.intake.conversations.tables import Side, Written
from services.intake.requests.tables import AdviceRequest
from services.intake.staff.tables import Role
from services.intake.supervising.rules import Try, reached
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.intake.requests.questions import question
from tests.kit.desk import one_desk
from tests.kit.staff import sign_in

ClientFor = Callable[[str], TestClient]
SessionFor = Callable[[str], Session]
MISSED, TALKED, RINGS = CallState.MISSED, CallState.FINALISED, CallState.RINGING


def test_whoever_tries_five_times_and_is_answered_once_was_reached() -> None:
    counts = reached([*(Try("a", MISSED) for _ in range(4)), Try("a", TALKED)])
    assert (counts.tried, counts.at_last) == (1, 1)


def test_whoever_is_called_back_and_reached_was_reached() -> None:
    counts = reached(
        [Try("a", MISSED, back_ended=Ended.REACHED), Try("b", MISSED, back_ended=Ended.NOT_REACHED)]
    )
    assert (counts.tried, counts.at_last, counts.not_reached) == (2, 1, 1)


def test_whoever_is_still_to_be_called_back_is_not_given_up() -> None:
    counts = reached([Try("a", MISSED, back_open=True), Try("b", RINGS), Try("c", MISSED)])
    assert (counts.still_to_call, counts.not_reached) == (2, 1)


def test_silence_and_jokes_are_counted_apart() -> None:
    counts = reached([Try("a", TALKED, NoTalk.JOKE), Try("b", TALKED, NoTalk.SILENT)])
    assert (counts.tried, counts.answered, counts.no_talk) == (0, 0, 2)


def test_a_joke_and_a_call_of_one_telephone_are_one_try() -> None:
    counts = reached([Try("a", TALKED, NoTalk.JOKE), Try("a", MISSED)])
    assert (counts.tried, counts.not_reached, counts.no_talk) == (1, 1, 1)


def call(at: datetime = MORNING, **given: Any) -> Call:
    values: dict[str, Any] = {"state": MISSED, "at": at, "number_index": b"somebody"} | given
    return Call(**values)


def test_the_page_tells_how_many_were_reached_of_all_who_tried(
    client_for: ClientFor, session_for: SessionFor
) -> None:
    session, client = session_for("intake"), client_for("intake")
    missed = call(number_index=b"another")
    yesterday = call(MORNING - timedelta(days=1), number_index=b"a third")
    session.add_all([call(), call(state=TALKED), missed, yesterday, call(number_index=None)])
    session.add(
        CallBack(of_call=missed.id, why=Why.MISSED, opened_at=MORNING, due_at=MORNING - timedelta(hours=1))
    )
    session.commit()
    sign_in(client, session, Role.SUPERVISOR)
    page = client.get("/desk/figures?lang=en")
    assert page.status_code == 200
    assert "1 of 3 who called were reached" in page.text
    assert "Call-backs that are too late" in page.text


def test_the_counts_of_a_month_are_a_file_without_anybody_in_it(
    client_for: ClientFor, session_for: SessionFor
) -> None:
    session, client = session_for("intake"), client_for("intake")
    session.add_all([call(), call(number_index=b"another", state=TALKED)])
    session.commit()
    sign_in(client, session, Role.SUPERVISOR)
    answer = client.get("/desk/figures.csv?from=2026-11-30&until=2026-12-01")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.splitlines() == [
        "day,tried,reached,answered,called_back,still_to_call,not_reached,no_talk,asked,"
        "answered_in_writing,waited_minutes",
        "2026-11-30,0,0,0,0,0,0,0,0,0,",
        "2026-12-01,2,1,1,0,0,1,0,0,0,",
    ]


@pytest.mark.parametrize(
    "asked",
    ["from=0001-01-01", "from=9999-12-31&until=9999-12-31", "until=0001-01-05", "until=9999-12-31"],
)
def test_a_day_at_the_edge_of_the_calendar_is_refused_and_breaks_nothing(
    client_for: ClientFor, session_for: SessionFor, asked: str
) -> None:
    client = client_for("intake")
    sign_in(client, session_for("intake"), Role.SUPERVISOR)
    assert client.get(f"/desk/figures.csv?{asked}").status_code == 400


def test_a_question_counts_as_answered_in_writing_on_the_day_of_its_first_answer(
    client_for: ClientFor, session_for: SessionFor, make_key: Callable[..., dict[str, str]]
) -> None:
    session, client = session_for("intake"), client_for("intake")
    for minutes in (30, 90, 120):
        sent = client.post(
            "/v1/advice-requests",
            json=question(contact={"phone": f"0612345{minutes:03}"}),
            headers=make_key("intake", "requests:write"),
        )
        [asked] = session.scalars(
            select(AdviceRequest.id).where(AdviceRequest.reference == sent.json()["reference"])
        )
        for number, side, at in (
            (1, Side.ASKER, 1),
            (2, Side.CENTRE, minutes),
            (3, Side.CENTRE, minutes + 600),
        ):
            written = MORNING + timedelta(minutes=at)
            session.add(
                Written(
                    request_id=asked,
                    number=number,
                    side=side,
                    text="Dag",
                    written_at=written,
                    key=str(number),
                    fingerprint=b"",
                )
            )
    session.commit()
    sign_in(client, session, Role.SUPERVISOR)
    rows = client.get("/desk/figures.csv?from=2026-12-01&until=2026-12-02").text.splitlines()
    assert [row.split(",")[-2:] for row in rows[1:]] == [["3", "90"], ["0", ""]]
    assert "90 minutes" in client.get("/desk/figures?lang=en").text


def test_somebody_in_danger_is_counted_until_it_is_seen_to(
    runtime_for: Callable[[str], Runtime],
    client_for: ClientFor,
    session_for: SessionFor,
    make_key: Callable[..., dict[str, str]],
) -> None:
    session, client = session_for("intake"), one_desk(runtime_for, client_for)
    sign_in(client, session, Role.SUPERVISOR)
    none = client.get("/desk/figures?lang=en").text
    client.post(
        "/v1/advice-requests", json=question(danger=True), headers=make_key("intake", "requests:write")
    )
    one = client.get("/desk/figures?lang=en").text
    assert "wz-box--danger" not in none
    assert "wz-box--danger" in one


def test_an_adviser_does_not_open_the_figures(client_for: ClientFor, session_for: SessionFor) -> None:
    session, client = session_for("intake"), client_for("intake")
    sign_in(client, session, Role.ADVISER)
    assert client.get("/desk/figures").status_code == 403
