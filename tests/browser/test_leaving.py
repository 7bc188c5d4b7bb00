"""Whoever has to be gone at once is gone, also for whoever presses the Back key after them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import WIDE
from tests.browser.visitor import SENSITIVE, Visitor

pytestmark = pytest.mark.browser

OUT = "https://www.buienradar.nl/"


@pytest.fixture
def page(remembering: Browser) -> Iterator[Page]:
    """A tab that keeps pages in memory for the Back key."""
    context = remembering.new_context(viewport=WIDE, locale="nl-NL")
    context.set_default_timeout(10_000)
    context.route(f"{OUT}**", elsewhere)
    yield context.new_page()
    context.close()


def elsewhere(route: Route) -> None:
    route.fulfill(body="<title>weather</title>", content_type="text/html")


def go_out(page: Page) -> None:
    with page.expect_request(OUT):
        page.click(".wz-leave")
    expect(page).to_have_title("weather")


def press_back(page: Page) -> None:
    # A page from memory is shown without loading, and Playwright's own `go_back` waits for that.
    # In a task of its own: this one has answered before the page it runs in goes.
    page.evaluate("setTimeout(() => history.back())")


def test_whoever_goes_back_without_having_left_finds_what_they_typed(visitor: Visitor) -> None:
    visitor.at("words")
    visitor.page.fill("#question", SENSITIVE)
    visitor.help()
    press_back(visitor.page)
    expect(visitor.page.locator("#question")).to_have_value(SENSITIVE)


@pytest.mark.parametrize("sent", [False, True])
def test_back_after_leaving_leads_out_again(visitor: Visitor, sent: bool) -> None:
    visitor.help()
    visitor.fill_in()
    if sent:
        visitor.press("#send")
    go_out(visitor.page)
    with visitor.page.expect_request(OUT):
        press_back(visitor.page)
    expect(visitor.page).to_have_title("weather")


def test_whoever_comes_anew_after_leaving_finds_the_site_with_nothing_filled_in(visitor: Visitor) -> None:
    visitor.fill_in(danger="yes")
    go_out(visitor.page)
    visitor.form()
    expect(visitor.page.locator("h1")).to_be_visible()
    expect(visitor.page.locator("#danger")).not_to_be_checked()
    expect(visitor.page.locator("body")).not_to_contain_text("Begin opnieuw")
    visitor.go("intake", "/ask/words")
    expect(visitor.page.locator("h1")).to_have_text("Hier staat niets meer")


def test_whoever_leaves_without_javascript_leaves_nothing_behind_either(
    visitor: Visitor, remembering: Browser
) -> None:
    context = remembering.new_context(viewport=WIDE, locale="nl-NL", java_script_enabled=False)
    context.route(f"{OUT}**", elsewhere)
    visitor.page = page = context.new_page()
    visitor.at("words")
    page.fill("#question", SENSITIVE)
    visitor.press("#on")
    go_out(page)
    page.go_back(wait_until="commit")
    expect(page.locator("h1")).to_have_text("Hier staat niets meer")
    expect(page.locator("body")).not_to_contain_text("papa zit vast")
    context.close()


def test_the_way_out_is_among_the_first_that_the_tab_key_reaches(visitor: Visitor) -> None:
    visitor.form()
    for _ in range(2):
        visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.className") == "wz-leave"
