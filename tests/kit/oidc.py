"""A provider of accounts on this machine: what OpenID Connect asks of one, and what can be wrong with it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "weerzien-at-centre", "only-for-tests: a secret of the client"


@dataclass
class StandIn:
    """What it says of who signs in (`claims`), and what of it is wrong.

    A claim of None is left out. `token` makes the id token, and is replaced by tests that sign it wrongly.
    """

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    alg: str = "RS256"
    key: RSAKey | ECKey = field(default_factory=lambda: new_key("first"))
    published: list[dict[str, Any]] | None = None
    about: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    asked: list[str] = field(default_factory=list)
    token: Any = None
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def rotate(self) -> None:
        """Sign with a new key from now on, and publish that alone."""
        self.key = new_key("second")

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        } | self.about

    def keys(self) -> list[dict[str, Any]]:
        return [self.key.as_dict(private=False)] if self.published is None else self.published

    def authorise(self, address: str, **different: str) -> str:
        """Sign in there as a person would; return where the browser is sent back to.

        `different` is what comes back otherwise than it should.
        """
        sent = dict(parse_qsl(urlsplit(address).query))
        assert sent["response_type"] == "code"
        assert sent["client_id"] == CLIENT
        assert sent["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}-{time.monotonic_ns()}"
        self._codes[code] = sent
        back = {"code": code, "state": sent["state"]} | different
        return f"{urlsplit(sent['redirect_uri']).path}?{urlencode(back)}"

    def exchange(self, sent: dict[str, str], given: str) -> tuple[int, dict[str, Any]]:
        """Give the token for a code, once, to the client that it was made for."""
        asked = self._codes.pop(sent.get("code", ""), None)
        made = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = _text(made)
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{_quoted(SECRET)}".encode()).decode()
        is_client = given == basic or sent.get("client_secret") == SECRET
        if not asked or challenge != asked["code_challenge"] or not is_client:
            return 400, {"error": "invalid_grant"}
        if sent["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "account-1",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": "lies@centre.example",
            "email_verified": True,
        } | self.claims
        said = {name: value for name, value in claims.items() if value is not None}
        token = self.token(said) if self.token else self.signed(said)
        return 200, {"access_token": "an access token", "token_type": "Bearer", "id_token": token}

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        said = {"alg": self.alg, "kid": self.key.kid} | header
        return jwt.encode(said, claims, self.key, algorithms=[self.alg])


def new_key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


def new_curve(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


def unsigned(claims: dict[str, Any], alg: str = "none") -> str:
    """Return a token that says that it is signed by nobody."""
    return _joined({"alg": alg, "typ": "JWT"}, claims) + "."


def signed_with_the_public_key(key: RSAKey | ECKey, claims: dict[str, Any]) -> str:
    """Return a token that is signed (HS256) with what everybody knows; no library helps with that."""
    said = _joined({"alg": "HS256", "kid": key.kid}, claims)
    return f"{said}.{_text(hmac.digest(key.as_pem(private=False), said.encode(), hashlib.sha256))}"


def _joined(*parts: dict[str, Any]) -> str:
    return ".".join(_text(json.dumps(one).encode()) for one in parts)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _quoted(text: str) -> str:
    return text.replace(":", "%3A").replace(" ", "%20")


@contextmanager
def running() -> Iterator[StandIn]:
    """Run one on a port of its own."""
    provider = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            if self.path.startswith("/authorize?"):
                sent = dict(parse_qsl(urlsplit(self.path).query))
                self.send_response(302)
                ours = urlsplit(sent["redirect_uri"])
                self.send_header("Location", f"{ours.scheme}://{ours.netloc}{provider.authorise(self.path)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            pages: dict[str, Any] = {
                "/.well-known/openid-configuration": provider.configuration(),
                "/keys": {"keys": provider.keys()},
            }
            found = pages.get(self.path)
            self._say(provider.status if found else 404, found)

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent = {name: values[0] for name, values in parse_qs(body).items()}
            status, said = provider.exchange(sent, self.headers.get("Authorization", ""))
            self._say(provider.status if status == 200 else status, said)

        def _say(self, status: int, said: Any) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
