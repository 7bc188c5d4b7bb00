"""No partner is told of a question before its asker says yes, and who said so, how and when is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from services.referral.referrals import commands, queries, rules, subscribers
from services.referral.referrals.api import _referral
from services.referral.referrals.desk import describe
from services.referral.referrals.tables import ConsentBy, ConsentHow, Referral, Status
from shared.desk.items import open_items
from shared.events.envelope import Envelope
from shared.events.intake import RequestChange, RequestUpdated
from shared.runtime import Runtime
from shared.vocabulary import Share
from tests.kit.desk import one_desk, token_in
from tests.kit.details import request_facts
from tests.kit.staff import sign_in
from tests.referral.referrals.network import BY_TELEPHONE, Centre

YES = {"consentBy": "guardian", "consentHow": "in-writing", "consentOn": "2026-11-30"}


@pytest.fixture
def press(
    centre: Centre, client_for: Callable[[str], TestClient], make_key: Callable[..., dict[str, str]]
) -> Callable[..., Any]:
    """What a press at the desk is answered, by the API."""

    def pressed(action: str, **said: str) -> Any:
        [item] = open_items(centre.session)
        path = f"/v1/work-items/{item.id}/resolutions"
        answer = client_for("referral").post(
            path, json={"action": action} | said, headers=make_key("referral", "desk")
        )
        centre.session.rollback()
        return answer

    return pressed


def says_yes(centre: Centre, request: UUID, **changes: Any) -> None:
    """Hear of a yes on the status page, as the consumer does."""
    event = Envelope[RequestUpdated](
        id=uuid4(),
        source="urn:nld:test",
        type=RequestUpdated.event_type(),
        subject=str(request),
        time=centre.clock.now(),
        sequence="0000000001",
        data=RequestUpdated(request_id=request, change=RequestChange.CONSENT_GIVEN),
    )
    facts = request_facts(id=request, share="yes", **changes)
    subscribers.on_updated(centre.session, event, facts, at=centre.clock.now())
    centre.session.commit()


def kept(referral: Referral) -> tuple[Any, ...]:
    return referral.consent_by, referral.consent_how, referral.consent_on, referral.consent_noted_by


@pytest.mark.parametrize("share", ["no", "ask-first"])
@pytest.mark.parametrize("action", ["confirm", "choose"])
def test_of_a_child_that_may_not_be_contacted_no_press_at_the_desk_tells_a_partner(
    centre: Centre, partners: list[UUID], press: Callable[..., Any], share: str, action: str
) -> None:
    centre.question(audience="child", share=share, may_contact=False)
    refused = press(action, serviceId=str(partners[0]), **YES)
    assert refused.status_code == 400
    assert [error["code"] for error in refused.json()["errors"]] == ["unknown-action"]
    with pytest.raises(rules.NotAllowed):
        commands.agree(centre.session, centre.referral.id, BY_TELEPHONE, at=centre.clock.now())
    centre.session.rollback()
    assert (centre.offers, centre.announced) == ([], ["proposed"])


def test_nor_is_there_a_button(
    centre: Centre,
    partners: list[UUID],
    client_for: Callable[[str], TestClient],
    make_key: Callable[..., dict[str, str]],
    desk_shows: Callable[..., str],
) -> None:
    centre.question(share="no", may_contact=False)
    [item] = open_items(centre.session)
    client, key = client_for("referral"), make_key("referral", "desk")
    shown = client.get(f"/v1/work-items/{item.id}", headers=key).json()
    assert (shown["actions"], shown["asks"]) == (["seen", "settled-by-telephone"], {})
    page = desk_shows("referral", item.id)
    assert "De vrager zei nee tegen delen" in page
    assert "zegt ja" not in page


@pytest.mark.parametrize("share", ["no", "ask-first"])
def test_whoever_tells_the_desk_yes_is_asked_who_how_and_when_and_that_is_kept_and_shown(
    centre: Centre, partners: list[UUID], press: Callable[..., Any], share: str
) -> None:
    centre.question(share=share)
    refused = press("confirm")
    assert refused.status_code == 400
    assert [error["field"] for error in refused.json()["errors"]] == [*YES]
    assert centre.offers == []
    assert press("confirm", **YES).status_code == 201
    assert len(centre.offers) == 1
    assert kept(centre.referral)[:3] == (ConsentBy.GUARDIAN, ConsentHow.IN_WRITING, date(2026, 11, 30))
    assert centre.referral.consent_noted_by
    centre.decline()
    centre.decline()
    [item] = open_items(centre.session)
    facts = {fact.label: fact.value for fact in describe(centre.session, item, "nl").facts}
    assert facts["consent-by"] == "guardian"
    assert facts["consent-on"] == "30 november 2026"
    assert facts["consent-noted-by"] == centre.referral.consent_noted_by


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"consentBy": "the neighbour"}, "not-a-choice"),
        ({"consentHow": "on-status-page"}, "not-a-choice"),
        ({"consentOn": "yesterday"}, "date"),
        ({"consentOn": "2026-12-02"}, "day-to-come"),
        ({"consentOn": ""}, "consent-on-missing"),
    ],
)
def test_a_yes_that_nobody_can_have_said_shares_nothing(
    centre: Centre, partners: list[UUID], press: Callable[..., Any], said: dict[str, str], code: str
) -> None:
    centre.question(share="ask-first")
    refused = press("choose", serviceId=str(partners[0]), **(YES | said))
    assert [error["code"] for error in refused.json()["errors"]] == [code]
    assert refused.json()["errors"][0]["detail"]
    assert centre.offers == []
    assert centre.waiting == [("consent-needed", "consent")]


def test_what_was_said_is_still_filled_in_where_one_answer_lacks(
    centre: Centre,
    partners: list[UUID],
    client_for: Callable[[str], TestClient],
    runtime_for: Callable[[str], Runtime],
    session_for: Callable[[str], Session],
) -> None:
    centre.question(share="ask-first")
    [item] = open_items(centre.session)
    client, path = one_desk(runtime_for, client_for), f"/desk/items/referral/{item.id}"
    sign_in(client, session_for("intake"))
    page = client.get(path, headers={"Accept-Language": "nl"}).text
    sent = {"form": token_in(page), "action": "confirm", "consentBy": "asker", "consentOn": "2026-11-30"}
    again = client.post(path, data=sent, headers={"Accept-Language": "nl"})
    assert again.status_code == 400
    assert "Kies hoe dat gezegd werd." in again.text
    assert 'value="asker" checked' in again.text
    assert 'value="2026-11-30"' in again.text


def test_the_yes_of_the_status_page_asks_the_partner_that_was_shown_there(
    centre: Centre, partners: list[UUID]
) -> None:
    request = centre.question(share="ask-first", may_contact=False)
    shown = _referral(centre.referral, None, None).meant
    first = centre.referral.explanation["candidates"][0]
    assert shown == first["organisation"]
    # Since then this partner was asked for others, and would come last.
    for _ in range(6):
        again = request_facts(share="yes")
        commands.receive(centre.session, again.id, again, at=centre.clock.now(), auto_offer=True)
        centre.session.commit()
    before = len(centre.offers)
    known = queries.referral_of(centre.session, request)
    assert known is not None
    centre.clock.advance(timedelta(hours=1))
    says_yes(centre, request, may_contact=False)
    says_yes(centre, request, may_contact=False)
    new = centre.offers[before:] or centre.offers
    assert len(centre.offers) == before + 1
    [offer] = [one for one in new if one.referral_id == known.id]
    assert str(offer.service_id) == first["serviceId"]
    centre.session.refresh(known)
    assert kept(known) == (ConsentBy.ASKER, ConsentHow.ON_STATUS_PAGE, date(2026, 12, 1), "weerzien")
    assert known.about.share is Share.YES
    assert centre.waiting == []


def test_a_yes_that_is_heard_of_before_the_question_itself_is_kept_too(
    centre: Centre, partners: list[UUID]
) -> None:
    facts = request_facts(share="yes", may_contact=False)
    says_yes(centre, facts.id, may_contact=False)
    commands.receive(centre.session, facts.id, facts, at=centre.clock.now(), auto_offer=True)
    centre.session.commit()
    assert centre.referral.consent_how is ConsentHow.ON_STATUS_PAGE
    assert centre.referral.status is Status.OFFERED


def test_who_is_meant_is_told_only_to_who_is_still_to_be_asked(centre: Centre, partners: list[UUID]) -> None:
    centre.question(share="no")
    assert _referral(centre.referral, None, None).meant is None
