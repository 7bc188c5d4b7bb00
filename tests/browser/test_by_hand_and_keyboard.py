"""The form as people use it who have no mouse, no JavaScript, or somebody looking over their shoulder."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error, Page, Request, Route, expect

from services.intake.requests.form import FIELDS
from tests.browser.conftest import NARROW
from tests.browser.visitor import PAGES, SENSITIVE, Visitor

pytestmark = pytest.mark.browser

FOCUSED = "() => [document.activeElement.name || '', document.activeElement.id]"
# Leave a field at the very bottom of the window, then go to it as the Tab key does.
COVERED = """name => {
    const one = document.querySelector(name), out = document.querySelector(".wz-leave");
    window.scrollTo({top: one.getBoundingClientRect().bottom - innerHeight + 4, behavior: "instant"});
    one.focus();
    const a = one.getBoundingClientRect(), b = out.getBoundingClientRect();
    return a.bottom > b.top && a.left < b.right && a.right > b.left;
}"""


def fields_by_tab(page: Page) -> list[str]:
    """The names of the form's fields in the order in which the Tab key reaches them."""
    seen: list[str] = []
    for _ in range(120):
        page.keyboard.press("Tab")
        name, id = page.evaluate(FOCUSED)
        if name and name != "switch":
            seen.append(name)
        if id == "send":
            break
    return list(dict.fromkeys(seen))


def test_the_first_key_leads_past_the_menu(visitor: Visitor) -> None:
    visitor.form()
    visitor.page.keyboard.press("Tab")
    skip = visitor.page.locator(".wz-skip")
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0, "whoever sees the page must see it too once it has the focus"
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "content"


def test_the_tab_key_goes_through_the_form_in_its_order(visitor: Visitor) -> None:
    visitor.form()
    # What few people need is folded until somebody opens it.
    visitor.page.locator("main details").evaluate("folded => { folded.open = true; }")
    assert fields_by_tab(visitor.page) == list(FIELDS)


@pytest.mark.parametrize("javascript", [True, False])
def test_the_enter_key_sends_the_form_and_changes_no_language(
    visitor: Visitor, page_without_javascript: Page, javascript: bool
) -> None:
    if not javascript:
        visitor.page = page_without_javascript
    visitor.fill_in()
    visitor.page.press("#postcode", "Enter")
    expect(visitor.page.locator("h1")).to_have_text("Je vraag is goed ontvangen")


def test_who_is_in_detention_sees_no_channel_that_cannot_reach_them(
    visitor: Visitor, page_without_javascript: Page
) -> None:
    visitor.page = page_without_javascript
    visitor.form()
    channels = visitor.page.locator("input[name=channel]:visible")
    expect(channels).to_have_count(6)
    visitor.page.check("input[name=audience][value=parent-in-detention]")
    expect(channels).to_have_count(3)
    assert [one.get_attribute("value") for one in channels.all()] == ["letter", "worker", "none"]


def test_another_language_takes_along_what_was_typed(visitor: Visitor, page_without_javascript: Page) -> None:
    visitor.page = page_without_javascript
    visitor.fill_in()
    visitor.page.click("button:has-text('Français')")
    expect(visitor.page.locator("h1")).to_have_text("Posez votre question")
    assert visitor.page.input_value("#question") == SENSITIVE
    assert visitor.page.input_value("#language") == "fr"
    visitor.press("#send")
    expect(visitor.page.locator("h1")).to_have_text("Votre question est bien arrivée")


def test_the_way_out_covers_no_field_that_has_the_focus(visitor: Visitor) -> None:
    visitor.page.emulate_media(reduced_motion="reduce")
    visitor.page.set_viewport_size(NARROW)
    visitor.form()
    fields = ("#danger", "#question", "#postcode", "#facility", "#phone", "#store", "#send")
    assert [one for one in fields if visitor.page.evaluate(COVERED, one)] == []


def test_after_a_mistake_the_focus_is_on_what_went_wrong_and_leads_to_the_field(visitor: Visitor) -> None:
    visitor.form_full_of_mistakes()
    page = visitor.page
    assert page.evaluate("document.activeElement.id") == "mistakes"
    assert page.title().startswith("Fout: ")
    page.click("#mistakes a[href='#phone']")
    assert page.evaluate("document.activeElement.id || location.hash") in ("phone", "#phone")
    page.keyboard.press("Tab")
    described = page.locator("#phone").get_attribute("aria-describedby") or ""
    said = " ".join(page.locator(f"#{one}").inner_text() for one in described.split())
    assert "telefoonnummer" in said.lower()
    assert page.locator("#phone").get_attribute("aria-invalid") == "true"


def test_every_link_of_the_summary_leads_to_a_field(visitor: Visitor) -> None:
    visitor.form_full_of_mistakes()
    targets = visitor.page.locator("#mistakes a").evaluate_all("all => all.map(one => one.hash)")
    assert {"#audience", "#needs", "#postcode", "#phone", "#safe_to", "#share", "#store"} <= set(targets)
    assert all(visitor.page.locator(one).count() == 1 for one in targets)


def test_nobody_corrects_the_form_twice(visitor: Visitor) -> None:
    """What could be read is judged together with what is missing."""
    visitor.fill_in()
    visitor.page.uncheck("#store")
    visitor.page.fill("#postcode", "0000")
    visitor.page.fill("#phone", "0612")
    visitor.press("main form button")
    targets = visitor.page.locator("#mistakes a").evaluate_all("all => all.map(one => one.hash)")
    assert targets == ["#postcode", "#phone", "#store"]


def test_what_was_filled_in_is_still_there(visitor: Visitor) -> None:
    visitor.form_full_of_mistakes()
    page = visitor.page
    assert page.input_value("#phone") == "0612"
    assert page.input_value("#safe_from") == "20:00"
    assert page.is_checked("input[name=safe_days][value=mon]")
    assert "<b>Wat zeg ik?</b>" in page.input_value("#question")


def test_a_question_can_be_asked_and_followed_without_javascript(
    visitor: Visitor, page_without_javascript: Page
) -> None:
    visitor.page = page_without_javascript
    visitor.somebody_said_yes()
    assert visitor.page.locator("main").get_by_text("Stichting Exodus").is_visible()


def test_who_is_in_danger_sees_whom_to_call_before_filling_in_anything(visitor: Visitor) -> None:
    visitor.form()
    for number in ("112", "08002000", "1712"):
        assert visitor.page.locator(f"a[href='tel:{number}']").first.is_visible()
    before = visitor.page.locator("#danger").bounding_box()
    first = visitor.page.locator("#audience").bounding_box()
    assert before is not None
    assert first is not None
    assert before["y"] < first["y"]


@pytest.mark.parametrize(
    "name", ["the form", "a question that somebody said yes to", "an offer that was accepted"]
)
def test_the_way_out_tells_the_next_site_nothing(name: str, visitor: Visitor) -> None:
    left: list[Request] = []

    def elsewhere(route: Route) -> None:
        left.append(route.request)
        route.fulfill(body="<title>weather</title>", content_type="text/html")

    PAGES[name](visitor)
    visitor.page.route("https://www.buienradar.nl/**", elsewhere)
    visitor.press(".wz-leave")
    assert visitor.page.title() == "weather"
    assert "referer" not in left[0].headers


def test_going_back_shows_nothing_that_was_kept(visitor: Visitor) -> None:
    """Whoever presses Back after somebody else finds no answer of the site in the browser's memory."""
    visitor.somebody_said_yes()
    visitor.help()
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        visitor.page.go_back()
    visitor.page.wait_for_load_state()
    expect(visitor.page.get_by_text("Exodus")).to_have_count(0)
