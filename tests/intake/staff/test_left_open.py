"""A page that was left open asks on by itself, and keeps nobody signed in by that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlmodel import Session, col

from services.intake.calls import commands as calls
from services.intake.calls.commands import records
from services.intake.calls.tables import Way
from services.intake.staff.rules import IDLE, Signed
from services.intake.staff.tables import Role, StaffSession
from shared.clock import FixedClock
from shared.desk.items import open_items
from tests.conftest import MORNING
from tests.intake.desk.desk import put
from tests.kit.staff import form_token, sign_in


def long_ago() -> datetime:
    """Return when a session was in use last that ends in five minutes."""
    return datetime.now(UTC) - IDLE + timedelta(minutes=5)


@pytest.fixture
def asks(client: TestClient, session: Session) -> Callable[[str, str], bool]:
    """What a page asks by itself, and whether that counted as use of the session."""
    me = sign_in(client, session)
    put(session, MORNING)
    [item] = open_items(session)
    signed = Signed(me, "Noor", frozenset({Role.ADVISER}), me, "", is_stepped_up=True)
    # It came by post, so that no call goes on.
    call = records.begin(session, Way.POST, signed, at=MORNING - timedelta(hours=9))
    form = form_token(client.get("/desk/calls").text)

    def ask(what: str, touched: str) -> bool:
        before = long_ago()
        session.execute(update(StaffSession).values(seen_at=before))
        session.commit()
        end = f"?touched={touched}" if touched else ""
        if what == "here":
            answer = client.post(f"/desk/items/intake/{item.id}/here{end}", data={"form": form})
        elif what == "draft":
            answer = client.post(f"/desk/calls/{call.id}/draft{end}", data={"form": form, "tab": "a"})
        elif what == "refused":
            answer = client.get(f"/desk/people{end}")
        else:
            answer = client.get(f"/desk/calls{'/ringing' if what == 'ringing' else ''}{end}")
        assert answer.status_code == (403 if what == "refused" else 200), answer.text
        return bool(session.execute(select(col(StaffSession.seen_at))).scalar_one() > before)

    return ask


@pytest.mark.parametrize("what", ["here", "draft", "ringing", "list", "refused"])
def test_what_a_page_asks_by_itself_is_no_use_of_the_session(
    what: str, asks: Callable[[str, str], bool]
) -> None:
    assert not asks(what, "no")


@pytest.mark.parametrize("what", ["here", "ringing"])
def test_a_page_that_does_not_say_whether_somebody_is_there_does_not_count(
    what: str, asks: Callable[[str, str], bool]
) -> None:
    assert not asks(what, "")


@pytest.mark.parametrize("what", ["here", "draft", "ringing", "list"])
def test_whoever_touches_the_page_stays_signed_in(what: str, asks: Callable[[str, str], bool]) -> None:
    assert asks(what, "yes")


def test_while_a_call_goes_on_whoever_listens_stays_signed_in(client: TestClient, session: Session) -> None:
    sign_in(client, session)
    now = datetime.now(UTC)
    call = calls.ring(session, "a", "0612345678", "+31201234567", MORNING)
    form = form_token(client.get("/desk/calls").text)
    client.post(f"/desk/calls/{call.id}/taken", data={"form": form})
    session.execute(update(StaffSession).values(seen_at=long_ago()))
    session.commit()
    client.post(f"/desk/calls/{call.id}/draft?touched=no", data={"form": form, "tab": "a"})
    assert session.execute(select(col(StaffSession.seen_at))).scalar_one() >= now


def test_a_call_that_nobody_ends_keeps_a_page_that_was_left_signed_in_for_two_hours_and_no_longer(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    sign_in(client, session)
    form = form_token(client.get("/desk/calls").text)
    begun = client.post("/desk/calls", data={"form": form}).headers["location"]
    for passed, stays in ((timedelta(minutes=119), True), (timedelta(minutes=1), False)):
        clock.advance(passed)
        before = long_ago()
        session.execute(update(StaffSession).values(seen_at=before))
        session.commit()
        answer = client.post(f"{begun}/draft?touched=no", data={"form": form, "tab": "a"})
        assert answer.status_code == 200
        seen: datetime = session.execute(select(col(StaffSession.seen_at))).scalar_one()
        assert (seen > before) is stays


def test_every_script_that_asks_again_and_again_says_whether_somebody_is_there() -> None:
    scripts = [one for one in (files("shared.web") / "static").iterdir() if one.name.endswith(".js")]
    again = {one.name for one in scripts if "setInterval" in one.read_text()}
    assert again == {"calls.js", "here.js"}
    assert all("touched=" in one.read_text() for one in scripts if one.name in again)
