"""A partner's link ends some weeks after its referral; a fresh one goes to the address that we have, only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.referral.directory.tables import Service
from services.referral.referrals import commands, rules
from services.referral.referrals.tables import DeclineReason, Offer
from shared.clock import FixedClock
from shared.messaging.tables import outbox
from shared.runtime import Runtime
from tests.kit.details import asker, request_facts
from tests.kit.peers import fake
from tests.referral.referrals.network import partner

ENDED = "Deze link is verlopen"


class Link:
    def __init__(self, client: TestClient, session: Session, runtime: Runtime, clock: FixedClock) -> None:
        self.client, self.session, self.runtime, self.clock = client, session, runtime, clock
        facts = request_facts()
        self.request = facts.id
        commands.receive(session, self.request, facts, at=clock.now(), auto_offer=True)
        session.commit()
        [self.offer] = session.exec(select(Offer)).all()
        self.path = self.newest
        self.intake = fake(runtime, "intake")
        self.intake.learn(asker(self.request))

    @property
    def newest(self) -> str:
        self.session.expire_all()
        return f"/r/{rules.token_of(self.offer.id, self.offer.link_epoch)}"

    def page(self, path: str = "") -> str:
        answer = self.client.get(path or self.path)
        assert answer.status_code == 200
        return str(answer.text)

    def ask_for_another(self) -> Any:
        return self.client.post(self.path, data={"action": "fresh-link"})

    @property
    def mails(self) -> int:
        query = select(outbox.c.type).where(outbox.c.type == "org.weerzien.referral.link-renewed.v1")
        return len(self.session.exec(query).all())


@pytest.fixture
def link(
    client_for: Callable[[str], TestClient],
    session_for: Callable[[str], Session],
    runtime_for: Callable[[str], Runtime],
    clock: FixedClock,
) -> Link:
    session = session_for("referral")
    for key in ("een", "twee"):
        partner(session, key, verified_on=clock.now().date() + timedelta(days=300))
    return Link(client_for("referral"), session, runtime_for("referral"), clock)


def end(link: Link) -> None:
    commands.decline(link.session, link.offer.id, DeclineReason.FULL, at=link.clock.now(), auto_offer=False)


def test_a_link_shows_how_it_went_for_thirty_days_and_then_nothing_of_the_question(link: Link) -> None:
    end(link)
    link.clock.advance(timedelta(days=30) - timedelta(seconds=1))
    assert ENDED not in link.page()
    link.clock.advance(timedelta(seconds=1))
    page = link.page()
    assert ENDED in page
    assert "Begeleid bezoek" not in page
    assert link.client.head(link.path).status_code == 200
    assert link.mails == 0


def test_the_partner_that_helps_keeps_its_link_as_long_as_it_helps(link: Link) -> None:
    link.client.post(link.path, data={"action": "accept"})
    link.clock.advance(timedelta(days=200))
    assert "Noor de Wit" in link.page()
    commands.withdraw(link.session, link.request, at=link.clock.now())
    link.session.commit()
    link.clock.advance(timedelta(days=31))
    asked = len(link.intake.asked)
    assert ENDED in link.page()
    assert len(link.intake.asked) == asked


def test_a_link_that_ended_answers_nothing_any_more(link: Link) -> None:
    end(link)
    link.clock.advance(timedelta(days=31))
    assert ENDED in link.client.post(link.path, data={"action": "accept"}).text


def test_a_press_of_the_button_mails_a_fresh_link_that_works_for_a_week(link: Link) -> None:
    end(link)
    link.clock.advance(timedelta(days=31))
    answer = link.ask_for_another()
    assert answer.status_code == 200
    assert "nieuwe link onderweg" in answer.text
    assert rules.token_of(link.offer.id, 1) not in answer.text
    assert link.mails == 1
    assert link.newest != link.path
    assert ENDED in link.page()
    assert ENDED not in link.page(link.newest)
    link.clock.advance(timedelta(days=7))
    assert ENDED in link.page(link.newest)


def test_the_mail_tells_the_fresh_link(link: Link, client_for: Callable[[str], TestClient]) -> None:
    from shared.security.service_tokens import issue

    end(link)
    link.clock.advance(timedelta(days=31))
    link.ask_for_another()
    headers = {"Authorization": f"Bearer {issue('notify', 'referral')}"}
    answer = link.client.post("/internal/offers", json={"ids": [str(link.offer.id)]}, headers=headers)
    assert answer.json()["items"][0]["link"].endswith(link.newest)


def test_at_most_one_fresh_link_an_hour_and_five_a_day(link: Link) -> None:
    end(link)
    link.clock.advance(timedelta(days=31, minutes=59))
    assert link.ask_for_another().status_code == 200
    link.clock.advance(timedelta(minutes=59))
    assert link.ask_for_another().status_code == 429
    for _ in range(6):
        link.clock.advance(timedelta(hours=1))
        link.ask_for_another()
    assert link.mails == 5


def test_a_partner_that_left_gets_no_fresh_link(link: Link) -> None:
    end(link)
    link.clock.advance(timedelta(days=31))
    service = link.session.get_one(Service, link.offer.service_id)
    service.active = False
    link.session.commit()
    assert link.ask_for_another().status_code == 410
    assert link.mails == 0
