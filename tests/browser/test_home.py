"""The home on paper, in few colours, and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
AFTER = "one => getComputedStyle(one, '::after').content"


def test_on_paper_there_is_no_bar_and_every_link_has_its_address(visitor: Visitor) -> None:
    visitor.home()
    page = visitor.page
    page.emulate_media(media="print")
    for gone in (".wz-leave", ".wz-header nav", "form[role=search]"):
        expect(page.locator(gone).first).to_be_hidden()
    links = page.locator("main a[href^='/']")
    assert links.count() > 12
    assert all("/" in link.evaluate(AFTER) for link in links.all())
    expect(page.locator(".wz-printed")).to_have_text("http://intake.test")
    assert page.title() == "Welkom – Weerzien"


def test_in_few_colours_a_button_is_still_seen_as_one(visitor: Visitor) -> None:
    visitor.home()
    visitor.page.emulate_media(forced_colors="active")
    edge = "one => getComputedStyle(one).borderTopColor"
    for one in visitor.page.locator(".wz-button, button, .wz-leave").all():
        assert one.evaluate(edge) not in ("transparent", "rgba(0, 0, 0, 0)")


def test_without_javascript_it_leads_to_what_is_sought_and_to_a_question(
    visitor: Visitor, page_without_javascript: Page
) -> None:
    visitor.page = page = page_without_javascript
    visitor.home()
    page.fill("#q", "bezoek")
    visitor.press("form[role=search] button")
    assert page.url.endswith("/guidance?lang=nl&q=bezoek")
    visitor.home()
    visitor.press("main a[href*='/ask']")
    expect(page.locator("h1")).to_have_text("Voor je begint")


def test_a_child_reaches_its_own_door_with_one_press(visitor: Visitor) -> None:
    visitor.home()
    visitor.press("main a[href*='/hallo']")
    assert "/hallo" in visitor.page.url
    expect(visitor.page.locator("textarea")).to_be_visible()
