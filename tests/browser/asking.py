"""Somebody who asks, reads, comes back, and writes to and fro with the centre."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlmodel import select

from services.intake.conversations import commands as conversations
from services.intake.conversations.commands import Words
from services.intake.requests import commands as questions
from services.intake.requests.references import proof_token
from services.intake.requests.tables import AdviceRequest, State
from tests.browser.visiting import SENSITIVE, Visiting
from tests.kit.details import referral_detail
from tests.kit.peers import fake


class Asking(Visiting):
    """Who asks, and who comes back."""

    def form(self) -> None:
        self.go("intake", "/")

    def form_full_of_mistakes(self) -> None:
        self.form()
        self.page.check("input[name=country][value=NL]")
        self.page.fill("#postcode", "99")
        self.page.fill("#question", SENSITIVE)
        self.page.check("input[name=channel][value=sms]")
        self.page.fill("#phone", "0612")
        self.page.check("input[name=safe_days][value=mon]")
        self.page.fill("#safe_from", "20:00")
        self.page.fill("#safe_to", "17:00")
        self.press("main form button")

    def fill_in(self, **changes: str) -> None:
        chosen = {"audience": "carer", "needs": "bezoek", "country": "NL", "channel": "sms", "share": "yes"}
        self.form()
        for name, value in (chosen | changes).items():
            self.page.check(f"input[name={name}][value={value}]")
        self.page.check("#store")
        self.page.fill("#postcode", "5038 AB")
        self.page.fill("#name", "Noor")
        self.page.fill("#phone", "06-12345678")
        self.page.fill("#question", SENSITIVE)

    def received(self) -> None:
        self.fill_in()
        self.press("main form button")

    def received_about_safety(self) -> None:
        self.fill_in(danger="yes", audience="school", country="BE")
        self.page.fill("#postcode", "9000")
        self.page.fill("#phone", "0470 12 34 56")
        self.press("main form button")

    def received_without_consent(self) -> None:
        self.fill_in(share="ask-first", channel="none")
        self.press("#send")

    def received_for_a_person(self) -> None:
        self.fill_in(channel="phone")
        self.press("#send")

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
        self.fill_in()
        self.page.fill("#question", "x" * 130_000)
        self.press("#send")

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
