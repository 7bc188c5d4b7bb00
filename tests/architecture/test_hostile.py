"""Whatever a script sends to a page of the desk, it is answered: nothing of it is an error of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlmodel import Session, col

from services.intake.calls import commands as calls
from services.intake.calls.commands import callers, records
from services.intake.calls.tables import CallBack, Flag, FlagKind
from services.intake.conversations import commands_templates
from services.intake.desk.item_pages import DEEDS
from services.intake.staff.framing import FORM
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role, StaffSession
from shared.desk.items import open_items
from shared.runtime import Runtime
from shared.web import forms
from tests.conftest import MORNING
from tests.intake.conversations.asked import Asked
from tests.intake.desk.desk import put
from tests.kit.routes import routes, ways
from tests.kit.staff import sign_in

# The names of all fields of the desk's forms, and of what stands in its addresses.
FIELDS = re.findall(
    r"\S+",
    """
    about action address again ages anyway audience back_day back_from back_number back_say back_to back_when
    begins channel child_age_bands closes code colleague country credential current day do email ends
    from_day from_time how kind language message name needs next note notes number NL-0 outcomes over
    password phone postcode proof q question result roles safe_days safe_from safe_to send_channel send_to
    send_yes shown stage sure tab telephone template text time to until until_day until_time urgency version
    wanted way what who why why-nl
    """,
)
ASKED = re.findall(
    r"\S+",
    "about cursor day deed done from groups key left look next page record said sent shown sure until who",
)
# Too long for a number, too late and too early for a calendar, a time with a zone, signs that no text holds.
HOSTILE = {
    "digits": "9" * 1000,
    "the last day": "9999-12-31",
    "the first moment": "0001-01-01T00:00:00+14:00",
    "a time elsewhere": "10:00+02:00",
    "signs": "\x0b\x1b\u202e{0.__class__}%s=1+1<b>\U0001f600",
}
TAG = "<b>\U0001f600"
# These end the session, or the person, that the others need.
ENDS = ("/desk/sign-out", "/desk/me/sessions/end-others", "/desk/calls/{call_id}/taken")
MEANT = {"kind": "warning", "do": "finalise", "audience": "carer", "outcomes": ["call-back"], "about": "self"}
MEANT |= {
    "back_when": "other",
    "back_day": "2026-12-02",
    "back_from": "10:00",
    "back_to": "12:00",
    "postcode": "",
}


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def there(
    client: TestClient, session_for: Callable[[str], Session], make_key: Callable[..., dict[str, str]]
) -> dict[str, str]:
    """Somebody with every role, and something of each kind that a page is about."""
    session = session_for("intake")
    me = sign_in(client, session, *Role)
    signed = Signed(me, "Noor", frozenset(Role), me, "", is_stepped_up=True)
    call = calls.ring(session, "a", "0612345678", "+31201234567", MORNING)
    records.take(session, call.id, signed, at=MORNING)
    callers.flag(session, call.id, FlagKind.WARNING, "Roept.", MORNING.replace(day=2), signed, at=MORNING)
    calls.ring(session, "b", "0612345679", "+31201234567", MORNING)
    calls.hang_up(session, "b", None, MORNING)
    put(session, MORNING)
    template = commands_templates.keep(session, None, "Dag", "nl", "Dag.", by=me, at=MORNING)
    asked = Asked(client, make_key("intake", "requests:write"))
    return {
        "form": forms.new_token(FORM, str(session.scalars(select(col(StaffSession.id))).one())),
        "call_id": str(call.id),
        "flag_id": str(session.scalars(select(col(Flag.id))).one()),
        "back_id": str(session.scalars(select(col(CallBack.id))).one()),
        "item_id": str(next(one.id for one in open_items(session) if one.kind == "something")),
        "template_id": str(template.template_id),
        "reference": asked.reference,
        "service": "intake",
        "country": "NL",
        "kind": "call",
        "id": str(call.id),
    }


def addresses(path: str, there: dict[str, str]) -> Iterator[str]:
    """The page with what is there in its address; of several deeds each."""
    for deed in DEEDS if "/items/" in path else ("ask", "note", "accept"):
        known = there | {"deed": deed}
        yield re.sub(r"{(\w+)}", partial(_known, known), path)
        if "{deed}" not in path:
            return


def _known(known: dict[str, str], place: re.Match[str]) -> str:
    return known.get(place[1], str(uuid4()))


@pytest.mark.parametrize("written", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_sent_to_a_page_of_the_desk_is_answered(
    written: str, client: TestClient, there: dict[str, str], runtime_for: Callable[[str], Runtime]
) -> None:
    failed = []
    for (path, method), _ in ways(routes(runtime_for, "intake")).items():
        for address in addresses(path, there) if path not in ENDS else ():
            for meant in ({}, MEANT) if method == "POST" else ({},):
                answer = _send(client, method, address, written, there["form"], meant)
                if answer.status_code == 500 or is_taken_for_a_page(answer):
                    failed.append((method, path, bool(meant)))
    assert failed == []
    assert client.get("/desk/me").status_code == 200, "the session was lost on the way"


def test_whatever_is_kept_of_it_is_shown_as_words(
    client: TestClient, there: dict[str, str], runtime_for: Callable[[str], Runtime]
) -> None:
    """Sent to every form first, so that what one of them keeps stands on the pages of another."""
    pages = [way for way in ways(routes(runtime_for, "intake")) if way[0] not in ENDS]
    forms_there = [path for path, method in pages if method == "POST"]
    for path in forms_there:
        for address in addresses(path, there):
            for meant in ({}, MEANT, {"do": "keep"}, {"do": "send"}, {"action": "take"}, {"deed": "note"}):
                _send(client, "POST", address, TAG, there["form"], meant)
    shown = [
        (path, client.get(address))
        for path, method in pages
        if method == "GET"
        for address in addresses(path, there)
    ]
    assert [path for path, answer in shown if is_taken_for_a_page(answer)] == []
    kept = {path for path, answer in shown if escape(TAG) in answer.text}
    assert {"/desk/items/{service}/{item_id}", "/desk/calls/{call_id}"} <= kept


def is_taken_for_a_page(answer: Any) -> bool:
    """Whether a browser would read as a part of the page what somebody wrote."""
    return TAG in answer.text and "text/html" in answer.headers.get("content-type", "")


def _send(client: TestClient, method: str, address: str, written: str, form: str, meant: Any) -> Any:
    if method == "POST":
        return client.post(address, data=dict.fromkeys(FIELDS, written) | meant | {"form": form})
    return client.get(address, params=dict.fromkeys(ASKED, written))
