"""Whether a page fits: nothing that axe finds, and nothing that sticks out at any width."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import NARROW
from tests.browser.visitor import STICKS_OUT


def is_fit(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    for width in (NARROW["width"], 360, 1200):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate(STICKS_OUT) == [], width
