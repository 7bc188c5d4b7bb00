"""The organisation's own account in a real browser: there and back, across two sites, by keyboard alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from pydantic import SecretStr
from sqlalchemy import update

from services.intake.settings import IntakeSettings
from services.intake.staff.commands import add
from services.intake.staff.tables import Role, StaffSession
from shared.runtime import Runtime
from tests.browser.fitting import is_fit
from tests.browser.visitor import Visitor
from tests.conftest import MORNING
from tests.kit import oidc
from tests.kit.oidc import CLIENT, SECRET, StandIn

pytestmark = pytest.mark.browser


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with oidc.running() as running:
        yield running


@pytest.fixture
def here(visitor: Visitor, provider: StandIn, runtime_for: Callable[[str], Runtime]) -> str:
    """The address of intake: by name, so that the provider is another site."""
    address = visitor.site("intake").replace("127.0.0.1", "localhost")
    settings = runtime_for("intake").settings
    assert isinstance(settings, IntakeSettings)
    settings.public_url_intake = address
    settings.oidc_issuer, settings.oidc_client_id = provider.issuer, CLIENT
    settings.oidc_client_secret = SecretStr(SECRET)
    with visitor.session("intake") as session:
        add(session, "Lies", "lies@centre.example", [Role.OPERATOR], at=MORNING)
        session.commit()
    return address


def press(page: Page) -> None:
    page.focus("#account")
    page.keyboard.press("Enter")


def arrives(page: Page, path: str) -> None:
    page.wait_for_url(lambda url: urlsplit(url).path == path)


def test_somebody_goes_to_their_organisation_and_is_in_when_they_come_back(
    visitor: Visitor, here: str, provider: StandIn
) -> None:
    page, said = visitor.page, []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.goto(here + "/desk/people")
    arrives(page, "/desk/sign-in")
    is_fit(page)
    press(page)
    arrives(page, "/desk/people")
    page.goto(here + "/desk/me")
    is_fit(page)
    with visitor.session("intake") as session:
        session.execute(update(StaffSession).values(stepped_up_at=None))
        session.commit()
    provider.claims = {"auth_time": int(time.time())}
    page.goto(here + "/desk/step-up?next=/desk/me")
    is_fit(page)
    press(page)
    arrives(page, "/desk/me")
    assert said == []


def test_whoever_is_not_known_here_reads_why(visitor: Visitor, here: str, provider: StandIn) -> None:
    page = visitor.page
    provider.claims = {"email": "bram@centre.example"}
    page.goto(here + "/desk/sign-in")
    press(page)
    page.wait_for_selector("#mistakes")
    is_fit(page)
    assert page.locator("#account-error").is_visible()


def test_without_scripts_it_works_as_well(page_without_javascript: Page, here: str) -> None:
    page = page_without_javascript
    page.goto(here + "/desk/sign-in")
    press(page)
    arrives(page, "/desk/people")
