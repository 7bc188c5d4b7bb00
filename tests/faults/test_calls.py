"""kill -9 of intake while an adviser types: at most the last two seconds are lost."""

from __future__ import annotations

import hashlib
import json
import math
import secrets
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Page, Request, expect, sync_playwright

from services.intake.staff.access import COOKIE
from tests.browser.conftest import ARGUMENTS, NAMES
from tests.faults.disaster import kill_all, note
from tests.kit.system import System, eventually

pytestmark = pytest.mark.browser
LOST_AT_MOST, TYPES_FOR = 2.0, 4.5
TYPED = "Oma belt over haar kleinzoon en vraagt hoe een bezoek gaat, en wat zij hem vooraf kan vertellen. "


@pytest.fixture
def tab(system: System) -> Iterator[Page]:
    """A browser in which an adviser of this installation is signed in."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("Chromium is not installed here (apt install chromium-headless-shell)")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=ARGUMENTS)
        context = browser.new_context(locale="nl-NL")
        context.add_cookies([{"name": COOKIE, "value": session_of(system), "url": system.url("intake")}])
        yield context.new_page()
        browser.close()


def session_of(system: System) -> str:
    """Sign somebody in, behind everybody's back."""
    token, person, now = secrets.token_urlsafe(32), uuid4(), datetime.now(UTC)
    url = note(system)["WEERZIEN_DATABASE_URL"].replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO intake.staff (id, name, email, email_index, roles, created_at)"
            " VALUES (%s, 'Noor', '', '', '{adviser}', %s)",
            (person, now),
        )
        connection.execute(
            "INSERT INTO intake.staff_sessions"
            " (id, token_hash, person_id, began_at, seen_at, ends_at, means, browser)"
            " VALUES (%s, %s, %s, %s, %s, %s, 'link', '')",
            (uuid4(), hashlib.sha256(token.encode()).digest(), person, now, now, now + timedelta(hours=12)),
        )
    return token


def test_what_was_typed_more_than_two_seconds_before_intake_died_is_there(system: System, tab: Page) -> None:
    tab.goto(f"{system.url('intake')}/desk/calls")
    tab.click("button[value=telephone]")
    notes, written = tab.locator("#notes"), list[float]()
    sent, slowest = dict[Request, float](), [0.0]
    tab.on("request", lambda one: sent.update({one: time.monotonic()}))
    tab.on("requestfinished", lambda one: slowest.append(time.monotonic() - sent.get(one, math.inf)))
    expect(notes).to_be_visible()
    notes.focus()
    until = time.monotonic() + TYPES_FOR
    while time.monotonic() < until:
        tab.keyboard.type(TYPED[len(written) % len(TYPED)])
        written.append(time.monotonic())
        tab.wait_for_timeout(60)
    killed = time.monotonic()
    kill_all(system, "web-intake")
    address, cookies = tab.url, tab.context.cookies()
    tab.context.set_offline(True)  # nothing more comes from this tab
    typed = notes.input_value()

    other = tab.context.browser.new_context(locale="nl-NL")  # type: ignore[union-attr]
    other.add_cookies(cookies)  # type: ignore[arg-type]
    again = other.new_page()
    eventually(lambda: answers(again, address), what="intake, which came back")
    kept = again.input_value("#notes")

    assert typed.startswith(kept), json.dumps([typed, kept])
    lost = written[len(kept) :]
    # A busy machine takes its time to answer, which is no fault of the page.
    at_most = LOST_AT_MOST + max(slowest)
    assert all(killed - at < at_most for at in lost), (killed - lost[0], at_most)


def answers(tab: Page, address: str) -> bool:
    try:
        answer = tab.goto(address)
    except Exception:  # the web process is not there yet
        return False
    return answer is not None and answer.ok
