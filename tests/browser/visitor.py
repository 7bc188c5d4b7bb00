"""Somebody who goes through the site as people do, by the fields and buttons of the pages themselves.

Every step of `PAGES` leaves the browser on one page of the site, in one language.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from playwright.sync_api import Page, Response
from sqlmodel import Session, col, select

from services.intake.requests import commands as questions
from services.intake.requests.commands import SentForm
from services.intake.requests.references import proof_token
from services.intake.requests.rules import examine
from services.intake.requests.schemas import AdviceRequestIn
from services.intake.requests.suspicion import HELD_FROM_ONE_PLACE
from services.intake.requests.tables import AdviceRequest, State
from services.intake.staff import sessions
from services.intake.staff.access import COOKIE
from services.intake.staff.commands import add
from services.intake.staff.tables import Person, Role
from services.notify.channels.port import ChannelName, Outgoing
from services.notify.channels.postbus import Postbus
from services.notify.contacts.queries import address_index
from services.notify.visits import links
from services.notify.visits.tables import FamilyChannel, Registration, VisitDay, VisitKind
from services.referral.directory.tables import Organisation, Service, organisation_id, service_id
from services.referral.referrals import commands as referrals
from services.referral.referrals import rules as offers
from services.referral.referrals.tables import Offer
from shared.peers import Peer
from shared.runtime import Runtime
from tests.intake.requests.questions import question
from tests.kit.details import asker, referral_detail, request_facts
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
class Visitor:
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

    # Asking

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

    def asked(self, **changes: Any) -> tuple[str, str]:
        """A question that was asked before; its reference and its return code."""
        examined = examine(AdviceRequestIn.model_validate(question(question=SENSITIVE, **changes)))
        with self.session("intake") as session:
            at = self.runtime_for("intake").clock.now()
            receipt = questions.submit(session, examined, SentForm(uuid4().hex, "192.0.2.1", at), at=at)
            return receipt.reference, receipt.return_code

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

    # At the desk

    def sign_in(self, name: str = "Noor") -> Person:
        """Sign in as an adviser, at a desk with the other services behind it."""
        for other in ("referral", "notify"):
            web = httpx.Client(base_url=self.site(other))
            fake(self.runtime_for("intake"), other).desk = Peer("intake", other, web)
        with self.session("intake") as session:
            now = self.runtime_for("intake").clock.now()
            person = add(session, name, f"{name}@centre.example", [Role.ADVISER], at=now)
            token = sessions.begin(session, person, means="link")
            session.commit()
            session.refresh(person)
        self.page.context.add_cookies([{"name": COOKIE, "value": token, "url": self.site("intake")}])
        return person

    def desk(self) -> None:
        self.sign_in()
        self.go("intake", "/desk")

    def desk_list(self) -> None:
        self.asked(danger=True)
        self.desk()

    def desk_groups(self) -> None:
        for _ in range(2):
            self.asked(contact={"channel": "none"})
        self.desk()

    def desk_group(self) -> None:
        self.desk_groups()
        self.press("main ul.wz-items a")

    def desk_group_done(self) -> None:
        self.desk_group()
        self.press("main form button")

    def desk_many_in_danger(self) -> None:
        for _ in range(HELD_FROM_ONE_PLACE[0] + 2):
            self.asked(danger=True)
        self.asked(contact={"channel": "none"})
        self.desk()

    def desk_asked_again(self) -> None:
        self.desk_many_in_danger()
        self.press("main section ul.wz-items a")
        self.press("main form button >> nth=0")

    def desk_today(self) -> None:
        self.desk_list()
        self.go("intake", "/desk/today")

    def desk_item(self) -> None:
        self.desk_list()
        self.press(".wz-items a")

    def desk_item_shown(self) -> None:
        self.desk_item()
        self.page.check("#why-call")
        self.press("form:has(#why) button")

    def desk_item_without_reason(self) -> None:
        self.desk_item()
        self.press("form:has(#why) button")

    def desk_noted(self) -> None:
        self.desk_item()
        self.page.fill("#note", SENSITIVE)
        self.press("form:has(#note) button")

    def desk_done(self) -> None:
        self.desk_item()
        self.press("main form:has(input[name=action]) button >> nth=0")

    def desk_taken_by_another(self) -> None:
        self.desk_item()
        self.press("form[action*='/take'] button")
        self.sign_in("Sam")
        self.page.reload()
        self.press("main form:has(input[name=action]) button >> nth=0")

    def desk_with_a_part_away(self) -> None:
        self.asked(danger=True)
        self.sign_in()
        fake(self.runtime_for("intake"), "referral").away = True
        self.go("intake", "/desk")

    def desk_candidates(self) -> None:
        self.offered(auto_offer=False)
        self.desk()
        self.press(".wz-items a")

    def desk_without_choice(self) -> None:
        self.desk_candidates()
        self.press("main form:has(input[name=serviceId]) button")

    # At a partner

    def offered(self, *, auto_offer: bool = True) -> UUID:
        runtime, request = self.runtime_for("referral"), uuid4()
        now = runtime.clock.now()
        with self.session("referral") as session:
            if session.get(Organisation, organisation_id("exodus")) is None:
                session.add_all(partner(now))
                session.commit()
            referrals.receive(session, request, request_facts(**FACTS), at=now, auto_offer=auto_offer)
            session.commit()
        return request

    def offer(self) -> None:
        self.go("referral", f"/r/{self.token(self.offered())}")

    def token(self, request: UUID) -> str:
        with self.session("referral") as session:
            return offers.token_of(session.exec(select(Offer.id).order_by(col(Offer.id).desc())).all()[0])

    def offer_declined_without_reason(self) -> None:
        self.offer()
        self.press("main form:has(fieldset) button")

    def offer_declined(self) -> None:
        self.offer()
        self.page.check("input[name=reason][value=full]")
        self.press("main form:has(fieldset) button")

    def offer_accepted(self, **person: Any) -> None:
        request = self.offered()
        fake(self.runtime_for("referral"), "intake").learn(asker(request, **CONTACT | person))
        self.go("referral", f"/r/{self.token(request)}")
        self.press("main form button >> nth=0")

    def offer_accepted_of_who_calls_themselves(self) -> None:
        self.offer_accepted(channel="none")

    def link_to_nowhere(self) -> None:
        self.go("referral", f"/r/{'x' * 43}")

    # A family

    def address(self) -> None:
        runtime = self.runtime_for("notify")
        with self.session("notify") as session:
            day, family = registered(runtime.clock.now())
            session.add(day)
            session.flush()
            session.add(family)
            session.commit()
            token = links.token(family)
        self.go("notify", f"/confirm/{token}")

    def address_confirmed(self) -> None:
        self.address()
        self.press("main form button")

    def address_ended(self) -> None:
        self.go("notify", "/confirm/unknown")

    # The postbus

    def postbus(self) -> None:
        runtime = self.runtime_for("notify")
        for channel, to in ((ChannelName.SMS, "+31612345678"), (ChannelName.EMAIL, "noor@example.org")):
            subject = None if channel is ChannelName.SMS else "Vraag van Weerzien"
            text = f"{SENSITIVE}\nhttps://weerzien.example/status/{'lang' * 40}"
            Postbus(channel, runtime.sessions, runtime.clock).send(Outgoing(uuid4(), to, subject, text, "nl"))
        self.go("notify", "/postbus")

    def empty_postbus(self) -> None:
        self.go("notify", "/postbus")


def registered(now: Any) -> tuple[VisitDay, Registration]:
    """A visit day, and a family whose changed address nobody has confirmed."""
    day = VisitDay(
        facility="nl-pi-vught",
        country="NL",
        place="Vught",
        zone="Europe/Amsterdam",
        visit_date=now.date() + timedelta(days=16),
        start_time=time(14),
        end_time=time(15),
        starts_at=now + timedelta(days=16),
        ends_at=now + timedelta(days=16, hours=1),
        capacity=5,
        kind=VisitKind.CHILD_VISIT,
        created_at=now,
        changed_at=now,
    )
    return day, Registration(
        visit_day_id=day.id,
        name="Noor",
        email="noor@example.org",
        contact_index=address_index("email", "noor@example.org"),
        channel=FamilyChannel.EMAIL,
        language="nl",
        adults=1,
        child_age_bands=[],
        first_visit=False,
        number_confirmed=False,
        address_unproven=True,
        created_at=now,
    )


def partner(now: Any) -> tuple[Organisation, Service]:
    owner = Organisation(
        id=organisation_id("exodus"),
        key="exodus",
        name="Stichting Exodus (voorbeeld)",
        country="NL",
        kind="aftercare",
        website="exodus.example",
        sample=True,
        updated_at=now,
    )
    return owner, Service(
        id=service_id("exodus"),
        organisation_id=owner.id,
        name="Ouders, kinderen en detentie",
        description="Begeleid bezoek",
        country="NL",
        needs=["bezoek"],
        languages=["nl"],
        email="aanbod@exodus.example",
        agreement_signed=now.date(),
        verified_on=now.date() - timedelta(days=1),
        updated_at=now,
    )


FACTS = {
    "audience": "carer",
    "help_for": ["child"],
    "needs": ["bezoek", "emotioneel"],
    "stage": "remand",
    "child_age_bands": ["4-7", "8-11"],
    "country": "NL",
    "postcode": "5038",
    "language": "nl",
    "share": "yes",
    "hold": False,
    "urgency": "urgent",
    "remote": "yes",
    "facility": None,
}
CONTACT = {
    "name": "Noor",
    "channel": "sms",
    "reference": "WZ-7K3M-9QXT",
    "minors_own_phone": True,
    "question": "Hij is bang voor de poort.\n\nWat kan ik doen?",
    "requester": {"organisation": "De Springplank", "name": "Juf Els", "role": "leerkracht"},
}

PAGES: dict[str, Callable[[Visitor], object]] = {
    "the form": Visitor.form,
    "the form full of mistakes": Visitor.form_full_of_mistakes,
    "a form that is too large": Visitor.too_much,
    "the receipt": Visitor.received,
    "the receipt of a question that may not be shared": Visitor.received_without_consent,
    "the receipt of a question that a person reads first": Visitor.received_for_a_person,
    "the receipt of a question about safety": Visitor.received_about_safety,
    "the link in a mail": Visitor.proof,
    "the link in a mail, followed": Visitor.proven,
    "the link in a mail that has ended": Visitor.proof_ended,
    "coming back": Visitor.status_form,
    "coming back with a wrong code": Visitor.wrong_code,
    "a question that was received": Visitor.just_received,
    "a question that somebody said yes to": Visitor.somebody_said_yes,
    "a question that somebody said yes to, for who wants to hear nothing": (
        Visitor.somebody_said_yes_to_who_wants_to_hear_nothing
    ),
    "a question without an answer yet": Visitor.nobody_found,
    "a question that was taken back": Visitor.taken_back,
    "help": Visitor.help,
    "a page that is not there": Visitor.nowhere,
    "the desk with nothing to do": Visitor.desk,
    "the desk with a part away": Visitor.desk_with_a_part_away,
    "what is left today": Visitor.desk_today,
    "the desk's list": Visitor.desk_list,
    "the desk's list with a group": Visitor.desk_groups,
    "a group of the desk": Visitor.desk_group,
    "a group of the desk that is done": Visitor.desk_group_done,
    "the desk's list with many in danger": Visitor.desk_many_in_danger,
    "a group of the desk that is asked twice": Visitor.desk_asked_again,
    "an item of the desk": Visitor.desk_item,
    "an item of which all is shown": Visitor.desk_item_shown,
    "an item that nobody said why to show": Visitor.desk_item_without_reason,
    "an item with a note": Visitor.desk_noted,
    "an item that a colleague took": Visitor.desk_taken_by_another,
    "an item with candidates": Visitor.desk_candidates,
    "an item without a choice made": Visitor.desk_without_choice,
    "an item that is done": Visitor.desk_done,
    "an offer": Visitor.offer,
    "an offer declined without a reason": Visitor.offer_declined_without_reason,
    "an offer that was declined": Visitor.offer_declined,
    "an offer that was accepted": Visitor.offer_accepted,
    "an offer that was accepted, of who calls themselves": Visitor.offer_accepted_of_who_calls_themselves,
    "a link that leads nowhere": Visitor.link_to_nowhere,
    "the page that asks whose an address is": Visitor.address,
    "the page that asks whose an address is, answered": Visitor.address_confirmed,
    "the page that asks whose an address is, too late": Visitor.address_ended,
    "the postbus": Visitor.postbus,
    "the empty postbus": Visitor.empty_postbus,
}
