"""Whoever wants no mail ends it with one click in the mail program, or one press on our page (RFC 8058)."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.notify.channels.port import ChannelName, Outgoing
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.channels.smtp_email import compose
from services.notify.contacts import unsubscribing
from services.notify.messages.tables import MessageState, Purpose
from shared import crypto
from shared.languages import FOR_FAMILIES
from shared.settings import parse_keys
from shared.web.languages import Catalogue
from tests.kit.details import offer_detail
from tests.kit.peers import fake
from tests.kit.settings import ENVIRONMENT, settings_for
from tests.notify import senders
from tests.notify.messages.family import Family, claim, read

ADDRESS, PUBLIC = "anna@voorbeeld.nl", "https://notify.example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def runtime(runtime_for: Callable[[str], Runtime], postgres: str) -> Runtime:
    runtime = runtime_for("notify")
    runtime.settings = settings_for("notify", database_url=postgres, public_url_notify=PUBLIC)
    senders.install(senders.usual(runtime))
    return runtime


@pytest.fixture
def client(runtime: Runtime, client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("notify")


@pytest.fixture
def anna(runtime: Runtime) -> Family:
    from uuid import uuid4

    return Family(runtime, uuid4(), channel="email", email=ADDRESS)


def path(address: str = ADDRESS) -> str:
    parts = urlsplit(unsubscribing.link(PUBLIC, address, "nl"))
    return f"{parts.path}?{parts.query}"


def silent(runtime: Runtime) -> list[str]:
    with runtime.engine.connect() as connection:
        return list(connection.execute(text("SELECT reason FROM suppressions")).scalars())


def goes_to(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[Outgoing]:
    """Send what is due, and return what was handed over."""
    sender, sent = senders.sender_for(runtime), []
    channel: Any = sender.channels[ChannelName.EMAIL]
    hand_over = channel.send

    def send(outgoing: Outgoing) -> Any:
        sent.append(outgoing)
        return hand_over(outgoing)

    monkeypatch.setattr(channel, "send", send)
    sender.send(claim(runtime))
    return sent


def composed(outgoing: Outgoing) -> EmailMessage:
    """The mail as its reader's program takes it apart."""
    return message_from_bytes(compose(outgoing, ADDRESS, "weerzien@centrum.example"), policy=default)


def test_one_click_without_cookie_or_origin_ends_all_mail_to_the_address(
    runtime: Runtime, client: TestClient, anna: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = client.post(path(), data=ONE_CLICK)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert silent(runtime) == ["one-click"]
    message = anna.wants(channel=ChannelName.EMAIL)
    assert goes_to(runtime, monkeypatch) == []
    assert read(runtime, message).state is MessageState.VOID


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://webmail.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Cookie": "weerzien_desk_notify=x"},
    ],
)
def test_a_mail_program_in_a_browser_may_send_it_from_its_own_site(
    runtime: Runtime, client: TestClient, headers: dict[str, str]
) -> None:
    assert client.post(path(), data=ONE_CLICK, headers=headers).status_code == 200
    assert silent(runtime) == ["one-click"]


@pytest.mark.parametrize(
    "body", [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}, {}]
)
def test_the_form_may_come_in_either_way_and_twice(
    runtime: Runtime, client: TestClient, body: dict[str, Any]
) -> None:
    for _ in range(2):
        answer = client.post(path(), **body)
        assert (answer.status_code, answer.is_redirect) == (200, False)
    assert silent(runtime) == ["one-click"]


@pytest.mark.parametrize("language", FOR_FAMILIES)
def test_the_page_speaks_the_language_of_the_mail(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr(Catalogue, "_instead", None)
    link = path().replace("lang=nl", f"lang={language}")
    for answer in (
        client.get(link),
        client.post(link, data=ONE_CLICK),
        client.get(f"/confirm/x?lang={language}"),
    ):
        assert answer.headers["Content-Language"] == language
        assert f'<html lang="{language}"' in answer.text


def test_looking_changes_nothing_and_says_nothing_of_whose_it_is(
    runtime: Runtime, client: TestClient
) -> None:
    for method in ("GET", "HEAD"):
        assert client.request(method, path()).status_code == 200
    page = client.get(path()).text
    assert "Geen e-mail meer" in page
    assert "<button" in page
    assert ADDRESS not in page
    assert silent(runtime) == []


def test_a_link_that_was_changed_or_made_up_ends_nothing(runtime: Runtime, client: TestClient) -> None:
    token = urlsplit(path()).path.rpartition("/")[2]
    other = urlsplit(path("bob@voorbeeld.nl")).path.rpartition("/")[2]
    for one in (f"{token[:-1]}A", other[:43] + token[43:], "x", token + "A", "é", token[:40]):
        assert client.post(f"/unsubscribe/{one}").status_code == 404
        assert client.get(f"/unsubscribe/{one}").status_code == 404
    assert silent(runtime) == []


def test_a_link_in_an_old_mail_works_after_the_signing_key_was_rotated(
    runtime: Runtime, client: TestClient
) -> None:
    old = path()
    before = crypto.keyring()
    try:
        keys = parse_keys(ENVIRONMENT["WEERZIEN_ENCRYPTION_KEYS"])
        index_key = ENVIRONMENT["WEERZIEN_SECRET_KEY"]
        crypto.install(
            crypto.Keyring("another-key-" + "0123456789" * 4, keys, index_key=index_key, service="notify")
        )
        assert client.post(old).status_code == 200
    finally:
        crypto.install(before)


def test_every_mail_to_a_family_has_the_link_in_its_head(
    runtime: Runtime, anna: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna.wants(channel=ChannelName.EMAIL)
    [outgoing] = goes_to(runtime, monkeypatch)
    mail = composed(outgoing)
    assert str(mail["List-Unsubscribe"]).strip() == f"<{PUBLIC}{path()}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_where_there_is_no_https_no_one_click_is_promised() -> None:
    from uuid import UUID

    link = unsubscribing.link("http://127.0.0.1:8002", ADDRESS, "nl")
    outgoing = Outgoing(UUID(int=7), ADDRESS, "x", "y", "nl", unsubscribe=link)
    mail = composed(outgoing)
    assert str(mail["List-Unsubscribe"]).strip() == f"<{link}>"
    assert "List-Unsubscribe-Post" not in mail


def test_a_partner_cannot_end_its_offers_by_a_click(
    runtime: Runtime, anna: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = offer_detail()
    fake(runtime, "referral").learn(known)
    anna.wants(Purpose.OFFER, recipient_id=known.id, channel=ChannelName.EMAIL)
    [outgoing] = goes_to(runtime, monkeypatch)
    assert outgoing.unsubscribe is None


def test_the_link_is_in_no_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    from shared.redaction import redact

    token = urlsplit(path()).path.rpartition("/")[2]
    caplog.set_level("DEBUG", "weerzien.access")
    client.post(path())
    assert token not in caplog.text
    assert token not in redact(f"POST {path()}")
