"""Passkeys in a real browser: made and shown by keyboard alone, with an authenticator of Chromium's own."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import CDPSession, Page
from sqlalchemy import delete, update

from services.intake.staff.commands import add, setup_link
from services.intake.staff.tables import Passkey, Role, StaffSession
from shared.runtime import Runtime
from tests.browser.fitting import is_fit
from tests.browser.visitor import Visitor
from tests.conftest import MORNING

pytestmark = pytest.mark.browser
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def here(visitor: Visitor, runtime_for: Callable[[str], Runtime]) -> str:
    """The address of intake by name: no browser gives a passkey to a bare address."""
    address = visitor.site("intake").replace("127.0.0.1", "localhost")
    runtime_for("intake").settings.public_url_intake = address
    return address


@pytest.fixture
def device(page: Page) -> tuple[CDPSession, str]:
    talk = page.context.new_cdp_session(page)
    talk.send("WebAuthn.enable")
    made = talk.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return talk, str(made["authenticatorId"])


def link(visitor: Visitor) -> str:
    with visitor.session("intake") as session:
        person = add(session, "Lies", "lies@centre.example", [Role.OPERATOR], at=MORNING)
        token = setup_link(session, person)
        session.commit()
    return f"/desk/set-up/{token}"


def press(page: Page) -> None:
    """Press the passkey's button by keyboard."""
    page.focus("#passkey")
    page.keyboard.press("Enter")


def test_somebody_makes_a_passkey_and_comes_back_with_it_by_keyboard_alone(
    visitor: Visitor, here: str, device: tuple[CDPSession, str]
) -> None:
    page, said = visitor.page, []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.goto(here + link(visitor))
    is_fit(page)
    press(page)
    page.wait_for_url("**/desk/people*")
    page.goto(here + "/desk/me")
    assert page.locator("input[name=name]").first.input_value() != ""
    is_fit(page)
    page.focus("header form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/sign-in*")
    is_fit(page)
    press(page)
    page.wait_for_url("**/desk/people*")
    with visitor.session("intake") as session:
        session.execute(update(StaffSession).values(stepped_up_at=None))
        session.commit()
    page.goto(here + "/desk/step-up?next=/desk/me")
    is_fit(page)
    assert page.locator("#proof").count() == 0, "she has no password"
    press(page)
    page.wait_for_url(lambda url: urlsplit(url).path == "/desk/me")
    # The device has one of hers already, and says so.
    press(page)
    page.locator("main [data-wrong]", has_text="Op dit apparaat").wait_for()
    assert said == []


def test_whoever_proved_it_too_long_ago_goes_to_prove_it_first(
    visitor: Visitor, here: str, device: tuple[CDPSession, str]
) -> None:
    page = visitor.page
    page.goto(here + link(visitor))
    press(page)
    page.wait_for_url("**/desk/people*")
    page.goto(here + "/desk/me")
    with visitor.session("intake") as session:
        session.execute(update(StaffSession).values(stepped_up_at=None))
        session.commit()
    press(page)
    page.wait_for_url("**/desk/step-up?next=/desk/me*")
    press(page)
    page.wait_for_url(lambda url: urlsplit(url).path == "/desk/me")


def test_a_device_that_does_not_know_its_user_is_told_in_words(
    visitor: Visitor, here: str, device: tuple[CDPSession, str]
) -> None:
    page, (talk, which) = visitor.page, device
    page.goto(here + link(visitor))
    press(page)
    page.wait_for_url("**/desk/people*")
    page.context.clear_cookies()
    talk.send("WebAuthn.setUserVerified", {"authenticatorId": which, "isUserVerified": False})
    page.goto(here + "/desk/sign-in")
    press(page)
    page.locator("main [data-wrong]", has_text="Dit ging niet door").wait_for()
    assert urlsplit(page.url).path == "/desk/sign-in"
    is_fit(page)


def test_one_that_we_do_not_know_is_told_in_words(
    visitor: Visitor, here: str, device: tuple[CDPSession, str]
) -> None:
    page = visitor.page
    page.goto(here + link(visitor))
    press(page)
    page.wait_for_url("**/desk/people*")
    page.context.clear_cookies()
    with visitor.session("intake") as session:
        session.execute(delete(Passkey))
        session.commit()
    page.goto(here + "/desk/sign-in")
    press(page)
    page.wait_for_selector("#mistakes")
    is_fit(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#passkey"


def test_without_scripts_nobody_is_offered_what_does_not_work(
    page_without_javascript: Page, here: str
) -> None:
    page_without_javascript.goto(here + "/desk/sign-in")
    assert page_without_javascript.locator("#passkey").is_visible() is False
    assert page_without_javascript.locator("#password").is_visible()
