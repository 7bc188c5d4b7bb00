"""What somebody types at the desk is kept, and looked at, before they press anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlmodel import select

from services.intake.conversations.tables import Draft, OwnWords, Side, Written
from services.intake.staff import sessions
from services.intake.staff.tables import Person, StaffSession
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
BEGUN, FURTHER = "Dag! Je mag een tekening meenemen.", " En een boek."
KEPT, AWAY = "Bewaard als concept.", "Nu niet bewaard. We proberen het zo opnieuw."
FORBIDDEN, TOO_LONG = 'Het woord "bezoek" mag niet in een sms.', "Dit is te lang."


def rows(visitor: Visitor, kind: Any) -> list[Any]:
    with visitor.session("intake") as session:
        return list(session.exec(select(kind)).all())


def idle(visitor: Visitor) -> None:
    """Nobody touches the page for longer than a session lasts."""
    with visitor.session("intake") as session:
        for one in session.exec(select(StaffSession)).all():
            one.seen_at = datetime.now(one.seen_at.tzinfo) - timedelta(hours=1)
        session.commit()


def end_sessions(visitor: Visitor) -> None:
    with visitor.session("intake") as session:
        for one in session.exec(select(Person)).all():
            sessions.end_all(session, one.id)
        session.commit()


def box(page: Page) -> Any:
    return page.locator("#text")


def said(page: Page, id: str) -> Any:
    return page.locator(f"#{id}")


@pytest.mark.parametrize("ended", [idle, end_sessions], ids=["idle", "ended"])
def test_a_written_answer_is_still_there_after_the_session_ended_and_the_adviser_signed_in_again(
    visitor: Visitor, ended: Any
) -> None:
    visitor.desk_conversation()
    page, address = visitor.page, visitor.page.url
    box(page).press_sequentially(BEGUN)
    expect(said(page, "kept")).to_have_text(KEPT)

    ended(visitor)
    box(page).press_sequentially(FURTHER)
    expect(said(page, "kept")).to_contain_text("Je bent afgemeld.")
    expect(box(page)).to_have_value(BEGUN + FURTHER)

    page.goto(address)
    assert "/desk/sign-in?next=/desk/requests/" in page.url
    visitor.sign_in()
    page.goto(address)
    expect(box(page)).to_have_value(BEGUN)
    visitor.press("button[value=send]")
    expect(page.locator(".wz-conversation")).to_contain_text(BEGUN)
    expect(box(page)).to_have_value("")
    assert rows(visitor, Draft) == []


def test_a_page_of_a_session_that_is_over_says_so_when_another_has_begun(visitor: Visitor) -> None:
    visitor.desk_conversation()
    end_sessions(visitor)
    visitor.sign_in()
    box(visitor.page).press_sequentially(BEGUN)
    expect(said(visitor.page, "kept")).to_contain_text("Je bent afgemeld.")
    assert rows(visitor, Draft) == []


def test_what_could_not_be_kept_is_kept_a_little_later_without_another_key(visitor: Visitor) -> None:
    visitor.desk_conversation()
    page = visitor.page
    page.clock.install()
    tried: list[str] = []

    def out_of_order(route: Route) -> None:
        tried.append(route.request.url)
        route.fulfill(status=503) if len(tried) == 1 else route.continue_()

    page.route("**/draft", out_of_order)
    box(page).fill(BEGUN)
    page.clock.run_for(1_000)
    expect(said(page, "kept")).to_have_text(AWAY)
    page.clock.run_for(5_000)
    expect(said(page, "kept")).to_have_text(KEPT)
    [draft] = rows(visitor, Draft)
    assert draft.text == BEGUN


def test_an_answer_that_is_sent_leaves_no_draft_behind(visitor: Visitor) -> None:
    visitor.desk_conversation()
    box(visitor.page).fill(BEGUN)
    visitor.press("button[value=send]")
    expect(visitor.page.locator(".wz-box--good")).to_contain_text("Verstuurd.")
    assert [one.text for one in rows(visitor, Written) if one.side is Side.CENTRE][-1] == BEGUN
    assert rows(visitor, Draft) == []


@pytest.mark.parametrize(
    ("typed", "why"), [("Je bezoek gaat door.", FORBIDDEN), ("Dag " * 45, TOO_LONG)], ids=["word", "length"]
)
def test_what_a_text_may_not_say_or_hold_is_shown_while_typing_and_refused_on_sending(
    visitor: Visitor, typed: str, why: str
) -> None:
    visitor.own_words()
    page = visitor.page
    box(page).press_sequentially(typed)
    expect(said(page, "checked")).to_contain_text(why)

    visitor.press("main form button")
    expect(page.locator("#mistakes")).to_contain_text(why)
    expect(box(page)).to_have_value(typed)
    assert rows(visitor, OwnWords) == []

    box(page).fill("Bel ons even als het kan.")
    expect(said(page, "checked")).to_contain_text("Nog ")
    expect(said(page, "checked")).not_to_contain_text(why)
    visitor.press("main form button")
    expect(page.locator(".wz-box--good")).to_contain_text("We sturen het één keer")
    assert len(rows(visitor, OwnWords)) == 1


def test_the_answer_about_the_latest_words_is_the_one_that_stays(visitor: Visitor) -> None:
    """The first answer comes last, and is about words that are no longer there."""
    visitor.own_words()
    page, held = visitor.page, list[Route]()

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
            return
        held.append(route)

    page.route("**/check*", hold_the_first)
    with page.expect_request("**/check*"):
        box(page).fill("Je bezoek gaat door.")
    with page.expect_response("**/check*"):
        box(page).fill("Bel ons even.")
    expect(said(page, "checked")).to_contain_text("Nog ")
    with page.expect_response("**/check*"):
        held[0].continue_()
    expect(said(page, "checked")).not_to_contain_text(FORBIDDEN)
