"""A small network of partners, and a referral service that makes them offers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session, select

from services.referral.directory.tables import Organisation, Service, organisation_id, service_id
from services.referral.referrals import commands
from services.referral.referrals.placing import Cause
from services.referral.referrals.rules import Consent
from services.referral.referrals.tables import ConsentBy, ConsentHow, DeclineReason, Offer, Referral
from shared.clock import FixedClock
from shared.desk.items import open_items
from shared.messaging.tables import outbox
from tests.conftest import MORNING
from tests.kit.details import request_facts


def partner(session: Session, key: str, **changes: Any) -> UUID:
    """Add a partner with one service that goes along on visits; return the id of the service."""
    values: dict[str, Any] = {
        "id": service_id(key),
        "organisation_id": organisation_id(key),
        "name": "Begeleid bezoek",
        "description": "",
        "country": "NL",
        "needs": ["bezoek"],
        "serves": ["child", "carer"],
        "languages": ["nl"],
        "email": f"aanmelden@{key}.example",
        "agreement_signed": date(2026, 1, 5),
        "verified_on": date(2026, 11, 1),
        "updated_at": MORNING,
    }
    session.add(
        Organisation(
            id=organisation_id(key), key=key, name=key.title(), country="NL", kind="ngo", updated_at=MORNING
        )
    )
    session.flush()
    session.add(Service(**(values | changes)))
    session.commit()
    return service_id(key)


def question(**changes: Any) -> commands.NewRequest:
    facts = request_facts(**changes)
    return commands.NewRequest(facts.id, facts, Cause(uuid4().hex, uuid4()))


BY_TELEPHONE = Consent(ConsentBy.ASKER, ConsentHow.BY_TELEPHONE, MORNING.date(), noted_by="desk of the test")


class Centre:
    """The referral service with a clock that the test moves."""

    def __init__(self, session: Session, clock: FixedClock) -> None:
        self.session, self.clock = session, clock

    def question(self, auto_offer: bool = True, **changes: Any) -> UUID:
        facts = request_facts(**changes)
        commands.receive(self.session, facts.id, facts, at=self.clock.now(), auto_offer=auto_offer)
        self.session.commit()
        return facts.id

    def decline(self, auto_offer: bool = True) -> None:
        last, now = self.offers[-1].id, self.clock.now()
        commands.decline(self.session, last, DeclineReason.NOT_OURS, at=now, auto_offer=auto_offer)

    @property
    def referral(self) -> Referral:
        self.session.expire_all()
        return self.session.exec(select(Referral)).one()

    @property
    def offers(self) -> list[Offer]:
        self.session.expire_all()
        return list(self.session.exec(select(Offer).order_by(Offer.number)))  # type: ignore[arg-type]

    @property
    def announced(self) -> list[str]:
        rows = self.session.execute(select(outbox).order_by(outbox.c.sequence))  # type: ignore[call-overload]
        return [row.type.removeprefix("org.weerzien.referral.").removesuffix(".v1") for row in rows]

    @property
    def waiting(self) -> list[tuple[str, str]]:
        return [(item.kind, item.reason) for item in open_items(self.session)]

    def at(self, moment: datetime) -> None:
        self.clock.set(moment)
