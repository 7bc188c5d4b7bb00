"""Somebody with a browser, before they go anywhere: where the site is, and in which language they read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import Page, Response
from sqlmodel import Session, select

from services.intake.requests import commands as questions
from services.intake.requests.commands import SentForm
from services.intake.requests.rules import examine
from services.intake.requests.schemas import AdviceRequestIn
from services.intake.requests.tables import AdviceRequest
from services.intake.staff import sessions
from services.intake.staff.access import COOKIE
from services.intake.staff.commands import add
from services.intake.staff.tables import Person, Role
from shared.peers import Peer
from shared.runtime import Runtime
from tests.intake.requests.questions import question
from tests.kit.peers import fake

# What is wider than the window.
STICKS_OUT = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")]
        .filter(one => one.getBoundingClientRect().right > width + 1)
        .map(one => one.outerHTML.slice(0, 80));
}"""
SENSITIVE = "Reden: papa zit vast. <b>Wat zeg ik?</b> \u0645\u0631\u062d\u0628\u0627 \U0001f642"


@dataclass
class Visiting:
    page: Page
    site: Callable[[str], str]
    runtime_for: Callable[[str], Runtime]
    language: str = "nl"

    def go(self, service: str, path: str) -> Response:
        answer = self.page.goto(f"{self.site(service)}{path}?lang={self.language}")
        assert answer is not None
        return answer

    def press(self, selector: str) -> None:
        self.page.click(selector)
        self.page.wait_for_load_state()

    def session(self, service: str) -> Session:
        return self.runtime_for(service).sessions()

    def asked(self, **changes: Any) -> tuple[str, str]:
        """A question that was asked before; its reference and its return code."""
        examined = examine(AdviceRequestIn.model_validate(question(question=SENSITIVE, **changes)))
        with self.session("intake") as session:
            at = self.runtime_for("intake").clock.now()
            receipt = questions.submit(session, examined, SentForm(uuid4().hex, "192.0.2.1", at), at=at)
            return receipt.reference, receipt.return_code

    def row(self, reference: str) -> AdviceRequest:
        with self.session("intake") as session:
            return session.exec(select(AdviceRequest).where(AdviceRequest.reference == reference)).one()

    def sign_in(self, name: str = "Noor", *roles: Role) -> Person:
        """Sign in, as an adviser unless said, at a desk with the other services behind it."""
        for other in ("referral", "notify"):
            peer = Peer("intake", other, httpx.Client(base_url=self.site(other)))
            known = fake(self.runtime_for("intake"), other)
            known.desk, known.erases = peer, peer.erase
        with self.session("intake") as session:
            now = self.runtime_for("intake").clock.now()
            person = add(session, name, f"{name}@centre.example", roles or [Role.ADVISER], at=now)
            token = sessions.begin(session, person, means="link")
            session.commit()
            session.refresh(person)
        self.page.context.add_cookies([{"name": COOKIE, "value": token, "url": self.site("intake")}])
        return person
