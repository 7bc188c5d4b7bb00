"""An adviser without a mouse: an item is opened, looked into, taken and dealt with by keys alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
FARTHEST = 80


def go_to(visitor: Visitor, selector: str) -> None:
    """Press Tab until what is meant has the focus."""
    for _ in range(FARTHEST):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
    raise AssertionError(f"{selector} is not reached by the Tab key")


def enter(visitor: Visitor, selector: str) -> None:
    go_to(visitor, selector)
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")


def test_an_item_is_opened_shown_taken_and_dealt_with(visitor: Visitor) -> None:
    visitor.desk_list()
    enter(visitor, ".wz-items a")
    go_to(visitor, "#why-call")
    visitor.page.keyboard.press("Space")
    enter(visitor, "form:has(#why) button")
    expect(visitor.page.locator("main")).to_contain_text("Wat zeg ik?")
    enter(visitor, "form[action*='/take'] button")
    expect(visitor.page.locator("main dl >> nth=0")).to_contain_text("Noor")
    enter(visitor, "form:has(input[value='settled-by-telephone']) button")
    expect(visitor.page.locator(".wz-box--good")).to_contain_text("al afgehandeld")


def test_without_javascript_a_colleague_is_told_as_well(visitor: Visitor) -> None:
    visitor.desk_item()
    address = visitor.page.url
    visitor.sign_in("Sam")
    visitor.page.goto(address)
    expect(visitor.page.locator("#others")).to_contain_text("Noor heeft dit open sinds")
