"""Somebody at a partner, in a family that visits, and at the postbus."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import col, select

from services.notify.channels.port import ChannelName, Outgoing
from services.notify.channels.postbus import Postbus
from services.notify.contacts.queries import address_index
from services.notify.families.finding import code_of
from services.notify.visits import links
from services.notify.visits.tables import FamilyChannel, Registration, VisitDay, VisitKind
from services.referral.directory.tables import Organisation, Service, organisation_id, service_id
from services.referral.referrals import commands as referrals
from services.referral.referrals import rules as offers
from services.referral.referrals.tables import Offer
from tests.browser.asking import Asking
from tests.browser.visiting import SENSITIVE
from tests.kit.details import asker, request_facts
from tests.kit.peers import fake


class Elsewhere(Asking):
    """Partners, families, and whoever runs the postbus."""

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

    def days(self) -> None:
        """A place with days, which is what somebody finds who looked for one."""
        self.visit_day()
        self.go("notify", f"/days/at/{code_of('nl-pi-vught')}")

    def visit_day(self) -> VisitDay:
        runtime = self.runtime_for("notify")
        with self.session("notify") as session:
            session.expire_on_commit = False
            day, _ = registered(runtime.clock.now())
            session.add(day)
            session.commit()
        return day

    def days_near(self) -> None:
        self.go("notify", "/days")
        self.page.fill("#postcode", "3511 AB")
        self.press("#find")

    def register_wrongly(self) -> None:
        self.go("notify", f"/days/new/{self.visit_day().id}")
        self.press("#on")

    def registers(self) -> None:
        """Until the last look, with papers that expire too soon."""
        page = self.page
        self.go("notify", f"/days/new/{self.visit_day().id}")
        page.fill("#name", SENSITIVE)
        page.fill("#adults", "1")
        self.press("#on")
        self.press("#on")
        page.check("#first_visit")
        page.fill("#papers_until", "2026-12-02")
        self.press("#on")
        page.fill("#special_needs", SENSITIVE)
        self.press("#on")
        page.check("#escort")
        self.press("#on")
        page.check("input[name=channel][value=letter]")
        self.press("#on")
        page.fill("#address", "Dorpsstraat 1")
        self.press("#on")

    def registered(self) -> None:
        self.registers()
        self.press("#send")

    def own_page(self) -> None:
        self.registered()
        self.press("main .wz-button")

    def own_reach(self) -> None:
        self.own_page()
        self.press("main a[href*='/reach']")

    def own_cancel(self) -> None:
        self.own_page()
        self.press("main a[href*='/cancel']")

    def lost_link(self) -> None:
        self.go("notify", "/days/lost")

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
