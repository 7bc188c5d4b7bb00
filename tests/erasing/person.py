"""Everything that one person leaves with us: a question, an offer, texts, a reply, a visit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID, uuid4

from fastapi.testclient import TestClient
from sqlmodel import select

from services import system
from services.intake.calls.numbers import index_of
from services.intake.calls.tables import (
    Call,
    CallBack,
    Caller,
    CallNote,
    CallState,
    Flag,
    FlagKind,
    Sending,
    Why,
)
from services.intake.conversations.tables import Draft, OwnWords, Side, Written
from services.intake.desk.tables import DeskNote
from services.notify.channels.settings import NotifyRuntime
from services.notify.contacts.queries import address_index
from services.notify.visits import queries as visits
from services.notify.visits.rules import name_index
from services.referral.referrals import commands as referrals
from services.referral.referrals.tables import Offer
from shared.events.details import ContactPoint, RequestFacts
from shared.events.erasure import Whom
from shared.forgetting.erasing import erase
from shared.runtime import Runtime
from shared.vocabulary import ContactChannel
from tests.intake.requests.questions import question
from tests.kit.details import contact_point, request_facts
from tests.kit.peers import fake
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import Family, send_what_is_due
from tests.notify.visits.office import PRISON, Office
from tests.referral.referrals.network import partner

NAME, NUMBER, MAIL, WORDS = "Kanarievogel", "+31612345678", "kanarie@example.org", "kwetterdekwet"
INBOUND = "http://notify.test/twilio/inbound"


class Person:
    def __init__(
        self,
        runtime_for: Callable[[str], Runtime],
        client_for: Callable[[str], TestClient],
        make_key: Callable[..., dict[str, str]],
        twilio: TwilioStandIn,
    ) -> None:
        self.runtime_for, self.twilio = runtime_for, twilio
        self.intake, self.notify_web = client_for("intake"), client_for("notify")
        self.desk = make_key("intake", "desk", "requests:write")
        self.notify: NotifyRuntime = cast(Any, runtime_for("notify"))
        self.referral = runtime_for("referral")
        clock: Any = self.notify.clock
        self.office = Office(
            self.notify_web,
            self.notify,
            clock,
            make_key("notify", "desk"),
            make_key("notify", "visits:write", facilities=[PRISON]),
        )
        for name in ("referral", "notify"):
            fake(runtime_for("intake"), name).erases = self._erasing(name)
        with self.referral.sessions() as session:
            partner(session, "een")

    def _erasing(self, name: str) -> Callable[[Whom], dict[str, int]]:
        """What the internal route of this service does."""

        def erase_there(whom: Whom) -> dict[str, int]:
            runtime = self.runtime_for(name)
            with runtime.sessions() as session:
                counts = erase(session, system.service(name).eraser, whom, at=runtime.clock.now())
                session.rollback() if whom.dry_run else session.commit()
            return dict(counts)

        return erase_there

    def asks(self, **changed: Any) -> dict[str, Any]:
        """Send a question, have it offered, and get the receipt by text."""
        contact = {"name": NAME, "phone": NUMBER, "email": MAIL} | changed.pop("contact", {})
        body = question(contact=contact, question=WORDS, requester={"name": WORDS}, **changed)
        headers = self.desk | {"Idempotency-Key": f"key-{WORDS}-{contact['phone']}-{contact['name']}"}
        answer = self.intake.post("/v1/advice-requests", json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        asked: dict[str, Any] = answer.json()
        self._is_referred(UUID(asked["id"]), asked["reference"])
        family = Family(self.notify, UUID(asked["id"]), phone=contact["phone"], name=contact["name"])
        family.wants()
        send_what_is_due(self.notify)
        return asked

    def _is_referred(self, request_id: UUID, reference: str) -> None:
        facts: RequestFacts = request_facts(id=request_id, reference=reference)
        with self.referral.sessions() as session:
            referrals.receive(session, request_id, facts, at=self.referral.clock.now(), auto_offer=True)
            session.commit()

    def visits(self, **changed: Any) -> tuple[str, str]:
        """Register for a day that is to come; returns day and registration."""
        day = self.office.publish()
        return day, self.office.register(day, name=NAME, phone=NUMBER, email=MAIL, **changed)

    def is_at_the_desk(self, request_id: UUID) -> None:
        """What is kept of somebody who called, was to be called back, wrote, and was written about."""
        at, staff = self.referral.clock.now(), uuid4()
        known: dict[str, Any] = {"number": NUMBER, "number_index": index_of(NUMBER)}
        call = Call(state=CallState.FINALISED, at=at, anonymous=False, draft=WORDS, notes=WORDS, **known)
        back = CallBack(of_call=call.id, why=Why.MISSED, opened_at=at, due_at=at, say=WORDS, **known)
        caller = Caller(number_index=index_of(NUMBER), note=WORDS, changed_at=at)
        flag = Flag(
            caller_id=caller.id, kind=FlagKind.WARNING, why=WORDS, ends_at=at, asked_at=at, asked_by=staff
        )
        sent: dict[str, Any] = {
            "channel": "sms",
            "phone": NUMBER,
            "to_index": index_of(NUMBER),
            "country": "NL",
            "language": "nl",
        }
        written: dict[str, Any] = {"request_id": request_id, "text": WORDS, "written_at": at, "key": "a"}
        with self.runtime_for("intake").sessions() as session:
            session.add_all(
                [
                    call,
                    CallNote(call_id=call.id, at=at, staff_id=staff, text=WORDS),
                    back,
                    caller,
                    flag,
                    Sending(call_id=call.id, at=at, staff_id=staff, **sent),
                    Written(number=1, side=Side.ASKER, fingerprint=index_of(NUMBER), **written),
                    Draft(about_id=request_id, staff_id=staff, text=WORDS, kept_at=at),
                    OwnWords(staff_id=staff, channel=ContactChannel.SMS, **written),
                    *(
                        DeskNote(
                            service="intake",
                            item_id=uuid4(),
                            about=about,
                            author_id=staff,
                            written_at=at,
                            text=WORDS,
                        )
                        for about in (request_id, call.id, back.id)
                    ),
                ]
            )
            session.commit()

    def texts(self, body: str, *, sender: str = NUMBER) -> None:
        form = self.twilio.inbound_form(sender, body)
        headers = {"X-Twilio-Signature": self.twilio.signature(INBOUND, form)}
        assert self.notify_web.post(INBOUND, data=form, headers=headers).status_code == 200

    def arrive(self) -> None:
        """Let every text that the provider has arrive."""
        for entry in self.twilio.sent:
            entry.status = "delivered"

    def is_erased(self, **known: str) -> Any:
        return self.intake.post("/v1/erasures", json=known, headers=self.desk)

    def state_of(self, registration: str) -> tuple[str, str]:
        with self.notify.sessions() as session:
            one, _ = visits.with_visit(session, [UUID(registration)])[UUID(registration)]
            return str(one.state), one.name

    @property
    def offers(self) -> list[Offer]:
        with self.referral.sessions() as session:
            return list(session.exec(select(Offer)).all())

    @property
    def fingerprints(self) -> list[bytes]:
        return [address_index("sms", NUMBER), address_index("email", MAIL), name_index(NAME)]


def contact(request_id: UUID, **changed: Any) -> ContactPoint:
    return contact_point(request_id, **changed)
