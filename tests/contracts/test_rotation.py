"""A signing key is rotated while people hold what the old one signed: all of it still works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.notify.contacts.commands import suppress
from services.notify.contacts.queries import silent_among
from services.referral.referrals import commands, rules
from services.referral.referrals.tables import Offer
from shared import crypto
from shared.clock import FixedClock
from shared.crypto import Keyring
from shared.errors import Unauthorized
from shared.events.details import OfferDetail
from shared.peers import Peer
from shared.security import service_tokens
from shared.settings import parse_keys
from shared.web import forms
from tests.intake.requests.questions import fields, press, question, walk
from tests.kit.details import request_facts
from tests.kit.settings import ENVIRONMENT
from tests.referral.referrals.network import partner

OLD = ENVIRONMENT["WEERZIEN_SECRET_KEY"]
NEW = "a-new-signing-key-0123456789-zyxwvutsrqponm"
Client = Callable[[str], TestClient]
Open = Callable[[str], Session]


def under(*ring: str) -> None:
    keys = parse_keys(ENVIRONMENT["WEERZIEN_ENCRYPTION_KEYS"])
    crypto.install(Keyring(ring, keys, index_key=OLD))


@pytest.fixture(autouse=True)
def _keys_come_back() -> Iterator[None]:
    before = crypto.keyring()
    yield
    crypto.install(before)


def test_an_asker_comes_back_with_the_return_code_of_before(
    client_for: Client, make_key: Callable[..., dict[str, str]]
) -> None:
    client, key = client_for("intake"), make_key("intake", "requests:write") | {"Idempotency-Key": "one"}

    def submitted() -> Any:
        return client.post("/v1/advice-requests", json=question(), headers=key).json()

    first = submitted()
    under(NEW, OLD)
    code = {"Authorization": f"Bearer {first['returnCode']}"}
    assert client.get(f"/v1/advice-requests/{first['reference']}", headers=code).status_code == 200
    again = submitted()
    assert (again["reference"], again["returnCode"]) == (first["reference"], first["returnCode"])
    under(NEW)
    assert client.get(f"/v1/advice-requests/{first['reference']}", headers=code).status_code == 200


def test_the_code_of_a_key_that_is_gone_is_not_given_again_and_none_that_is_wrong_is(
    client_for: Client, make_key: Callable[..., dict[str, str]]
) -> None:
    client, key = client_for("intake"), make_key("intake", "requests:write") | {"Idempotency-Key": "one"}
    assert client.post("/v1/advice-requests", json=question(), headers=key).status_code == 202
    under(NEW)
    assert client.post("/v1/advice-requests", json=question(), headers=key).status_code == 409


@pytest.fixture
def offered(session_for: Open, clock: FixedClock) -> UUID:
    session, facts = session_for("referral"), request_facts()
    partner(session, "exodus")
    commands.receive(session, facts.id, facts, at=clock.now(), auto_offer=True)
    session.commit()
    return session.exec(select(Offer.id)).one()


def test_a_partners_link_opens_and_the_next_mail_has_the_same_one(client_for: Client, offered: UUID) -> None:
    client = client_for("referral")

    def link() -> str:
        return Peer("notify", "referral", client).lookup(OfferDetail, [offered])[offered].link

    before = link()
    under(NEW, OLD)
    assert client.get(before.removeprefix("http://referral.test")).status_code == 200
    assert link() == before
    assert not before.endswith(rules.token_of(offered))


def test_a_form_that_was_open_is_taken(client_for: Client) -> None:
    client = client_for("intake")
    page = walk(client, fields())
    under(NEW, OLD)
    assert press(client, page, fields()).status_code == 200
    token = forms.new_token("ask")
    under(NEW)
    assert forms.is_ours(token, "ask")


def test_the_next_page_of_a_list_is_found(
    client_for: Client, make_key: Callable[..., dict[str, str]]
) -> None:
    client, key = client_for("intake"), make_key("intake", "requests:write", "desk")
    for number in range(2):
        body = question(danger=True, contact={"name": f"Noor {number}"})
        assert client.post("/v1/advice-requests", json=body, headers=key).status_code == 202
    page = client.get("/v1/work-items?limit=1", headers=key).json()
    under(NEW, OLD)
    rest = client.get("/v1/work-items", params={"cursor": page["next"]}, headers=key)
    assert len(rest.json()["items"]) == 1


def test_services_on_either_side_of_the_rotation_know_each_other() -> None:
    under(OLD, NEW)
    by_old = service_tokens.issue("referral", "intake")
    under(NEW, OLD)
    by_new = service_tokens.issue("referral", "intake")
    for ring in ((OLD, NEW), (NEW, OLD)):
        under(*ring)
        assert service_tokens.verify(by_old, "intake") == "referral"
        assert service_tokens.verify(by_new, "intake") == "referral"
    under(NEW)
    with pytest.raises(Unauthorized):
        service_tokens.verify(by_old, "intake")


def test_who_said_stop_is_left_alone(session_for: Open, clock: FixedClock) -> None:
    session = session_for("notify")
    suppress(session, "sms", "+31612345678", reason="stop-word", at=clock.now())
    for ring in ((NEW, OLD), (NEW,)):
        under(*ring)
        assert [*silent_among(session, "sms", ["+31612345678"])] == ["+31612345678"]
