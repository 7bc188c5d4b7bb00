"""A call as an adviser takes it who has no hand free for a mouse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlmodel import Session, select

from services.intake.calls import commands, form
from services.intake.calls.tables import Call, CallBack, CallState
from services.intake.staff import access, sessions
from services.intake.staff.commands import add
from services.intake.staff.tables import Role
from shared.events.searching import ServiceFound
from shared.runtime import Runtime
from tests.browser.conftest import NARROW
from tests.browser.visitor import STICKS_OUT
from tests.conftest import MORNING
from tests.kit.peers import fake

pytestmark = pytest.mark.browser
NUMBER = "06 12 34 56 78"
FOCUSED = """([selector]) => {
    const wanted = [...document.querySelectorAll(selector)].find((one) => one.offsetParent !== null);
    const now = document.activeElement;
    return now === wanted || (now?.type === "radio" && now.name === wanted?.name);
}"""


@dataclass
class Adviser:
    """Who takes calls in one tab. `did` are the answers that they gave and the buttons that they pressed."""

    page: Page
    address: str
    runtime: Runtime
    did: int = 0

    def session(self) -> Session:
        return self.runtime.sessions()

    def go(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def to(self, selector: str) -> None:
        """Go to a field with the Tab key alone."""
        for _ in range(150):
            if self.page.evaluate(FOCUSED, [selector]):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the Tab key does not lead to {selector}")

    def press(self, selector: str) -> None:
        """Press a button, and see what follows."""
        self.to(selector)
        with self.page.expect_event("load"):
            self.page.keyboard.press("Enter")
        self.did += 1

    def tick(self, selector: str) -> None:
        self.to(selector)
        self.page.keyboard.press("Space")
        self.did += 1

    def choose(self, name: str, value: str) -> None:
        """Choose one of several with the arrow keys."""
        self.to(f"input[name={name}]")
        self.page.keyboard.press("Space")
        for _ in range(12):
            if self.page.is_checked(f"input[name={name}][value='{value}']"):
                break
            self.page.keyboard.press("ArrowDown")
        self.did += 1

    def types(self, selector: str, words: str) -> None:
        self.to(selector)
        self.page.keyboard.type(words)
        self.did += 1

    def call(self) -> Call:
        with self.session() as session:
            return session.exec(select(Call)).one()


@pytest.fixture
def noor(page: Page, site: Callable[[str], str], runtime_for: Callable[[str], Runtime]) -> Adviser:
    address, runtime = site("intake"), runtime_for("intake")
    with runtime.sessions() as session:
        person = add(session, "Noor", "noor@centre.example", [Role.ADVISER], at=MORNING)
        token = sessions.begin(session, person, means="link")
        session.commit()
    page.context.add_cookies([{"name": access.COOKIE, "value": token, "url": address}])
    return Adviser(page, address, runtime)


def rings(noor: Adviser) -> str:
    with noor.session() as session:
        return str(commands.ring(session, "a", NUMBER, "+31201234567", MORNING).id)


def takes(noor: Adviser) -> str:
    path = f"/desk/calls/{rings(noor)}"
    noor.go(path)
    noor.page.click("main form button >> nth=0")
    noor.page.wait_for_load_state()
    return path


def kept(noor: Adviser) -> str:
    """What is kept of the notes, on the server."""
    call = noor.call()
    return form.of_draft(call).notes


def test_a_call_is_taken_by_keyboard_from_ring_to_end_in_twelve_actions_on_one_address(
    noor: Adviser,
) -> None:
    fake(noor.runtime, "referral").services = [
        ServiceFound(id=uuid4(), name="Exodus", organisation="Exodus", what="Bezoek", phone="070 1")
    ]
    id = rings(noor)
    noor.go("/desk/calls")
    noor.press(f"form[action$='/{id}/taken'] button")
    noor.choose("about", "another")
    noor.choose("audience", "carer")
    noor.tick("input[name=needs][value=bezoek]")
    noor.types("#q", "exodus")
    noor.press("#q")
    noor.press("#results button")
    noor.tick("input[name=outcomes][value=referred]")
    noor.tick("input[name=outcomes][value=call-back]")
    slot = noor.page.locator("input[name=back_when]").nth(1).get_attribute("value")
    assert slot
    noor.choose("back_when", slot)
    assert urlsplit(noor.page.url).path == f"/desk/calls/{id}"
    noor.press("button[value=finalise]")

    expect(noor.page.locator("button[value=finalise]")).to_have_count(0)
    call = noor.call()
    assert (call.state, call.outcomes) == (CallState.FINALISED, ["referred", "call-back"])
    assert [one["name"] for one in call.services] == ["Exodus"]
    with noor.session() as session:
        assert session.exec(select(CallBack)).one().number == "+31612345678"
    assert urlsplit(noor.page.url).path == f"/desk/calls/{id}"
    assert noor.did <= 12


def test_a_silent_call_is_closed_without_looking_for_the_button(noor: Adviser) -> None:
    takes(noor)
    noor.press("button[value='no-talk:silent']")
    expect(noor.page.locator("button[value='no-talk-yes:silent']")).to_be_focused()
    with noor.page.expect_event("load"):
        noor.page.keyboard.press("Enter")
    assert noor.call().no_talk == "silent"


def test_whom_to_call_stands_there_as_soon_as_danger_is_ticked(noor: Adviser) -> None:
    takes(noor)
    numbers = noor.page.locator(".wz-urgent-numbers")
    expect(numbers).to_be_hidden()
    noor.tick("#danger")
    expect(numbers).to_be_visible()
    expect(numbers).to_contain_text("112")


def test_a_ring_shows_by_itself_and_one_key_takes_the_call(noor: Adviser) -> None:
    noor.go("/desk/calls")
    id = rings(noor)
    expect(noor.page.locator(f"form[action$='/{id}/taken'] button")).to_be_focused()
    noor.page.keyboard.press("Enter")
    expect(noor.page.locator("#first-minute")).to_be_visible()


def test_what_is_typed_is_kept_without_pressing_anything(noor: Adviser) -> None:
    takes(noor)
    noor.page.locator("#notes").press_sequentially("Oma zoekt een bezoekdag")
    expect(noor.page.locator("#draft-state")).to_have_text("Bewaard.")
    assert "Oma" in kept(noor)


def test_without_javascript_a_button_keeps_it(noor: Adviser, page_without_javascript: Page) -> None:
    page_without_javascript.context.add_cookies(noor.page.context.cookies())  # type: ignore[arg-type]
    noor.page = page_without_javascript
    takes(noor)
    noor.page.fill("#notes", "Oma")
    noor.page.click("button[value=keep]")
    expect(noor.page.locator("#notes")).to_have_value("Oma")
    assert kept(noor) == "Oma"


@pytest.mark.parametrize("choice", ["take that", "keep mine"])
def test_of_two_tabs_neither_writes_over_the_other_unseen(noor: Adviser, choice: str) -> None:
    path = takes(noor)
    other = noor.page.context.new_page()
    other.goto(f"{noor.address}{path}")
    noor.page.fill("#notes", "Uit de eerste tab")
    expect(noor.page.locator("#draft-state")).to_have_text("Bewaard.")

    other.fill("#notes", "Uit de tweede tab")
    expect(other.locator("#changed")).to_be_visible()
    assert kept(noor) == "Uit de eerste tab"

    other.click("#changed a" if choice == "take that" else "#changed button")
    other.wait_for_load_state()
    chosen = "Uit de eerste tab" if choice == "take that" else "Uit de tweede tab"
    expect(other.locator("#notes")).to_have_value(chosen)
    expect(other.locator("#changed")).to_be_hidden()
    assert kept(noor) == chosen


def test_after_signing_in_again_the_draft_is_there(noor: Adviser) -> None:
    path = takes(noor)
    noor.page.fill("#notes", "Tot hier")
    expect(noor.page.locator("#draft-state")).to_have_text("Bewaard.")
    with noor.session() as session:
        sessions.end_all(session, noor.call().adviser or uuid4())
        session.commit()
    noor.page.fill("#notes", "Tot hier en verder")
    expect(noor.page.locator("#draft-state")).to_contain_text("Je bent afgemeld")

    with noor.session() as session:
        person = add(session, "Noor", "noor@centre.example", [Role.ADVISER], at=MORNING)
        token = sessions.begin(session, person, means="link")
        session.commit()
    noor.page.context.add_cookies([{"name": access.COOKIE, "value": token, "url": noor.address}])
    noor.go(path)
    expect(noor.page.locator("#notes")).to_have_value("Tot hier")


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
@pytest.mark.parametrize("what", ["calls", "call", "caller", "question", "call-backs", "call-back", "over"])
def test_whoever_listens_to_these_pages_or_has_a_small_screen_can_use_them(
    noor: Adviser, what: str, language: str
) -> None:
    path = takes(noor)
    with noor.session() as session:
        commands.ring(session, "b", NUMBER, None, MORNING)
        commands.hang_up(session, "b", None, MORNING)
        back = session.exec(select(CallBack)).one().id
    noor.page.click("button[value=keep]")
    where = {
        "calls": "/desk/calls",
        "call": path,
        "caller": f"{path}/caller",
        "question": f"{path}/question",
        "call-backs": "/desk/call-backs",
        "call-back": f"/desk/call-backs/{back}",
        "over": path,
    }
    if what == "over":
        noor.page.click("button[value='no-talk:silent']")
        noor.page.click("button[value='no-talk-yes:silent']")
    noor.go(f"{where[what]}?lang={language}")
    found = Axe().run(noor.page)
    assert found.violations_count == 0, found.generate_report()
    noor.page.set_viewport_size(NARROW)
    assert noor.page.evaluate(STICKS_OUT) == []
    assert noor.page.locator("h1").count() == 1
    assert noor.page.locator(".wz-leave").count() == 0
