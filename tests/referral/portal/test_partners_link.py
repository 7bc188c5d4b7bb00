"""A partner answers from its mail: opening the link shows, a button acts, and only the first press counts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.referral.referrals import commands, rules
from services.referral.referrals.tables import DeclineReason, Offer, OfferState, Referral, Status
from shared.clock import FixedClock
from shared.desk.items import open_items
from shared.messaging.tables import outbox
from shared.runtime import Runtime
from tests.kit.details import asker, request_facts
from tests.kit.peers import fake
from tests.referral.referrals.network import partner


class Link:
    def __init__(self, client: TestClient, session: Session, runtime: Runtime) -> None:
        self.client, self.session, self.runtime = client, session, runtime
        facts = request_facts()
        self.request = facts.id
        commands.receive(session, self.request, facts, at=runtime.clock.now(), auto_offer=True)
        session.commit()
        [self.offer] = session.exec(select(Offer)).all()
        self.path = f"/r/{rules.token_of(self.offer.id)}"
        self.intake = fake(runtime, "intake")
        self.intake.learn(asker(self.request))

    def press(self, **form: str) -> Any:
        return self.client.post(self.path, data=form)

    @property
    def states(self) -> list[OfferState]:
        self.session.expire_all()
        offers = self.session.exec(select(Offer).order_by(Offer.number)).all()  # type: ignore[arg-type]
        return [one.state for one in offers]


@pytest.fixture
def link(
    client_for: Callable[[str], TestClient],
    session_for: Callable[[str], Session],
    runtime_for: Callable[[str], Runtime],
) -> Link:
    session = session_for("referral")
    for key in ("een", "twee"):
        partner(session, key)
    return Link(client_for("referral"), session, runtime_for("referral"))


def test_a_mail_scanner_that_opens_the_link_changes_nothing_and_learns_no_name(link: Link) -> None:
    for _ in range(3):
        assert link.client.get(link.path).status_code == 200
        assert link.client.head(link.path).status_code == 200
    page = link.client.get(link.path)
    assert link.states == [OfferState.OPEN]
    assert "Noor de Wit" not in page.text
    assert "12345678" not in page.text
    assert link.intake.asked == []


def test_the_page_is_kept_by_nobody_and_tells_no_other_site(link: Link) -> None:
    headers = link.client.get(link.path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex"


def test_after_a_yes_the_partner_sees_who_it_is_and_how_to_reach_them_safely(link: Link) -> None:
    page = link.press(action="accept")
    assert page.status_code == 200
    for words in ("Noor de Wit", "+31612345678", "maandag, woensdag", "17:00–20:00", "voicemail niet in"):
        assert words in page.text
    assert link.states == [OfferState.ACCEPTED]
    assert "Noor de Wit" in link.client.get(link.path).text


def test_only_after_a_yes_the_partner_reads_what_was_written_and_who_filled_it_in(
    link: Link,
) -> None:
    written = ("Hij is bang voor de poort.", "Juf Els, De Springplank")
    assert not any(words in link.client.get(link.path).text for words in written)
    assert all(words in link.press(action="accept").text for words in written)


def test_who_gets_in_touch_themselves_is_not_called_or_written_to(link: Link) -> None:
    link.intake.learn(asker(link.request, channel="none"))
    page = link.press(action="accept").text
    assert "Deze persoon neemt zelf contact met jullie op. Bel of schrijf niet." in page
    assert "WZ-2345-6789" in page
    assert "+31612345678" not in page
    assert "maandag, woensdag" not in page


def test_without_a_telephone_nothing_is_said_about_one(link: Link) -> None:
    only_email = {"channel": "email", "phone": None, "email": "noor@example.org", "minors_own_phone": True}
    link.intake.learn(asker(link.request, **only_email))
    page = link.press(action="accept").text
    assert "voicemail" not in page
    assert "jonger dan 18" not in page
    assert "Noem het ook niet in een sms of in het onderwerp van een e-mail." in page


def test_nobody_is_told_that_another_was_asked_where_nobody_may_have_been(link: Link) -> None:
    link.press(action="decline", reason="full")
    assert "we zoeken meteen verder" in link.client.get(link.path).text


def test_a_second_press_says_what_was_done_and_does_nothing(link: Link) -> None:
    link.press(action="accept")
    again = link.press(action="decline", reason="full")
    assert again.status_code == 200
    assert "Jullie hebben ja gezegd" in again.text
    assert link.states == [OfferState.ACCEPTED]


@pytest.mark.parametrize("form", [{}, {"action": "decline"}, {"action": "dance"}])
def test_after_an_answer_an_unclear_press_is_told_what_was_done(link: Link, form: dict[str, str]) -> None:
    link.press(action="accept")
    page = link.press(**form)
    assert page.status_code == 200
    assert "Jullie hebben ja gezegd" in page.text or "Noor de Wit" in page.text
    assert link.states == [OfferState.ACCEPTED]


def test_two_colleagues_who_press_at_once_accept_once(link: Link) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: link.press(action="accept").status_code, range(8)))
    assert set(answers) == {200}
    assert link.states == [OfferState.ACCEPTED]


def test_a_no_with_its_reason_asks_the_next(link: Link) -> None:
    page = link.press(action="decline", reason="full")
    assert "nee gezegd" in page.text
    assert link.states == [OfferState.DECLINED, OfferState.OPEN]


@pytest.mark.parametrize(
    "form", [{}, {"action": "maybe"}, {"action": "decline"}, {"action": "decline", "reason": "shoes"}]
)
def test_a_form_that_says_nothing_clear_is_asked_again_and_changes_nothing(
    link: Link, form: dict[str, str]
) -> None:
    page = link.press(**form)
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert link.states == [OfferState.OPEN]


def test_too_late_is_said_in_words_and_changes_nothing(link: Link, clock: FixedClock) -> None:
    clock.set(link.offer.answer_by + timedelta(seconds=1))
    page = link.press(action="accept")
    assert page.status_code == 200
    assert "De tijd om te antwoorden is voorbij" in page.text
    assert "Noor de Wit" not in page.text
    assert link.states == [OfferState.OPEN]


def test_a_question_that_was_taken_back_is_told_and_shows_nobody(link: Link) -> None:
    link.press(action="accept")
    commands.withdraw(link.session, link.request, at=link.runtime.clock.now())
    link.session.commit()
    page = link.client.get(link.path)
    assert "Neem geen contact (meer) op met deze persoon" in page.text
    assert "Noor de Wit" not in page.text


@pytest.mark.parametrize(
    "left", ["active = false", "agreement_signed = NULL", "agreement_signed = '2026-12-02'"]
)
@pytest.mark.parametrize("said_yes", [True, False])
def test_who_is_no_partner_any_more_can_take_nothing_on_and_reads_of_nobody(
    link: Link, left: str, said_yes: bool
) -> None:
    if said_yes:
        link.press(action="accept")
    link.session.execute(sa.text(f"UPDATE services SET {left}"))
    link.session.commit()
    link.intake.asked.clear()
    before = link.states
    for page in (link.client.get(link.path), link.press(action="accept")):
        assert page.status_code == 200
        assert "hoeft niet meer beantwoord" in page.text
        assert "Noor de Wit" not in page.text
        assert "<form" not in page.text.split("<main")[1]
    assert link.states == before
    assert link.intake.asked == []


def test_where_intake_is_away_the_yes_stands_and_the_page_says_to_come_back(link: Link) -> None:
    link.intake.away = True
    page = link.press(action="accept")
    assert page.status_code == 200
    assert "over een paar minuten" in page.text
    assert link.states == [OfferState.ACCEPTED]


@pytest.mark.parametrize("token", ["x", "a" * 43, "..%2f..", "é"])
def test_a_link_that_leads_nowhere_is_a_page_that_says_so(link: Link, token: str) -> None:
    page = link.client.get(f"/r/{token}", headers={"Accept-Language": "nl"})
    assert page.status_code == 404
    assert "Deze pagina is er niet" in page.text


def test_the_api_shows_the_referral_with_its_explanation(
    link: Link, make_key: Callable[..., dict[str, str]]
) -> None:
    key = make_key("referral", "referrals:read")
    listed = link.client.get(f"/v1/referrals?adviceRequestId={link.request}", headers=key).json()
    [found] = listed["items"]
    assert found["state"] == "offered"
    assert found["explanation"]["candidates"][0]["sentences"]
    assert found["explanation"]["ruleset"]
    assert [one["explanation"] for one in found["offers"]] == [None]
    assert link.client.get(f"/v1/referrals/{found['id']}", headers=key).json() == found
    assert link.client.get("/v1/referrals", headers=key).status_code == 400
    assert link.client.get(f"/v1/referrals/{found['id']}").status_code == 401


def test_why_each_partner_was_asked_is_still_told_after_the_question_was_matched_anew(
    link: Link, make_key: Callable[..., dict[str, str]]
) -> None:
    key = make_key("referral", "referrals:read") | {"Accept-Language": "en"}
    path = f"/v1/referrals/{link.offer.referral_id}"
    before = link.client.get(path, headers=key).json()["explanation"]
    assert len(before["candidates"]) == 2
    link.press(action="decline", reason="full")
    found = link.client.get(path, headers=key).json()
    assert [one["explanation"] for one in found["offers"]] == [before, None]
    assert len(found["explanation"]["candidates"]) == 1
    last, now = UUID(found["offers"][1]["id"]), link.runtime.clock.now()
    commands.decline(link.session, last, DeclineReason.FULL, at=now, auto_offer=True)
    told_last = link.client.get(path, headers=key).json()
    assert told_last["state"] == "unplaced"
    assert [len(one["explanation"]["candidates"]) for one in told_last["offers"]] == [2, 1]


def test_the_desk_confirms_what_waits_with_the_explanation_in_view(
    link: Link, make_key: Callable[..., dict[str, str]]
) -> None:
    facts = request_facts(share="ask-first")
    commands.receive(link.session, facts.id, facts, at=link.runtime.clock.now(), auto_offer=True)
    link.session.commit()
    desk = make_key("referral", "desk")
    [item] = link.client.get("/v1/work-items", headers=desk).json()["items"]
    assert item["actions"] == ["confirm", "choose", "settled-by-telephone", "settled-in-writing"]
    path = f"/v1/work-items/{item['id']}/resolutions"
    assert link.client.post(path, json={"action": "dance"}, headers=desk).status_code == 400
    assert link.client.post(path, json={"action": "choose"}, headers=desk).status_code == 400
    refused = link.client.post(path, json={"action": "choose", "serviceId": "1"}, headers=desk)
    assert refused.status_code == 400
    said = {"consentBy": "asker", "consentHow": "by-telephone", "consentOn": "2026-12-01"}
    assert link.client.post(path, json={"action": "confirm"} | said, headers=desk).status_code == 201
    assert open_items(link.session) == []
    told_to_intake = link.session.execute(sa.select(outbox.c.type)).scalars().all()
    assert "org.weerzien.referral.consented.v1" in told_to_intake
    link.session.expire_all()
    confirmed = link.session.exec(select(Referral).where(Referral.request_id == facts.id)).one()
    assert confirmed.status is Status.OFFERED


def test_the_desk_sees_what_can_be_done_and_that_the_asker_is_to_be_asked(
    link: Link, desk_shows: Callable[..., str]
) -> None:
    facts = request_facts(share="ask-first")
    commands.receive(link.session, facts.id, facts, at=link.runtime.clock.now(), auto_offer=True)
    link.session.commit()
    [item] = open_items(link.session)
    shown = desk_shows("referral", item.id)
    for words in ("eerst vragen", "De vrager zegt ja: aanbieden aan de beste kandidaat", "is er niet meer"):
        assert words in shown
