"""What no page would send, and a script does: each is told what is wrong, and nothing of it is kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlmodel import Session

from services.intake.calls import commands
from services.intake.calls.commands import records
from services.intake.calls.tables import Call, CallBack, Flag, Sending
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from tests.conftest import MORNING
from tests.kit.desk import press
from tests.kit.staff import sign_in

SERVICE = "5f0c2c0e-6f5e-4b43-9c39-0c9f0e8d2f11"
GOOD = {"about": "self", "audience": "carer", "outcomes": ["call-back"], "back_when": "other"}
NO_TIME = {"elsewhere": "10:00+02:00", "past midnight": "24:00", "words": "tien uur", "bare": "1000"}
PROMISED = {"back_day": "2026-12-02", "back_from": "10:00", "back_to": "12:00"}


@pytest.fixture
def path(client: TestClient, session: Session) -> str:
    """The page of a call that is written down, in which a service was named."""
    call = commands.ring(session, "a", "0612345678", "+31201234567", MORNING)
    me: UUID = sign_in(client, session)
    signed = Signed(me, "Noor", frozenset({Role.ADVISER}), me, "", is_stepped_up=True)
    records.take(session, call.id, signed, at=MORNING)
    records.name_service(session, call.id, SERVICE, "Exodus", "+31201234567", signed)
    return f"/desk/calls/{call.id}"


def send(client: TestClient, path: str, do: str, **fields: Any) -> Any:
    return press(client, path, client.get(path).text, do=do, tab="a", **fields)


@pytest.mark.parametrize("written", NO_TIME.values(), ids=NO_TIME)
@pytest.mark.parametrize("field", ["safe_from", "safe_to"])
def test_a_time_that_is_none_is_neither_promised_nor_sent(
    field: str, written: str, client: TestClient, session: Session, path: str
) -> None:
    """What is kept of it is read by others, who would stumble over it again and again."""
    answer = send(client, path, "finalise", **GOOD, **PROMISED, **{field: written})
    assert answer.status_code == 400
    to_send = {"send_yes": "yes", "send_channel": "sms", field: written}
    assert send(client, path, f"send:{SERVICE}", **to_send).status_code == 400
    assert session.scalars(select(CallBack)).all() == []
    assert session.scalars(select(Sending)).all() == []


def test_a_flag_for_ever_is_none(client: TestClient, session: Session, path: str) -> None:
    page = client.get(f"{path}/caller").text
    for ends in ("9999-12-31", "0001-01-01"):
        answer = press(client, f"{path}/flags", page, kind="warning", why="Roept.", ends=ends)
        assert answer.status_code == 400
    assert session.scalars(select(Flag)).all() == []


def test_a_version_of_thousands_of_digits_is_none_of_ours(
    client: TestClient, session: Session, path: str
) -> None:
    sent = {"version": "9" * 5000, "notes": "Belt over zijn vader."}
    assert send(client, path, "keep", **sent).status_code == 303
    assert "zijn vader" in str(session.scalars(select(Call)).one().draft)


def test_a_time_that_is_one_is_promised(client: TestClient, session: Session, path: str) -> None:
    good = GOOD | PROMISED | {"safe_from": "09:00", "safe_to": "17:00"}
    assert send(client, path, "finalise", **good).status_code == 303
    assert session.scalars(select(CallBack)).one().safe_times[0]["from"] == "09:00"
