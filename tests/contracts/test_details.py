"""Each owner's real route answers what the type of the detail says, and whoever asks can read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.requests.tables import AdviceRequest
from services.referral.referrals import commands
from services.referral.referrals.tables import Offer, Referral
from shared.clock import FixedClock
from shared.contact.organisations import marks
from shared.events.catalogue import PAYLOADS
from shared.events.details import (
    DETAILS,
    Asker,
    ContactPoint,
    D,
    Detail,
    OfferDetail,
    ReferralDetail,
    RequestFacts,
)
from shared.peers import AnswerUnreadable, Peer
from shared.runtime import Runtime
from shared.vocabulary import AgeBand, ContactChannel, HelpFor, Share, Stage
from tests.intake.requests.questions import fields, question, send
from tests.kit.details import request_facts
from tests.referral.referrals.network import partner

ClientFor = Callable[[str], TestClient]


def ask(client: TestClient, kind: type[D], detail_id: UUID) -> D:
    """As another service asks, over the owner's own route with a token of its own."""
    return Peer(kind.callers[0], kind.owner, client).lookup(kind, [detail_id])[detail_id]


@pytest.fixture
def asked(client_for: ClientFor, make_key: Callable[..., dict[str, str]]) -> UUID:
    """A teacher's request by a partner's form, with everything that a request can hold."""
    body = question(
        audience="school",
        helpFor=["child", "carer"],
        childAgeBands=["4-7"],
        stage="sentence",
        facility="nl-pi-lelystad",
        question="Hij is bang voor de poort.",
        requester={"organisation": "De Springplank", "name": "Juf Els"},
        contact={
            "name": "Noor",
            "phone": "06 12345678",
            "safeTimes": [{"days": ["mon", "wed"], "from": "17:00", "to": "20:00"}],
            "voicemail": True,
            "minorsOwnPhone": True,
        },
    )
    key = make_key("intake", "requests:write")
    answer = client_for("intake").post("/v1/advice-requests", json=body, headers=key)
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["id"])


def test_intake_says_what_a_request_is_about(client_for: ClientFor, asked: UUID) -> None:
    facts = ask(client_for("intake"), RequestFacts, asked)
    assert facts.help_for == (HelpFor.CHILD, HelpFor.CARER)
    assert facts.child_age_bands == (AgeBand.FROM_4,)
    assert (facts.stage, facts.facility) == (Stage.SENTENCE, "nl-pi-lelystad")
    assert (facts.share, facts.hold, facts.withdrawn) == (Share.YES, False, False)


def test_intake_says_how_its_asker_can_be_reached_without_harm(client_for: ClientFor, asked: UUID) -> None:
    contact = ask(client_for("intake"), ContactPoint, asked)
    assert (contact.channel, contact.phone) == (ContactChannel.SMS, "+31612345678")
    assert [(one.days, f"{one.from_:%H:%M}", f"{one.to:%H:%M}") for one in contact.safe_times] == [
        (("mon", "wed"), "17:00", "20:00")
    ]
    assert (contact.voicemail, contact.discreet, contact.minors_own_phone) == (True, True, True)
    assert contact.status_url.endswith("/status")
    assert (contact.by_public_form, contact.is_proven, contact.proof_url) == (False, True, None)


def test_intake_says_of_the_public_form_that_anybody_can_type_a_number_there(
    client_for: ClientFor, session_for: Callable[[str], Session]
) -> None:
    client = client_for("intake")
    assert send(client, fields()).status_code == 200
    request_id = session_for("intake").exec(select(AdviceRequest.id)).one()
    contact = ask(client, ContactPoint, request_id)
    assert (contact.by_public_form, contact.is_proven) == (True, False)
    assert "/confirm/" in str(contact.proof_url)
    assert ask(client, RequestFacts, request_id).unproven


def test_intake_says_by_which_marks_the_organisation_is_recognised_that_asks(
    client_for: ClientFor, asked: UUID
) -> None:
    facts = ask(client_for("intake"), RequestFacts, asked)
    assert facts.own == marks("de springplank")
    assert "pringplank" not in facts.model_dump_json()


def test_intake_gives_an_askers_words_and_who_wrote_for_them(client_for: ClientFor, asked: UUID) -> None:
    asker = ask(client_for("intake"), Asker, asked)
    assert asker.question == "Hij is bang voor de poort."
    assert asker.requester is not None
    assert (asker.requester.organisation, asker.requester.name) == ("De Springplank", "Juf Els")


@pytest.fixture
def referred(session_for: Callable[[str], Session], clock: FixedClock) -> tuple[UUID, UUID]:
    """A referral that was offered to one partner: its id and the offer's."""
    session, facts = session_for("referral"), request_facts()
    partner(session, "exodus")
    commands.receive(session, facts.id, facts, at=clock.now(), auto_offer=True)
    session.commit()
    return session.exec(select(Referral.id)).one(), session.exec(select(Offer.id)).one()


def test_referral_says_where_an_offer_goes_and_with_which_link(
    client_for: ClientFor, referred: tuple[UUID, UUID]
) -> None:
    referral_id, offer_id = referred
    client = client_for("referral")
    offer = ask(client, OfferDetail, offer_id)
    assert (offer.referral_id, offer.is_open) == (referral_id, True)
    assert offer.email == "aanmelden@exodus.example"
    assert offer.reference.startswith("WZ-")
    assert offer.offered_at is not None
    page = client.get(offer.link.removeprefix("http://referral.test"))
    assert page.status_code == 200


def test_referral_says_who_said_yes(
    client_for: ClientFor,
    session_for: Callable[[str], Session],
    referred: tuple[UUID, UUID],
    clock: FixedClock,
) -> None:
    referral_id, offer_id = referred
    client = client_for("referral")
    before = ask(client, ReferralDetail, referral_id)
    assert (before.state, before.organisation) == ("offered", None)
    commands.accept(session_for("referral"), offer_id, at=clock.now())
    after = ask(client, ReferralDetail, referral_id)
    assert (after.state, after.organisation, after.service) == ("accepted", "Exodus", "Begeleid bezoek")


@pytest.mark.parametrize("kind", DETAILS, ids=lambda kind: kind.__name__)
def test_what_is_unknown_is_left_out(client_for: ClientFor, kind: type[Detail]) -> None:
    assert Peer(kind.callers[0], kind.owner, client_for(kind.owner)).lookup(kind, [uuid4()]) == {}


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.name)
def test_an_event_holds_the_id_by_which_its_detail_is_asked(payload: Any) -> None:
    if payload.detail is not None:
        assert payload.detail.asked_by in payload.model_fields
        assert payload.detail.owner == payload.producer


def test_an_answer_that_is_not_what_its_type_says_is_told_apart_from_no_answer(
    runtime_for: Callable[[str], Runtime],
) -> None:
    runtime_for("notify")  # its keys sign the token
    renamed = {"items": [{"id": str(uuid4()), "phoneNumber": "+31612345678"}]}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=renamed))
    client = httpx.Client(base_url="http://intake.test", transport=transport)
    with pytest.raises(AnswerUnreadable):
        Peer("notify", "intake", client).lookup(ContactPoint, [uuid4()])
