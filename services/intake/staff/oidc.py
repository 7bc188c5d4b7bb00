"""The organisation's own accounts, over OpenID Connect: where a browser is sent, and what it comes back with.

The provider says in a signed token whose account it is. Only what it signed itself, for us, in answer to this
browser, counts; whether that person works here is decided elsewhere. Nothing of a token reaches a log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jwt import JWTClaimsRegistry

from services.intake.staff.challenges import Given
from shared.clock import monotonic
from shared.crypto import equal

SCOPE = "openid email"
# Never `none`, and none of those that are signed with what others know (HS256).
ALGORITHMS = ("RS256", "PS256", "ES256")
KINDS: Mapping[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
TIMEOUT = httpx.Timeout(5.0, connect=2.0)
KEPT_SECONDS = 3600.0
LEEWAY = 60
LARGEST = 500_000
AT_MICROSOFT = ("login.microsoftonline.com",)
HERE = ("127.0.0.1", "::1", "localhost")


class ProviderAway(Exception):
    """The provider does not answer, or not as one does."""


class NotProven(Exception):
    """What came back proves nothing; says why in words without anything of it."""


@dataclass(frozen=True)
class Shown:
    """An account, as its provider vouches for it: `email` is empty unless it was verified."""

    issuer: str
    subject: str
    email: str
    signed_in_at: datetime | None


@dataclass(frozen=True)
class Back:
    """What the browser came back with."""

    code: str
    state: str
    issuer: str
    error: str


def of_challenge(value: bytes, what: str) -> str:
    """Return one of the three secrets of a sign-in: `state`, `nonce`, `verifier`."""
    made = hmac.digest(value, what.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


@lru_cache(maxsize=4)
def provider(issuer: str, client_id: str, secret: str, back_at: str) -> Provider:
    """Return the provider of these settings, always the same one: it remembers what it was told."""
    return Provider(issuer, client_id, secret, back_at)


class Provider:
    """One provider. What it publishes is asked for anew after an hour, and its keys also when one is new."""

    def __init__(self, issuer: str, client_id: str, secret: str, back_at: str) -> None:
        self.issuer, self._client_id, self._secret, self._back_at = issuer, client_id, secret, back_at
        self._here = is_here(issuer)
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        # A proxy of the environment is for what is outside.
        self._http = httpx.Client(timeout=TIMEOUT, trust_env=not self._here)

    def way_there(self, value: bytes, *, again: bool = False) -> str:
        """Return where to send the browser. Raises ProviderAway.

        `again`: the person is to show anew that it is they, even if they are signed in there.
        """
        sent = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._back_at,
            "scope": SCOPE,
            "state": of_challenge(value, "state"),
            "nonce": of_challenge(value, "nonce"),
            "code_challenge": create_s256_code_challenge(of_challenge(value, "verifier")),
            "code_challenge_method": "S256",
        }
        if again:
            sent |= {"prompt": "login", "max_age": "0"}
        return str(add_params_to_uri(self._endpoint("authorization_endpoint"), list(sent.items())))

    def shown(self, given: Given, back: Back) -> Shown:
        """Return the account that a browser came back with. Raises NotProven, ProviderAway."""
        if not equal(back.state, of_challenge(given.value, "state")):
            raise NotProven("the state is another")
        says_who = self._about().get("authorization_response_iss_parameter_supported") is True
        if (back.issuer or says_who) and back.issuer != self.issuer:
            raise NotProven("it comes from another provider")
        if back.error or not back.code:
            raise NotProven("the provider let nobody in")
        claims = self._verified(self._id_token(back.code, of_challenge(given.value, "verifier")))
        self._judge(claims, of_challenge(given.value, "nonce"), given.given_at)
        at = claims.get("auth_time")
        return Shown(
            self.issuer,
            claims["sub"],
            _verified_email(self.issuer, claims),
            datetime.fromtimestamp(at, UTC) if isinstance(at, int) and 0 < at < 10**11 else None,
        )

    def _judge(self, claims: dict[str, Any], nonce: str, given_at: datetime) -> None:
        wanted = JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            wanted.validate(claims)
        except JoseError as problem:
            raise NotProven(f"the token does not fit: {problem.error}") from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._client_id) != self._client_id:
            raise NotProven("the token was made for somebody else")
        if claims["iat"] < (given_at - timedelta(seconds=LEEWAY)).timestamp():
            raise NotProven("the token is from before")

    def _verified(self, token: str) -> dict[str, Any]:
        """Return what a token says if the provider signed it. A key that is not known yet is asked for."""
        try:
            header = jws.extract_compact(token.encode()).headers()
        except (JoseError, ValueError, TypeError) as problem:
            raise NotProven("there is no token that can be read") from problem
        if header.get("alg") not in ALGORITHMS:
            raise NotProven("the token is not signed as it has to be")
        for anew in (False, True):
            for key in self._keys(header.get("kid"), anew=anew):
                try:
                    return jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
                except (JoseError, ValueError, TypeError):
                    continue
        raise NotProven("the provider did not sign the token")

    def _keys(self, kid: object, *, anew: bool) -> list[RSAKey | ECKey]:
        published = self._read("keys", self._endpoint("jwks_uri"), anew=anew).get("keys")
        made: list[RSAKey | ECKey] = []
        for one in published if isinstance(published, list) else ():
            if not isinstance(one, dict) or one.get("use", "sig") != "sig" or one.get("kty") not in KINDS:
                continue
            if kid is None or one.get("kid") in (None, kid):
                try:
                    made.append(KINDS[one["kty"]].import_key(one))
                except (JoseError, ValueError, TypeError, KeyError):
                    continue
        return made

    def _id_token(self, code: str, verifier: str) -> str:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back_at,
            "code_verifier": verifier,
        }
        ways = self._about().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        auth = None
        if "client_secret_basic" in ways:
            auth = httpx.BasicAuth(quote(self._client_id, safe=""), quote(self._secret, safe=""))
        else:
            sent |= {"client_id": self._client_id, "client_secret": self._secret}
        try:
            answer = self._http.post(self._endpoint("token_endpoint"), data=sent, auth=auth or httpx.Auth())
        except httpx.HTTPError as problem:
            raise ProviderAway(type(problem).__name__) from None
        if answer.status_code >= 500:
            raise ProviderAway(f"status {answer.status_code}")
        said = _object(answer)
        if answer.status_code != 200 or not isinstance(said.get("id_token"), str):
            raise NotProven(f"the provider gave no token (status {answer.status_code})")
        return str(said["id_token"])

    def _endpoint(self, name: str) -> str:
        found = self._about().get(name)
        # What is published about a provider at an https address leads to https addresses alone.
        if not isinstance(found, str) or not (
            urlsplit(found).scheme == "https" or (self._here and is_here(found))
        ):
            raise ProviderAway(f"no usable {name}")
        return found

    def _about(self) -> dict[str, Any]:
        return self._read("about", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")

    def _read(self, what: str, address: str, *, anew: bool = False) -> dict[str, Any]:
        with self._lock:
            at, known = self._kept.get(what, (0.0, {}))
        if known and not anew and monotonic() < at + KEPT_SECONDS:
            return known
        try:
            answer = self._http.get(address)
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise ProviderAway(type(problem).__name__) from None
        if answer.status_code != 200:
            raise ProviderAway(f"status {answer.status_code}")
        said = _object(answer)
        if what == "about" and said.get("issuer") != self.issuer:
            raise ProviderAway("it calls itself by another name than WEERZIEN_OIDC_ISSUER")
        with self._lock:
            self._kept[what] = (monotonic(), said)
        return said


def is_here(address: str) -> bool:
    """Whether an address is of this very machine, where http will do."""
    return urlsplit(address).hostname in HERE


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json() if len(answer.content) <= LARGEST else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise ProviderAway("it answers something else")
    return said


def _verified_email(issuer: str, claims: Mapping[str, Any]) -> str:
    """Return the address if the provider says that it is verified, else nothing.

    Of an organisation's account, Microsoft says only whether the domain is that organisation's own, by its
    own claim (`xms_edov`).
    """
    email, verified = claims.get("email"), claims.get("email_verified") is True
    if "email_verified" not in claims and urlsplit(issuer).hostname in AT_MICROSOFT:
        verified = claims.get("xms_edov") in (True, 1, "1", "true")
    return email if verified and isinstance(email, str) else ""
