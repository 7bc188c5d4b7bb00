"""The pages on hours and shifts, and the pretended calls: by keyboard, read aloud, on a small screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlmodel import Session

from services.intake.hours.tables import Closure, Shift
from services.intake.staff import access, sessions
from services.intake.staff.commands import add
from services.intake.staff.tables import Role
from tests.browser.conftest import NARROW
from tests.browser.visitor import STICKS_OUT, Visitor
from tests.conftest import MORNING

pytestmark = pytest.mark.browser
LONG = "De telefoon is dicht wegens een studiedag van alle medewerkers. " * 3


def work_here(visitor: Visitor) -> Page:
    """Sign in as somebody with a shift, who is asked for another one; a closure is planned."""
    with visitor.session("intake") as session:
        noor = add(session, "Noor", "noor@centre.example", [Role.ADVISER, Role.SUPERVISOR], at=MORNING)
        sam = add(session, "Sam", "sam@centre.example", [Role.ADVISER], at=MORNING)
        session.add(shift(noor.id, 0, note=LONG))
        session.add(shift(sam.id, 24, asked=noor.id))
        session.add(
            Closure(
                begins=MORNING,
                ends=MORNING + timedelta(days=1),
                why={"nl": LONG, "fr": LONG},
                made_by=noor.id,
            )
        )
        token = sessions.begin(session, noor, means="link")
        session.commit()
    site = visitor.site("intake")
    visitor.page.context.add_cookies([{"name": access.COOKIE, "value": token, "url": site}])
    return visitor.page


def shift(who: Any, hours: int, **more: Any) -> Shift:
    begins = MORNING + timedelta(hours=hours)
    return Shift(staff_id=who, begins=begins, ends=begins + timedelta(hours=3), **more)


def hours(visitor: Visitor) -> None:
    work_here(visitor)
    visitor.go("intake", "/desk/hours")


def hours_refused(visitor: Visitor) -> None:
    hours(visitor)
    visitor.page.fill("#NL-0", "negen uur")
    visitor.press("form[action*='/desk/hours/NL'] button")


def shifts(visitor: Visitor) -> None:
    work_here(visitor)
    visitor.go("intake", "/desk/shifts")


def shifts_refused(visitor: Visitor) -> None:
    shifts(visitor)
    visitor.page.fill("#day", "2026-12-01")
    visitor.press("form:has(#day) button")


def simulator(visitor: Visitor) -> None:
    settings: Any = visitor.runtime_for("intake").settings
    for service in ("intake", "referral", "notify"):
        setattr(settings, f"public_url_{service}", visitor.site("intake"))
    visitor.go("intake", "/simulator/calls")
    visitor.press("form:has(#number) button")


PAGES: dict[str, Callable[[Visitor], None]] = {
    "the hours": hours,
    "hours that cannot be": hours_refused,
    "the shifts": shifts,
    "a shift that cannot be": shifts_refused,
    "a pretended call": simulator,
}


@pytest.mark.parametrize("language", ["nl", "fr"])
@pytest.mark.parametrize("name", PAGES)
def test_whoever_listens_or_has_a_small_screen_can_use_it(name: str, language: str, visitor: Visitor) -> None:
    visitor.language = language
    PAGES[name](visitor)
    page = visitor.page
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size(NARROW)
    assert page.evaluate(STICKS_OUT) == []
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == language


def test_a_shift_is_taken_over_by_keyboard_alone(
    visitor: Visitor, session_for: Callable[[str], Session]
) -> None:
    shifts(visitor)
    page = visitor.page
    page.locator("section[aria-labelledby=asked] button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("section[aria-labelledby=mine] h3")).to_have_count(2)
    expect(page.locator("section[aria-labelledby=asked]")).to_have_count(0)
