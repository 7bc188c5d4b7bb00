"""The form as people use it who have no mouse, no JavaScript, or somebody looking over their shoulder."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error, Page, Request, Route, expect

from tests.browser.conftest import NARROW
from tests.browser.visitor import PAGES, SENSITIVE, STEPS, Visitor

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


@pytest.mark.parametrize("step", ["begin", *STEPS])
def test_the_tab_key_goes_through_a_step_in_its_order(visitor: Visitor, step: str) -> None:
    if step == "begin":
        visitor.form()
    else:
        visitor.at(step, **STEPS[step])
    # What few people need is folded until somebody opens it.
    for folded in visitor.page.locator("main details").all():
        folded.evaluate("one => { one.open = true; }")
    there = visitor.page.locator("#ask [name]").evaluate_all("all => all.map(one => one.name)")
    in_order = [name for name in dict.fromkeys(there) if name != "form"]
    assert fields_by_tab(visitor.page) == in_order


@pytest.mark.parametrize("javascript", [True, False])
def test_the_enter_key_goes_on_and_changes_no_language(
    visitor: Visitor, page_without_javascript: Page, javascript: bool
) -> None:
    if not javascript:
        visitor.page = page_without_javascript
    visitor.at("place")
    visitor.page.check("input[name=country][value=NL]")
    visitor.page.fill("#postcode", "5038")
    visitor.page.press("#postcode", "Enter")
    expect(visitor.page.locator("h1")).to_have_text("Voor wie zoek je hulp? (hoeft niet)")
    visitor.fill_in()
    visitor.page.press("#store", "Enter")
    expect(visitor.page.locator("h1")).to_have_text("Je vraag is goed ontvangen")


def test_who_is_in_detention_sees_no_channel_that_cannot_reach_them(
    visitor: Visitor, page_without_javascript: Page
) -> None:
    visitor.page = page_without_javascript
    visitor.at("reach", who="parent-in-detention")
    channels = visitor.page.locator("input[name=channel]:visible")
    assert [one.get_attribute("value") for one in channels.all()] == ["letter", "worker", "none"]


def test_another_language_takes_along_what_was_typed(visitor: Visitor, page_without_javascript: Page) -> None:
    visitor.page = page_without_javascript
    visitor.at("words")
    visitor.page.fill("#question", SENSITIVE)
    visitor.page.click("button:has-text('Français')")
    expect(visitor.page.locator("h1")).to_contain_text("Que voulez-vous demander ou raconter ?")
    assert visitor.page.input_value("#question") == SENSITIVE
    visitor.at("place")
    assert visitor.page.input_value("#language") == "fr"
    visitor.fill_in()
    visitor.press("#send")
    expect(visitor.page.locator("h1")).to_have_text("Votre question est bien arrivée")


def test_the_way_out_covers_no_field_that_has_the_focus(visitor: Visitor) -> None:
    visitor.page.emulate_media(reduced_motion="reduce")
    visitor.page.set_viewport_size(NARROW)
    steps = {"words": "#question", "place": "#postcode", "parent": "#facility", "contact": "#phone"}
    visitor.form()
    assert [one for one in ("#danger", "#on") if visitor.page.evaluate(COVERED, one)] == []
    for step, field in steps.items():
        visitor.at(step)
        assert not visitor.page.evaluate(COVERED, field), field
    visitor.at("check")
    assert [one for one in ("#store", "#send") if visitor.page.evaluate(COVERED, one)] == []


def test_after_a_mistake_the_focus_is_on_what_went_wrong_and_leads_to_the_field(visitor: Visitor) -> None:
    visitor.wrong_telephone()
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
    for wrong, expected in (
        (visitor.form_full_of_mistakes, ["#country", "#postcode"]),
        (visitor.wrong_telephone, ["#phone"]),
    ):
        wrong()
        targets = visitor.page.locator("#mistakes a").evaluate_all("all => all.map(one => one.hash)")
        assert targets == expected
        assert all(visitor.page.locator(one).count() == 1 for one in targets)


def test_nobody_corrects_a_step_twice(visitor: Visitor) -> None:
    """What could be read is judged together with what is missing."""
    visitor.wrong("contact", {"name": "x" * 201, "phone": "0612"})
    targets = visitor.page.locator("#mistakes a").evaluate_all("all => all.map(one => one.hash)")
    assert targets == ["#name", "#phone"]


def test_what_was_filled_in_is_still_there(visitor: Visitor) -> None:
    visitor.wrong_times()
    assert visitor.page.input_value("#safe_from") == "20:00"
    assert visitor.page.is_checked("input[name=safe_days][value=mon]")
    visitor.page.goto(f"{visitor.site('intake')}/ask/words?lang=nl")
    assert "<b>Wat zeg ik?</b>" in visitor.page.input_value("#question")


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
    first = visitor.page.locator("#secret").bounding_box()
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
    expect(visitor.page).to_have_title("weather")
    assert "referer" not in left[0].headers


def test_going_back_shows_nothing_that_was_kept(visitor: Visitor) -> None:
    """Whoever presses Back after somebody else finds no answer of the site in the browser's memory."""
    visitor.somebody_said_yes()
    visitor.help()
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        visitor.page.go_back()
    visitor.page.wait_for_load_state()
    expect(visitor.page.get_by_text("Exodus")).to_have_count(0)
