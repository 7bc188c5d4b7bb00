"""The figures of referrals for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.referral.referrals import commands
from services.referral.referrals.tables import Offer
from shared.clock import FixedClock
from tests.kit.details import request_facts
from tests.kit.figures import figure
from tests.referral.referrals.network import partner


def test_an_offer_whose_time_is_over_is_late_until_it_is_handed_on(
    client_for: Callable[[str], TestClient], session_for: Callable[[str], Session], clock: FixedClock
) -> None:
    client, session = client_for("referral"), session_for("referral")
    partner(session, "huis")
    facts = request_facts()
    commands.receive(session, facts.id, facts, at=clock.now(), auto_offer=True)
    session.commit()
    assert figure(client, "weerzien_referrals", status="offered") == 1
    assert figure(client, "weerzien_offers_late_seconds") == 0
    clock.set(session.exec(select(Offer)).one().answer_by + timedelta(minutes=5))
    assert figure(client, "weerzien_offers_late_seconds") == 300
