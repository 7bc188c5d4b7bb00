"""What holds for every page there is, in each language."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage

from tests.browser.conftest import NARROW
from tests.browser.visitor import PAGES, STEPS, STICKS_OUT, Visitor

pytestmark = pytest.mark.browser
HELLO = ("Hallo", "Bonjour", "Hello")
WIDTHS = (1200, 360, NARROW["width"])

# Where people work beside the list; each in all languages.
WORKING = (
    "a conversation at the desk",
    "an answer that was begun with a text",
    "own words that give something away",
    "a text for answers full of mistakes",
    "what a search found",
    "a person's story of which all is shown",
    "erasing without being sure",
    "somebody who was erased",
    "the audit",
    "the figures",
    "the hours with a closure",
    "the shifts with one taken",
    "a page of another role",
)
# Those with the most words on them.
LONG = (
    "the home",
    "the form",
    "the form full of mistakes",
    *(f"the step {step}" for step in STEPS),
    "the last look",
    "a step of a question that is not there",
    "a group of the desk",
    "the receipt of a question about safety",
    "the receipt of a question that may not be shared",
    "coming back with a wrong code",
    "a question without an answer yet",
    "a child's door full of mistakes",
    "a child's five words in danger",
    "what a child was answered",
    "an answer that no child reads with ease",
    "help",
    "a page of guidance",
    "a page of guidance about danger that is being checked",
    "all pages of guidance",
    "the guidance for an editor",
    "the desk with a part away",
    "an item of which all is shown",
    "an item with candidates",
    "a conversation about danger",
    *WORKING,
    "an offer declined without a reason",
    "an offer that was accepted",
    "a planner's month",
    "who comes at the gate",
    "the last look at a registration",
    "a family's own page",
    "a family changes how it is reached",
    "the postbus",
)
IN_ENGLISH = (
    "the home",
    "the last look",
    "the form full of mistakes",
    "help",
    "an item with candidates",
    *WORKING,
)
# Those that answer a form: an address does not lead there, so that a language is walked to.
ANSWERS = (
    "the form full of mistakes",
    "the receipt of a question about safety",
    "the receipt of a question that may not be shared",
    "coming back with a wrong code",
    "a question without an answer yet",
    "a conversation about danger",
    "a child's door full of mistakes",
    "a child's five words in danger",
    "an answer that no child reads with ease",
    "own words that give something away",
    "a text for answers full of mistakes",
    "what a search found",
    "erasing without being sure",
    "an offer declined without a reason",
    "an offer that was accepted",
)


def in_these_too(name: str) -> list[str]:
    """Return in which languages a page is looked at beside Dutch. French has the longest words on buttons."""
    return ["fr"] * (name in LONG) + ["en"] * (name in IN_ENGLISH)


@pytest.mark.parametrize("name", PAGES)
def test_whoever_listens_to_a_page_or_has_a_small_telephone_can_use_it(name: str, visitor: Visitor) -> None:
    """At 320 px wide, which is also what is left of 1280 px for who enlarges the text four times."""
    asked: list[str] = []
    said: list[str] = []
    visitor.page.on("request", lambda request: asked.append(urlsplit(request.url).hostname or "data"))
    visitor.page.on("console", lambda line: said.append(line.text) if is_wrong(line) else None)
    visitor.page.on("pageerror", lambda error: said.append(str(error)))
    PAGES[name](visitor)
    found = Axe().run(visitor.page)
    assert found.violations_count == 0, found.generate_report()
    fits(visitor)
    for language in in_these_too(name) if name not in ANSWERS else ():
        anew(visitor, language)
    assert set(asked) <= {"127.0.0.1", "data"}, "a page told somebody else that it was opened"
    assert said == []


@pytest.mark.parametrize(
    ("name", "language"),
    [(name, language) for name in PAGES if name in ANSWERS for language in in_these_too(name)],
)
def test_an_answer_to_a_form_fits_in_other_languages_as_well(
    name: str, language: str, visitor: Visitor
) -> None:
    visitor.language = language
    PAGES[name](visitor)
    fits(visitor)


def anew(visitor: Visitor, language: str) -> None:
    """Open the page that is open in another language."""
    address, _, query = visitor.page.url.partition("?")
    others = [one for one in query.split("&") if one and not one.startswith("lang=")]
    visitor.page.goto(f"{address}?{'&'.join([*others, f'lang={language}'])}")
    visitor.language = language
    fits(visitor)


def is_wrong(line: ConsoleMessage) -> bool:
    """Whether a line tells of a script that failed or a rule of the page that was broken.

    That a page was answered with 400 or 404 stands there as an error as well, and is none here.
    """
    return line.type == "error" and "the server responded with a status of 4" not in line.text


def fits(visitor: Visitor) -> None:
    """No sideways scrolling, the right language for a voice to read it in, one heading, and the way out.

    Pages where people work have none of the last.
    """
    page = visitor.page
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": NARROW["height"]})
        assert page.evaluate(STICKS_OUT) == [], width
    assert page.locator("html").get_attribute("lang") == visitor.language
    assert page.locator("h1").count() == 1
    # A child's history says nothing, not even who we are.
    of_a_child = urlsplit(page.url).path.startswith("/hallo")
    assert page.title().endswith(HELLO if of_a_child else " – Weerzien")
    if page.locator(".wz-leave").count() == 0:
        return  # people work here, and nobody has to leave in a hurry
    page.set_viewport_size(NARROW)
    for top in ("0", "document.body.scrollHeight"):
        page.evaluate(f"window.scrollTo(0, {top})")
        box = page.locator(".wz-leave").bounding_box()
        assert box is not None
        assert 0 <= box["y"] <= NARROW["height"] - box["height"]
