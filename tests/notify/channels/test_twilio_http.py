"""The way to Twilio: through the environment's proxies, and over connections that are kept."""

import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from local.ports import hold
from services.notify.channels.port import Accepted, NotSent, Outcome, Outgoing
from services.notify.channels.twilio_http import wait_asked_for
from services.notify.channels.twilio_sms import TwilioAccount, TwilioSms
from tests.kit.twilio_ledger import SENDER, SID, TOKEN
from tests.kit.twilio_standin import TwilioStandIn

HOUR = timedelta(hours=1)
FAR_AWAY = "http://api.twilio.example"


class Proxy(ThreadingHTTPServer):
    """A proxy that takes every text itself, and remembers its target and who asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.lines = 0
        super().__init__(("127.0.0.1", 0), Passing)


class Passing(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.server.lines += 1

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
    return channel(base_url).send(a_text())


def channel(base_url: str) -> TwilioSms:
    return TwilioSms(TwilioAccount(SID, TOKEN, base_url, SENDER), timeout=5)


def a_text() -> Outgoing:
    return Outgoing(uuid4(), "+31612345678", None, "Dag", "nl", status_callback=None)


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
    monkeypatch.delenv("NO_PROXY", raising=False)
    with hold() as nobody_listens:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{nobody_listens}")
        assert send(FAR_AWAY) == NotSent("provider-cannot-be-reached")


def test_a_proxy_may_be_named_without_its_scheme(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"127.0.0.1:{proxy.server_port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert isinstance(send(FAR_AWAY), Accepted)


def test_texts_one_after_the_other_share_a_connection(proxy: Proxy) -> None:
    sms = channel(f"http://127.0.0.1:{proxy.server_port}")
    for _ in range(3):
        assert isinstance(sms.send(a_text()), Accepted)
    assert (len(proxy.asked), proxy.lines) == (3, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [("HTTPS_PROXY", "socks5://127.0.0.1:1"), ("REQUESTS_CA_BUNDLE", "/nowhere/at/all.pem")],
)
def test_what_the_environment_says_and_cannot_be_used_lets_nothing_out_and_the_operator_knows(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_PROXY", raising=False)
    sms = channel("https://api.twilio.example")
    assert sms.send(a_text()) == NotSent("provider-cannot-be-reached", 900)
    assert name in (sms.trouble() or "")


def test_a_provider_with_a_certificate_of_nobody_we_trust_was_told_nothing(tmp_path: Path) -> None:
    with over_tls(tmp_path) as port:
        assert send(f"https://127.0.0.1:{port}") == NotSent("provider-certificate-refused", 900)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_the_authorities_that_the_environment_names_are_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with over_tls(tmp_path) as port:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "own.pem" if kind == "file" else tmp_path))
        assert isinstance(send(f"https://127.0.0.1:{port}"), Accepted)


@contextmanager
def over_tls(folder: Path) -> Iterator[int]:
    """A provider with a certificate of its own; a client must trust `own.pem` in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - HOUR, now + HOUR)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    (folder / "own.pem").write_bytes(pem)
    # The name that `openssl rehash` gives it: the hash of its subject.
    digest = subprocess.run(
        ["openssl", "x509", "-subject_hash", "-noout"], input=pem, capture_output=True, check=True
    ).stdout
    (folder / f"{digest.decode().strip()}.0").write_bytes(pem)
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem", folder / "key.pem")
    with Proxy() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize(
    ("asked", "date", "seconds"),
    [
        ("7", "", 7),
        ("0", "", 1),
        ("Tue, 01 Dec 2026 10:00:30 GMT", "Tue, 01 Dec 2026 10:00:00 GMT", 30),
        ("Tue, 01 Dec 2026 09:00:00 GMT", "Tue, 01 Dec 2026 10:00:00 GMT", 1),
        ("9" * 400, "", 999_999_999),
        ("soon", "", None),
        ("", "", None),
        ("-5", "", None),
    ],
)
def test_how_long_to_wait_is_read_in_seconds_or_as_a_date_by_the_providers_clock(
    asked: str, date: str, seconds: int | None
) -> None:
    assert wait_asked_for({"Retry-After": asked, "Date": date}) == seconds
