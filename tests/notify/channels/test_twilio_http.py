"""The way to Twilio: proxies of the environment, and connections that are kept."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import uuid4

import pytest

from services.notify.channels.port import Accepted, NotSent, Outcome, Outgoing
from services.notify.channels.twilio_sms import TwilioAccount, TwilioSms
from tests.kit.twilio_ledger import SENDER, SID, TOKEN
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.channels.ports import free_port

FAR_AWAY = "http://api.twilio.example"


class Proxy(ThreadingHTTPServer):
    """Takes every text itself, and remembers for whom it was and who asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        super().__init__(("127.0.0.1", 0), Passing)


class Passing(BaseHTTPRequestHandler):
    server: Proxy

    def do_POST(self) -> None:
        self.server.asked.append((self.path, self.headers["Proxy-Authorization"]))
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = json.dumps({"sid": "SM" + "0" * 32, "status": "queued"}).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def send(base_url: str) -> Outcome:
    channel = TwilioSms(TwilioAccount(SID, TOKEN, base_url, SENDER), timeout=5)
    return channel.send(Outgoing(uuid4(), "+31612345678", None, "Dag", "nl", status_callback=None))


def test_a_text_goes_through_the_proxy_that_the_environment_names(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://me:word@127.0.0.1:{proxy.server_port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert isinstance(send(FAR_AWAY), Accepted)
    [(path, who)] = proxy.asked
    assert path == f"{FAR_AWAY}/2010-04-01/Accounts/{SID}/Messages.json"
    assert who == "Basic bWU6d29yZA=="


def test_an_address_that_needs_no_proxy_is_reached_without(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with TwilioStandIn() as twilio:
        assert isinstance(send(twilio.url), Accepted)
    assert proxy.asked == []


def test_through_a_proxy_that_is_not_there_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert send(FAR_AWAY) == NotSent("provider-cannot-be-reached")
