"""Who presses the Back key after sending finds nothing that was typed, nor what may no longer be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from services.referral.referrals import commands as referrals
from shared.runtime import Runtime
from tests.browser.conftest import WIDE
from tests.browser.visitor import SENSITIVE, Visitor
from tests.kit.details import asker
from tests.kit.peers import fake

pytestmark = pytest.mark.browser


@pytest.fixture(params=["remembers pages", "remembers pages, without JavaScript", "forgets pages"])
def page(request: pytest.FixtureRequest, remembering: Browser, forgetting: Browser) -> Iterator[Page]:
    browser = forgetting if request.param == "forgets pages" else remembering
    yield from tab(browser, java_script_enabled="without" not in request.param)


@pytest.fixture
def scripted(
    remembering: Browser, site: Callable[[str], str], runtime_for: Callable[[str], Runtime]
) -> Iterator[Visitor]:
    """Somebody with a browser that keeps pages in memory, as those of people do."""
    for page in tab(remembering):
        yield Visitor(page, site, runtime_for)


def tab(browser: Browser, **options: Any) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, locale="nl-NL", **options)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def go_back(visitor: Visitor, to: str) -> None:
    """Press Back once, and wait for a page with this on it."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    known = session.send("Page.getNavigationHistory")
    before = known["entries"][known["currentIndex"] - 1]
    session.send("Page.navigateToHistoryEntry", {"entryId": before["id"]})
    expect(visitor.page.locator(to)).to_be_attached()


def test_what_was_asked_is_not_there_any_more(visitor: Visitor) -> None:
    visitor.fill_in(danger="yes")
    visitor.press("#send")
    expect(visitor.page.locator("h1")).to_have_text("Je vraag is goed ontvangen")
    go_back(visitor, "main")
    expect(visitor.page.locator("h1")).to_have_text("Hier staat niets meer")
    expect(visitor.page.locator("body")).not_to_contain_text("papa zit vast")
    for _ in range(9):
        go_back(visitor, "main")
        expect(visitor.page.locator("h1")).to_have_text("Hier staat niets meer")


def test_nor_after_a_mistake_was_put_right_first(scripted: Visitor) -> None:
    scripted.at("place")
    scripted.page.check("input[name=country][value=NL]")
    scripted.page.fill("#postcode", "99")
    scripted.press("#on")
    expect(scripted.page.locator("#postcode-error")).to_be_visible()
    scripted.fill_in()
    scripted.press("#send")
    expect(scripted.page.locator("h1")).to_have_text("Je vraag is goed ontvangen")
    steps = scripted.page.evaluate("history.length")
    scripted.page.evaluate("setTimeout(() => history.go(-5))")
    expect(scripted.page.locator("h1")).to_have_text("Hier staat niets meer")
    assert steps > 6


def test_a_new_question_can_be_asked_there_with_a_form_of_its_own(scripted: Visitor) -> None:
    scripted.fill_in()
    token = scripted.page.input_value("input[name=form]")
    scripted.press("#send")
    go_back(scripted, "main")
    scripted.press("main .wz-button")
    expect(scripted.page.locator("h1")).to_have_text("Voor je begint")
    expect(scripted.page.locator("#ask input[name=form]")).not_to_have_value(token)
    expect(scripted.page.locator("input[name=secret][value=no]")).not_to_be_checked()


def test_until_it_is_sent_and_taken_in_it_is_still_there(visitor: Visitor) -> None:
    """A mistake, another language, a page in between and the Back key cost nobody their words."""
    visitor.at("words")
    visitor.page.fill("#question", SENSITIVE)
    visitor.press("button[name=switch] >> nth=0")
    expect(visitor.page.locator("#question")).to_have_value(SENSITIVE)
    visitor.press("#on")
    visitor.help()
    visitor.page.goto(f"{visitor.site('intake')}/ask/words")
    expect(visitor.page.locator("#question")).to_have_value(SENSITIVE)
    visitor.press("#on")
    go_back(visitor, "#question")
    expect(visitor.page.locator("#question")).to_have_value(SENSITIVE)


def test_forward_and_reload_find_each_step_as_it_was_answered(visitor: Visitor) -> None:
    visitor.at("place")
    go_back(visitor, "#question")
    visitor.page.reload()
    expect(visitor.page.locator("#question")).to_have_value(SENSITIVE)
    visitor.page.go_forward(wait_until="commit")
    expect(visitor.page.locator("h1")).to_have_text("Waar woon je?")


def test_a_reference_and_a_code_are_not_there_any_more(visitor: Visitor) -> None:
    reference, code = visitor.asked()
    visitor.page.goto(f"{visitor.site('intake')}/status")
    visitor.page.fill("#reference", reference)
    visitor.page.fill("#code", code)
    visitor.press("main form button")
    expect(visitor.page.locator("h1")).to_contain_text(reference)
    go_back(visitor, "#reference")
    for name in ("reference", "code"):
        expect(visitor.page.locator(f"#{name}")).to_have_value("")


def test_once_a_session_is_over_the_desk_shows_nobodys_words(scripted: Visitor) -> None:
    scripted.desk_item_shown()
    expect(scripted.page.locator("main")).to_contain_text("Wat zeg ik?")
    scripted.page.context.clear_cookies()
    scripted.help()
    go_back(scripted, "main")
    expect(scripted.page.locator("main")).not_to_contain_text("Wat zeg ik?")


def test_a_partner_that_comes_back_sees_only_what_it_may_see_now(scripted: Visitor) -> None:
    request = scripted.offered()
    fake(scripted.runtime_for("referral"), "intake").learn(asker(request, name="Noor", channel="sms"))
    address = f"/r/{scripted.token(request)}"
    scripted.go("referral", address)
    scripted.press("#accept")
    scripted.page.goto(scripted.site("referral") + address)
    expect(scripted.page.locator("main")).to_contain_text("Noor")
    scripted.help()
    with scripted.session("referral") as session:
        referrals.withdraw(session, request, at=scripted.runtime_for("referral").clock.now())
        session.commit()
    go_back(scripted, "main")
    expect(scripted.page.locator("main")).to_contain_text("hoeft niet meer beantwoord te worden")
    expect(scripted.page.locator("main")).not_to_contain_text("Noor")
