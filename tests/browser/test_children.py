"""A child at a telephone that others look at: it asks, reads, leaves, and nothing tells that it was there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Response, expect

from services.intake.children import pages
from tests.browser.childhood import ANSWER
from tests.browser.conftest import NARROW
from tests.browser.visiting import SENSITIVE
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
OUT = "https://www.buienradar.nl/"
FIELDS = "[...document.querySelectorAll('textarea, input[type=text]')]"
TYPED = f"JSON.stringify({FIELDS}.map(one => one.value).filter(Boolean))"
STORED = "JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie])"


def _context(browser: Browser, *, scripts: bool) -> BrowserContext:
    """A telephone that keeps pages in memory for the Back key. The way out leads nowhere from here."""
    context = browser.new_context(viewport=NARROW, locale="nl-NL", java_script_enabled=scripts)
    context.set_default_timeout(20_000)
    return context


@pytest.fixture
def page(remembering: Browser) -> Iterator[Page]:
    context = _context(remembering, scripts=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def without_scripts(visitor: Visitor, remembering: Browser) -> Iterator[Visitor]:
    context = _context(remembering, scripts=False)
    yield Visitor(context.new_page(), visitor.site, visitor.runtime_for)
    context.close()


@pytest.fixture(params=["with scripts", "without scripts"])
def child(request: pytest.FixtureRequest, visitor: Visitor) -> Visitor:
    plain: Visitor = request.getfixturevalue("without_scripts")
    return visitor if request.param == "with scripts" else plain


def go_out(page: Page) -> None:
    with page.expect_request(OUT):
        page.click(".wz-leave", no_wait_after=True)
    _there(page)


def _there(page: Page) -> None:
    """Wait until the page of others has come, or would have where there is a way to it."""
    expect(page).to_have_url(re.compile("buienradar|chrome-error"))


def press_back(page: Page) -> None:
    """Press the Back key. What was not kept, and what nobody answers for, is no page."""
    with suppress(Error):
        page.go_back(wait_until="commit")


def what_is_seen(page: Page) -> str:
    """Return what stands on the page and in its fields, once there is one that stays."""
    while True:
        page.wait_for_load_state()
        with suppress(Error):  # it leads on at this moment
            return str(page.content()) + str(page.evaluate(TYPED))


def test_a_child_asks_and_reads_an_answer_with_two_pages_and_four_inputs(child: Visitor) -> None:
    shown_at: set[str] = set()
    child.page.on("response", lambda answer: shown_at.update(_shown(answer)))
    shown = child.child_here()
    child.answer_child()
    go_out(child.page)
    child.child_comes_back(shown)
    expect(child.page.locator("main")).to_contain_text(ANSWER)
    assert shown_at - {"/hallo/dag"} == {"/hallo", "/hallo/hier"}
    child.child_door()
    filled = child.page.locator("main :is(textarea, input:not([type=hidden], [type=checkbox]))")
    names = {one.get_attribute("name") for one in filled.all()}
    assert names == {"text", "age", "country", "words"}


def _shown(answer: Response) -> set[str]:
    path = urlsplit(answer.url).path
    return {path} if path.startswith("/hallo") and answer.status == 200 else set()


@pytest.mark.parametrize("where", ["the door", "the five words", "the answer"])
def test_back_after_leaving_shows_nothing_that_was_typed_or_read(child: Visitor, where: str) -> None:
    shown = ""
    if where == "the answer":
        shown = child.child_answered()
    elif where == "the five words":
        child.child_words()
        shown = child.words()
    else:
        child.child_fills_in()
    go_out(child.page)
    for _ in range(3):
        press_back(child.page)
        seen = what_is_seen(child.page)
        for secret in (SENSITIVE[:16], ANSWER, *(one for one in shown.split() if len(one) > 6)):
            assert secret not in seen
        assert seen.endswith("[]")


@pytest.mark.parametrize("where", ["the five words", "a slip"])
def test_without_scripts_back_after_leaving_sends_nothing_again_but_leads_out(
    without_scripts: Visitor, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser asks whether to send again what led to the page before, and somebody says yes."""
    child, elsewhere = without_scripts, f"{without_scripts.site('notify')}/healthz"
    monkeypatch.setattr(pages, "OUT", elsewhere)
    child.child_mistypes() if where == "a slip" else child.child_words()
    asked = child.page.url
    child.press(".wz-leave")
    expect(child.page).to_have_url(elsewhere)
    press_back(child.page)
    expect(child.page).to_have_url(re.compile("chrome-error"))
    child.page.reload()
    expect(child.page.locator(".wz-code")).to_have_count(0)
    expect(child.page).to_have_url(elsewhere)
    child.page.goto(asked.replace("/hier", ""))
    expect(child.page.locator("textarea")).to_have_value("")


def test_with_scripts_back_after_leaving_leads_out_again(visitor: Visitor) -> None:
    visitor.child_answered()
    go_out(visitor.page)
    with visitor.page.expect_request(OUT):
        visitor.page.evaluate("setTimeout(() => history.back())")


def test_nothing_stays_in_the_browser(child: Visitor) -> None:
    shown = child.child_answered()
    [cookie] = child.page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["expires"]) == ("h", True, -1)
    assert cookie["value"] not in child.page.content()
    go_out(child.page)
    assert child.page.context.cookies() == []
    child.child_door()
    assert child.page.context.cookies() == []
    for word in shown.split():
        assert word not in child.page.url


def test_what_the_browser_stores_for_us_says_nothing(visitor: Visitor) -> None:
    shown = visitor.child_answered()
    stored = visitor.page.evaluate(STORED)
    for secret in (*(one for one in shown.split() if len(one) > 4), SENSITIVE[:16], ANSWER):
        assert secret not in stored


@pytest.mark.parametrize("key", ["Escape", "Shift"])
def test_three_presses_of_a_key_lead_out_and_who_listens_is_told(visitor: Visitor, key: str) -> None:
    visitor.child_here()
    told = visitor.page.locator("#away")
    expect(told).to_have_attribute("role", "status")
    visitor.page.keyboard.press(key)
    expect(told).to_have_text("Nog twee keer en je bent hier weg.")
    visitor.page.keyboard.press(key)
    expect(told).to_have_text("Nog één keer en je bent hier weg.")
    with visitor.page.expect_request(OUT):
        visitor.page.keyboard.press(key)
    _there(visitor.page)
    assert visitor.page.context.cookies() == []


def test_a_child_that_types_capitals_stays(visitor: Visitor) -> None:
    visitor.child_door()
    visitor.page.focus("#text")
    for letter in "ABCDE":
        visitor.page.keyboard.press(f"Shift+{letter}")
    expect(visitor.page.locator("#text")).to_have_value("ABCDE")
    assert urlsplit(visitor.page.url).path == "/hallo"


def test_words_that_are_loaded_again_are_the_same_until_they_were_typed(visitor: Visitor) -> None:
    visitor.child_words()
    shown = visitor.words()
    visitor.page.reload()
    assert visitor.words() == shown
