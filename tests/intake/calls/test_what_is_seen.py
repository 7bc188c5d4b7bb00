"""What the page of a call puts before an adviser, so that little is left to press."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from shared.events.searching import ServiceFound
from shared.runtime import Runtime
from tests.intake.calls.taking import send, taken
from tests.kit.guidance import told
from tests.kit.peers import fake

pytestmark = pytest.mark.usefixtures("at_the_desk")
NL = {"Accept-Language": "nl"}


def service(name: str, country: str) -> ServiceFound:
    return ServiceFound(id=uuid4(), name=name, organisation=name, what="", phone="070 1", country=country)


@pytest.mark.parametrize(("country", "first"), [("", "Exodus"), ("NL", "Exodus"), ("BE", "Awel")], ids=str)
def test_help_in_the_callers_own_country_comes_first(
    country: str,
    first: str,
    client: TestClient,
    session: Session,
    runtime_for: Callable[[str], Runtime],
) -> None:
    found = [service("Awel", "BE"), service("Exodus", "NL")]
    fake(runtime_for("intake"), "referral").services = found
    path = taken(client, session)
    send(client, path, q="e", country=country)
    shown = client.get(f"{path}?look=1").text.split('id="results"')[1]
    assert re.findall(r"<strong>(Awel|Exodus)", shown)[0] == first


@pytest.mark.parametrize(
    ("number", "chosen"), [("0612345678", True), ("0201234567", False), ("", False)], ids=str
)
def test_a_text_is_chosen_already_where_one_can_go_to_the_number(
    number: str,
    chosen: bool,
    client: TestClient,
    session: Session,
    runtime_for: Callable[[str], Runtime],
) -> None:
    exodus = service("Exodus", "NL")
    fake(runtime_for("intake"), "referral").services = [exodus]
    path = taken(client, session, number=number)
    send(client, path, f"name:{exodus.id}", q="exodus")
    sms = re.search(r'<input[^>]*name="send_channel"[^>]*value="sms"[^>]*>', client.get(path).text)
    assert sms
    assert ("checked" in sms[0]) is chosen


def test_what_is_left_of_today_is_promised_as_such(client: TestClient, session: Session) -> None:
    """It is ten o'clock, and the desk opened at nine."""
    page = client.get(taken(client, session), headers=NL).text
    assert "vandaag, tot 12:30 uur" in page
    assert "vandaag 13:00–17:00" in page
    assert "vandaag 09:00" not in page


@pytest.mark.parametrize("number", ["0612345678", "anonymous"])
def test_of_a_silent_call_nothing_is_offered_that_was_not_kept(
    number: str, client: TestClient, session: Session
) -> None:
    path = taken(client, session, number=number)
    send(client, path, "no-talk-yes:silent", notes="")
    page = client.get(path).text
    assert "/revealed" not in page


def test_what_is_sought_in_a_call_is_sought_in_the_guidance_too(
    client: TestClient, session: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    fake(runtime_for("intake"), "referral").services = []
    path = taken(client, session)
    send(client, path, q="lesmateriaal")
    told(client)
    shown = client.get(f"{path}?look=1", headers=NL).text.split('id="results"')[1]
    assert "/guidance/lesmateriaal-om-te-printen" in shown
    assert shown.count('target="_blank"') <= 3
