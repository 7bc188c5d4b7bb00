"""Pages by which people who work here sign in and manage each other: by keyboard alone, on any screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe

from services.intake.staff import access, sessions
from services.intake.staff.commands import add, sample_link, setup_link
from services.intake.staff.tables import Role
from tests.browser.conftest import NARROW
from tests.browser.visitor import Visitor
from tests.conftest import MORNING
from tests.kit.staff import PASSWORD, Somebody, somebody

pytestmark = pytest.mark.browser
STICKS_OUT = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def signed_in(visitor: Visitor, *roles: Role) -> Somebody:
    with visitor.session("intake") as session:
        who = somebody(session, *(roles or (Role.OPERATOR, Role.ADVISER)))
        token = sessions.begin(session, who.person, means="password", browser="Firefox, Windows")
        session.commit()
    site = visitor.site("intake")
    visitor.page.context.add_cookies([{"name": access.COOKIE, "value": token, "url": site}])
    return who


def sign_in_page(visitor: Visitor) -> None:
    visitor.go("intake", "/desk/sign-in")


def sign_in_refused(visitor: Visitor) -> None:
    sign_in_page(visitor)
    visitor.page.fill("#email", "nobody@centre.example")
    visitor.press("main form button")


def set_up(visitor: Visitor) -> None:
    with visitor.session("intake") as session:
        lies = add(session, "Lies", "lies@centre.example", [Role.ADVISER], at=MORNING)
        token = setup_link(session, lies)
        session.commit()
    visitor.go("intake", f"/desk/set-up/{token}")


def set_up_refused(visitor: Visitor) -> None:
    set_up(visitor)
    visitor.page.fill("#password", "kort")
    visitor.press("main form button")


def set_up_code(visitor: Visitor) -> None:
    set_up(visitor)
    visitor.page.fill("#password", PASSWORD)
    visitor.press("main form button")


def recovery_codes(visitor: Visitor) -> None:
    set_up_code(visitor)
    secret = visitor.page.inner_text("code.wz-code").replace(" ", "")
    visitor.page.fill("#code", pyotp.TOTP(secret).at(datetime.now(UTC)))
    visitor.press("main form button")


def link_over(visitor: Visitor) -> None:
    visitor.go("intake", f"/desk/set-up/{'x' * 43}")


def sample(visitor: Visitor) -> None:
    with visitor.session("intake") as session:
        token = sample_link(session, at=MORNING)
    visitor.go("intake", f"/desk/sample/{token}")


def step_up(visitor: Visitor) -> None:
    signed_in(visitor)
    visitor.go("intake", "/desk/step-up")


def me(visitor: Visitor) -> None:
    who = signed_in(visitor)
    with visitor.session("intake") as session:
        sessions.begin(session, who.person, means="recovery", browser="Safari, iPhone")
        session.commit()
    visitor.go("intake", "/desk/me")


def people(visitor: Visitor) -> None:
    signed_in(visitor)
    visitor.go("intake", "/desk/people")


def people_refused(visitor: Visitor) -> None:
    people(visitor)
    visitor.press("main form button")


def person(visitor: Visitor) -> None:
    people(visitor)
    visitor.press("main ul.wz-items a")


def person_refused(visitor: Visitor) -> None:
    person(visitor)
    visitor.press("main form:last-of-type button")


def taken_in(visitor: Visitor) -> None:
    people(visitor)
    visitor.page.fill("#name", "Lies")
    visitor.page.fill("#email", "lies@centre.example")
    visitor.page.check("#roles")
    visitor.press("main form button")


PAGES: list[Callable[[Visitor], None]] = [
    sign_in_page,
    sign_in_refused,
    set_up,
    set_up_refused,
    set_up_code,
    recovery_codes,
    link_over,
    sample,
    step_up,
    me,
    people,
    people_refused,
    person,
    person_refused,
    taken_in,
]


@pytest.mark.parametrize("go", PAGES, ids=lambda go: go.__name__)
def test_whoever_works_here_can_use_the_page_on_any_screen_and_by_ear(
    go: Callable[[Visitor], None], visitor: Visitor
) -> None:
    asked: list[str] = []
    said: list[str] = []
    page = visitor.page
    page.on("request", lambda request: asked.append(urlsplit(request.url).hostname or "data"))
    page.on("console", lambda line: said.append(line.text) if "Content Security" in line.text else None)
    go(visitor)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.locator("h1").count() == 1
    assert page.locator(".wz-leave").count() == 0
    for width in (NARROW["width"], 360, 1200):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate(STICKS_OUT) is False, width
    assert set(asked) <= {"127.0.0.1", "data"}
    assert said == []


@pytest.mark.parametrize("go", [sign_in_refused, set_up_code, me, people], ids=lambda go: go.__name__)
def test_french_fits_as_well(go: Callable[[Visitor], None], visitor: Visitor) -> None:
    visitor.language = "fr"
    go(visitor)
    visitor.page.set_viewport_size(NARROW)
    assert visitor.page.evaluate(STICKS_OUT) is False
    assert visitor.page.locator("html").get_attribute("lang") == "fr"


def test_somebody_signs_in_and_out_by_keyboard_alone(visitor: Visitor) -> None:
    with visitor.session("intake") as session:
        who = somebody(session, Role.OPERATOR)
    page = visitor.page
    visitor.go("intake", "/desk/people")
    assert urlsplit(page.url).path == "/desk/sign-in"
    page.focus("#email")
    for typed in (who.email, PASSWORD):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.type(who.code())
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/people*")
    page.focus("header form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/sign-in*")
    visitor.go("intake", "/desk/people")
    assert urlsplit(page.url).path == "/desk/sign-in"


def test_the_picture_is_shown_and_holds_what_can_be_typed(visitor: Visitor) -> None:
    set_up_code(visitor)
    shown = visitor.page.evaluate("document.querySelector('main img').naturalWidth")
    assert shown > 100
    assert len(visitor.page.inner_text("code.wz-code").replace(" ", "")) == 32
