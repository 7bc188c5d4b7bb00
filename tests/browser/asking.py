"""Somebody who asks, reads, comes back, and writes to and fro with the centre."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import Any
from uuid import uuid4

from sqlmodel import select

from services.intake.asking import commands
from services.intake.asking.answers import Answers
from services.intake.asking.browser import COOKIE, PATH
from services.intake.asking.steps import STEPS
from services.intake.conversations import commands as conversations
from services.intake.conversations.commands import Words
from services.intake.requests import commands as questions
from services.intake.requests.references import proof_token
from services.intake.requests.tables import AdviceRequest, State
from tests.browser.visiting import SENSITIVE, Visiting
from tests.kit.details import referral_detail
from tests.kit.peers import fake

ANSWERS = {
    "secret": "no",
    "who": "carer",
    "audience": "child",
    "requester_organisation": "Basisschool De Springplank",
    "requester_name": "Els",
    "share": "yes",
    "needs": "bezoek",
    "question": SENSITIVE,
    "country": "NL",
    "postcode": "5038 AB",
    "channel": "sms",
    "name": "Noor",
    "phone": "06-12345678",
    "email": "noor@example.org",
    "address": "Lange Weg 1",
    "worker_organisation": "School",
    "worker_name": "Ann",
    "worker_email": "ann@school.example",
}
# What is chosen from a list already.
CHOSEN = ("language", "facility", "stage")


class Asking(Visiting):
    """Who asks, and who comes back."""

    def home(self) -> None:
        self.go("intake", "/")

    def form(self) -> None:
        """The first step."""
        self.go("intake", "/ask")

    def at(self, step: str, **changes: str) -> None:
        """Ask as a carer in Tilburg unless said, as far as a step, and fill in nothing there."""
        answers = ANSWERS | changes
        if "/ask" not in self.page.url:
            self.form()
        for _ in range(20):
            if self.page.url.partition("?")[0].endswith(f"/ask/{step}"):
                return
            self.fill(answers)
            self.press("#on")
        raise AssertionError(f"{step} is not on the way: {self.page.url}")

    def opens(self, step: str, changes: Mapping[str, str]) -> None:
        """Open a step in a browser in which those before it were answered."""
        chosen: dict[str, Any] = {"needs": [ANSWERS["needs"]]}
        posted = Answers(**{**ANSWERS, **changes, **chosen})
        given = Answers()
        for one in takewhile(lambda one: one.code != step, STEPS):
            given = given.taken(one.code, one.fields(given), posted)
        with self.session("intake") as session:
            token = commands.begin(session, given, at=self.runtime_for("intake").clock.now())
        cookie: Any = {"name": COOKIE, "value": token, "url": f"{self.site('intake')}{PATH}"}
        self.page.context.add_cookies([cookie])
        self.go("intake", f"{PATH}/{step}")

    def fill(self, answers: Mapping[str, str]) -> None:
        """Fill in what this step asks."""
        for name, value in answers.items():
            fields = self.page.locator(f"#ask [name={name}]")
            kind = fields.first.get_attribute("type") if fields.count() else None
            if kind in ("radio", "checkbox"):
                one = self.page.locator(f"#ask [name={name}][value={value}]")
                if not one.is_visible():
                    self.page.click("#ask summary")  # it is among what few people need
                one.check()
            elif fields.count() and name not in CHOSEN:
                fields.fill(value)

    def wrong(self, step: str, typed: Mapping[str, str], **changes: str) -> None:
        """Go as far as a step, and fill in there what has to be corrected."""
        self.at(step, **changes)
        self.fill(typed)
        self.press("#on")

    def form_full_of_mistakes(self) -> None:
        self.wrong("place", {})

    def wrong_telephone(self) -> None:
        self.wrong("contact", {"phone": "0612", "name": "Noor"})

    def wrong_times(self) -> None:
        typed = {"safe_days": "mon", "safe_from": "20:00", "safe_to": "17:00"}
        self.wrong("times", typed, secret="yes")

    def fill_in(self, **changes: str) -> None:
        """Answer everything, and look at it once more."""
        self.at("check", **changes)
        self.page.check("#store")

    def received(self) -> None:
        self.fill_in()
        self.press("#send")

    def received_about_safety(self) -> None:
        school = {"who": "school", "country": "BE", "postcode": "9000", "phone": "0470 12 34 56"}
        self.fill_in(danger="yes", **school)
        self.press("#send")

    def received_without_consent(self) -> None:
        self.fill_in(share="ask-first", channel="none")
        self.press("#send")

    def received_for_a_person(self) -> None:
        self.fill_in(channel="phone")
        self.press("#send")

    def begun(self) -> None:
        """The first step once more, with a question that was begun."""
        self.at("about")
        self.form()

    def step_gone(self) -> None:
        self.go("intake", "/ask/words")

    def proof(self) -> None:
        self.asked()
        with self.session("intake") as session:
            request = session.exec(select(AdviceRequest)).one()
        self.go("intake", f"/confirm/{proof_token(request.id)}")

    def proven(self) -> None:
        self.proof()
        self.press("main form button")

    def proof_ended(self) -> None:
        self.go("intake", "/confirm/unknown")

    def too_much(self) -> None:
        self.at("words")
        self.page.fill("#question", "x" * 130_000)
        self.press("#on")

    # Coming back

    def status_form(self) -> None:
        self.go("intake", "/status")

    def wrong_code(self) -> None:
        self.status_form()
        self.page.fill("#reference", "WZ-2222-2222")
        self.page.fill("#code", "2222-2222-2222-2222")
        self.press("main form button")

    def status_of(self, state: State | None, channel: str = "sms", **referral: Any) -> None:
        """Ask, let this be heard about the question, and come back with what the receipt said."""
        reference, code = self.asked(contact={"channel": channel})
        if state is not None:
            self.hear(reference, state, referral)
        self.status_form()
        self.page.fill("#reference", reference)
        self.page.fill("#code", code)
        self.press("main form button")

    def hear(self, reference: str, state: State, referral: dict[str, Any]) -> None:
        runtime, referral_id = self.runtime_for("intake"), uuid4()
        known = {"organisation": None, "website": None} | referral
        fake(runtime, "referral").learn(referral_detail(referral_id, **known))
        with self.session("intake") as session:
            found = session.exec(select(AdviceRequest.id).where(AdviceRequest.reference == reference)).one()
            news = questions.News(found, state, referral_id, runtime.clock.now())
            questions.hear_all(session, [news])
            session.commit()

    def just_received(self) -> None:
        self.status_of(None)

    def somebody_said_yes(self) -> None:
        self.status_of(State.ACCEPTED, organisation="Stichting Exodus", website="exodus.example")

    def somebody_said_yes_to_who_wants_to_hear_nothing(self) -> None:
        self.status_of(State.ACCEPTED, "none", organisation="Stichting Exodus", website="exodus.example")

    def nobody_found(self) -> None:
        helplines = [{"name": "De Luisterlijn", "website": "luisterlijn.example"}]
        self.status_of(State.WAITING, helplines=helplines)

    def taken_back(self) -> None:
        self.just_received()
        self.press("main form button")

    # Reading

    def help(self) -> None:
        self.go("intake", "/help")

    def nowhere(self) -> None:
        self.go("intake", "/nowhere")

    # Writing to and fro

    def comes_back(self, reference: str, code: str) -> None:
        self.status_form()
        self.page.fill("#reference", reference)
        self.page.fill("#code", code)
        self.press("main form button")

    def answered(self, text: str = SENSITIVE, **changes: Any) -> tuple[str, str]:
        """A question that somebody of the centre answered in writing; its reference and its code."""
        reference, code = self.asked(**changes)
        with self.session("intake") as session:
            at, id = self.runtime_for("intake").clock.now(), self.row(reference).id
            conversations.answer(session, id, Words(text, uuid4().hex), at=at, who=f"staff:{uuid4()}")
        return reference, code

    def conversation(self) -> None:
        self.comes_back(*self.answered())

    def conversation_written(self) -> None:
        self.conversation()
        self.page.fill("#text", SENSITIVE)
        self.press("form[action*='/status/messages'] button")

    def conversation_in_danger(self) -> None:
        self.conversation()
        self.page.fill("#text", SENSITIVE)
        self.page.check("#danger")
        self.press("form[action*='/status/messages'] button")

    def conversation_without_words(self) -> None:
        self.conversation()
        self.press("form[action*='/status/messages'] button")
