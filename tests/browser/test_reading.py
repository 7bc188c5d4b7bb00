"""Pages of guidance work without scripts, on paper, and from right to left."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.conftest import NARROW
from tests.browser.visitor import STICKS_OUT, Visitor


def test_without_scripts_somebody_seeks_reads_and_says_whether_it_was_of_use(
    page_without_javascript: Page, visitor: Visitor
) -> None:
    page = visitor.page = page_without_javascript
    visitor.guidance_sought()
    page.click("main li h2 a:text-is('Wat gebeurt er bij de poort?') >> nth=0")
    assert page.title() == "Wat gebeurt er bij de poort? – Weerzien"
    page.check("input[name=useful][value=yes]")
    page.click("main form button")
    assert page.inner_text("[role=status]").startswith("Dank je.")


def test_on_paper_there_are_the_words_and_the_addresses_and_no_bar(visitor: Visitor) -> None:
    visitor.guidance()
    page = visitor.page
    page.emulate_media(media="print")
    for gone in (".wz-leave", "header nav", "main form", "main nav"):
        assert not page.locator(gone).first.is_visible(), gone
    assert page.locator(".wz-printed").is_visible()
    after = "e => getComputedStyle(e, '::after').content"
    leads = page.locator('.wz-guide a[href="https://www.dji.nl/"]')
    assert "https://www.dji.nl/" in leads.evaluate(after)
    for picture in page.locator(".wz-guide img").all():
        assert picture.evaluate("e => e.complete && e.naturalWidth > 0")


def test_arabic_runs_from_right_to_left_and_fits(visitor: Visitor) -> None:
    visitor.with_pages()
    visitor.page.set_viewport_size(NARROW)
    visitor.page.goto(f"{visitor.site('intake')}/guidance/bij-de-poort?lang=ar")
    heading = visitor.page.locator("h1")
    assert visitor.page.locator("html").get_attribute("lang") == "ar"
    assert heading.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert visitor.page.evaluate(STICKS_OUT) == []
