"""What anybody may have sent reaches no partner and takes up no room, until it is proven or confirmed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from services.referral.referrals.tables import Offer, Referral
from services.referral.service import SERVICE
from shared.clock import FixedClock
from shared.desk.items import open_items
from shared.events.details import RequestFacts
from shared.events.envelope import Envelope
from shared.events.intake import RequestChange, RequestReceived, RequestUpdated, RequestWithdrawn
from shared.events.payloads import Payload
from shared.vocabulary import Share
from tests.kit.details import request_facts
from tests.referral.referrals.network import partner


def hear(session: Session, clock: FixedClock, payload: Payload, facts: RequestFacts) -> None:
    event = Envelope[Any](
        id=uuid4(),
        source="urn:nld:kvknr:12345678:weerzien",
        type=payload.event_type(),
        subject=str(payload.subject),
        time=clock.now(),
        sequence="0000000001",
        data=payload,
    )
    found = SERVICE.wiring.subscriptions.get(payload.event_type())
    assert found is not None
    found.handler(session, [event], {event.id: facts}, at=clock.now())
    session.commit()


def arrives(session: Session, clock: FixedClock, **changes: Any) -> RequestFacts:
    facts = request_facts(**changes)
    hear(session, clock, RequestReceived(request_id=facts.id), facts)
    return facts


def asked(session: Session) -> list[Offer]:
    return list(session.exec(select(Offer)))


def test_forty_anonymous_forms_make_no_offer_and_a_real_question_finds_its_partner(
    session: Session, clock: FixedClock
) -> None:
    partner(session, "klein", capacity=3)
    for _ in range(40):
        arrives(session, clock, unproven=True)
    assert asked(session) == []
    assert open_items(session) == []
    real = arrives(session, clock)
    [offer] = asked(session)
    [referral] = session.exec(select(Referral))
    assert (referral.request_id, offer.referral_id) == (real.id, referral.id)


@pytest.mark.parametrize("change", [RequestChange.PROVEN, RequestChange.CONFIRMED])
def test_it_is_matched_as_usual_once_it_is_proven_or_confirmed(
    session: Session, clock: FixedClock, change: RequestChange
) -> None:
    partner(session, "een")
    facts = arrives(session, clock, unproven=True)
    for _ in range(2):
        free = facts.model_copy(update={"unproven": False})
        hear(session, clock, RequestUpdated(request_id=facts.id, change=change), free)
    assert len(asked(session)) == 1


def test_nobody_is_asked_for_consent_before_it_is_proven(session: Session, clock: FixedClock) -> None:
    partner(session, "een")
    facts = arrives(session, clock, unproven=True, share=Share.ASK_FIRST)
    assert open_items(session) == []
    free = facts.model_copy(update={"unproven": False})
    hear(session, clock, RequestUpdated(request_id=facts.id, change=RequestChange.PROVEN), free)
    [item] = open_items(session)
    assert item.kind == "consent-needed"
    assert asked(session) == []


def test_what_was_taken_back_before_its_proof_is_referred_to_nobody(
    session: Session, clock: FixedClock
) -> None:
    partner(session, "een")
    facts = arrives(session, clock, unproven=True)
    hear(session, clock, RequestWithdrawn(request_id=facts.id), facts)
    free = facts.model_copy(update={"unproven": False})
    hear(session, clock, RequestUpdated(request_id=facts.id, change=RequestChange.PROVEN), free)
    assert asked(session) == []
