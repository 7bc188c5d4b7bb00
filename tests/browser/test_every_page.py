from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from shared.runtime import Runtime
from tests.browser.conftest import NARROW
from tests.browser.visitor import PAGES, Visitor

pytestmark = pytest.mark.browser

WIDER_THAN_THE_WINDOW = """() => {
    const width = document.documentElement.clientWidth;
    const wide = [...document.querySelectorAll("body *")].filter(
        one => one.getBoundingClientRect().right > width + 1 && !one.matches(".wz-skip"));
    return document.documentElement.scrollWidth > width ? wide.map(one => one.outerHTML.slice(0, 80)) : [];
}"""


@pytest.fixture
def visitor(page: Page, site: Callable[[str], str], runtime_for: Callable[[str], Runtime]) -> Visitor:
    return Visitor(page, site, runtime_for)


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use_it(name: str, language: str, visitor: Visitor) -> None:
    """Whoever listens to a page, and whoever has a small telephone or enlarges the text four times."""
    visitor.language = language
    PAGES[name](visitor)
    page = visitor.page
    import os

    if os.environ.get("SHOTS"):
        slug = f"{os.environ['SHOTS']}/{name.replace(' ', '-')}-{language}"
        page.screenshot(path=slug + "-wide.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size(NARROW)
    if os.environ.get("SHOTS"):
        page.screenshot(path=slug + "-narrow.png", full_page=True)
    assert page.evaluate(WIDER_THAN_THE_WINDOW) == []
    assert page.locator("html").get_attribute("lang") == language
