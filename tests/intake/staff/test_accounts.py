"""Accounts of the organisation: what its provider signed, for us, now, for this browser, lets somebody in."""

from __future__ import annotations

import html
import logging
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlmodel import Session, select, update

from services.intake.settings import IntakeSettings
from services.intake.staff import oidc as ours
from services.intake.staff.commands import add, disable, enable, reset, setup_link
from services.intake.staff.oidc import NotProven, Provider
from services.intake.staff.tables import Account, Challenge, Person, Role, StaffSession
from shared.audit.tables import audit_entries
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.kit import oidc
from tests.kit.oidc import CLIENT, SECRET, StandIn
from tests.kit.staff import form_token

EN = {"Accept-Language": "en"}
REFUSED = "does not let you in here"


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with oidc.running() as running:
        yield running


@pytest.fixture(autouse=True)
def settings(provider: StandIn, runtime_for: Callable[[str], Runtime]) -> IntakeSettings:
    """Intake's settings, with the provider in them."""
    settings = runtime_for("intake").settings
    assert isinstance(settings, IntakeSettings)
    settings.oidc_issuer, settings.oidc_client_id = provider.issuer, CLIENT
    settings.oidc_client_secret = SecretStr(SECRET)
    return settings


@pytest.fixture
def lies(session: Session) -> Person:
    person = add(session, "Lies", "Lies@centre.example", [Role.ADVISER], at=MORNING)
    session.commit()
    return person


def go(client: TestClient, path: str = "/desk/oidc", **sent: str) -> str:
    """Press the button; return where the browser is sent."""
    answer = client.post(path, data=sent, headers=EN)
    assert answer.status_code == 200, answer.text
    address = answer.headers["refresh"].removeprefix("0; url=")
    assert html.escape(address) in answer.text
    return str(address)


def come_back(client: TestClient, provider: StandIn, **different: str) -> Any:
    return client.get(provider.authorise(go(client), **different), headers=EN)


def is_in(client: TestClient) -> bool:
    return bool(client.get("/desk/me").status_code == 200)


def nobody_is_in(session: Session) -> bool:
    return not session.scalars(select(StaffSession)).all()


def deeds(session: Session) -> list[str]:
    return list(session.scalars(select(audit_entries.c.deed)))


def test_somebody_with_an_account_of_the_organisation_is_in(
    client: TestClient, session: Session, provider: StandIn, lies: Person
) -> None:
    assert "Sign in with your organisation" in client.get("/desk/sign-in", headers=EN).text
    answer = come_back(client, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    page = client.get("/desk/me", headers=EN).text
    assert "With the organisation&#39;s account" in page
    assert "You sign in with it since" in page
    assert {"staff.account", "sign-in"} <= set(deeds(session))


def test_they_come_to_the_page_that_they_wanted(client: TestClient, provider: StandIn, lies: Person) -> None:
    for wanted, found in (("/desk/today", "/desk/today"), ("https://evil.example", "/desk")):
        answer = client.get(provider.authorise(go(client, next=wanted)))
        assert answer.headers["location"] == found


def test_what_the_provider_is_asked_is_bound_to_this_sign_in(client: TestClient) -> None:
    sent = [dict(parse_qsl(urlsplit(go(client)).query)) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        assert sent[0][name] != sent[1][name]
        assert len(sent[0][name]) == 43
    assert sent[0]["redirect_uri"] == "http://intake.test/desk/oidc/callback"
    assert sent[0]["scope"] == "openid email"


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256"])
def test_each_way_of_signing_that_is_good_is_taken(
    client: TestClient, provider: StandIn, lies: Person, alg: str
) -> None:
    provider.alg = alg
    provider.key = oidc.new_curve("curve") if alg == "ES256" else provider.key
    assert come_back(client, provider).status_code == 303


def test_a_new_key_of_the_provider_is_found(client: TestClient, provider: StandIn, lies: Person) -> None:
    assert come_back(client, provider).status_code == 303
    provider.rotate()
    client.cookies.clear()
    assert come_back(client, provider).status_code == 303
    assert is_in(client)
    # What it publishes is kept in between.
    assert provider.asked.count("/.well-known/openid-configuration") == 1
    assert provider.asked.count("/keys") == 2


def test_an_hour_later_it_is_asked_anew(
    client: TestClient, provider: StandIn, lies: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert come_back(client, provider).status_code == 303
    later = time.monotonic() + 3601
    monkeypatch.setattr(ours, "monotonic", lambda: later)
    assert come_back(client, provider).status_code == 303
    assert provider.asked.count("/.well-known/openid-configuration") == 2


def test_a_provider_that_takes_the_secret_in_the_form_gets_it_there(
    client: TestClient, provider: StandIn, lies: Person
) -> None:
    provider.about = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert come_back(client, provider).status_code == 303


# What lets nobody in


NOW = int(time.time())
CLAIMS: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "x" * 43},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "another-client"},
    "no audience": {"aud": None},
    "several audiences and nobody's": {"aud": [CLIENT, "another-client"]},
    "made for another": {"azp": "another-client"},
    "expired": {"exp": NOW - 3600},
    "without end": {"exp": None},
    "an end that is none": {"exp": "never"},
    "from yesterday": {"iat": NOW - 86_400},
    "from tomorrow": {"iat": NOW + 86_400},
    "of no time": {"iat": None},
    "of nobody": {"sub": None},
    "an address that is not verified": {"email_verified": False},
    "an address of which nothing is said": {"email_verified": None},
    "verified in words": {"email_verified": "true"},
    "no address": {"email": None},
    "an address that is none": {"email": "lies"},
    "somebody who does not work here": {"email": "bram@centre.example"},
    "microsoft's claim from another": {"email_verified": None, "xms_edov": True},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS)
def test_a_token_that_does_not_fit_lets_nobody_in(
    client: TestClient, session: Session, provider: StandIn, lies: Person, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    answer = come_back(client, provider)
    assert answer.status_code == 401
    assert REFUSED in answer.text
    assert nobody_is_in(session)
    assert session.scalars(select(Account)).all() == []
    assert deeds(session)[-1] == "sign-in.refused"


def by_somebody_else(provider: StandIn, claims: dict[str, Any]) -> str:
    return StandIn(key=oidc.new_key("first")).signed(claims)


def altered(provider: StandIn, claims: dict[str, Any]) -> str:
    head, _, end = provider.signed(claims).split(".")
    other = provider.signed(claims | {"email": "olga@centre.example"}).split(".")[1]
    return f"{head}.{other}.{end}"


TOKENS: dict[str, Callable[[StandIn, dict[str, Any]], str]] = {
    "alg none": lambda provider, claims: oidc.unsigned(claims),
    "alg NONE": lambda provider, claims: oidc.unsigned(claims, "NoNe"),
    "said to be signed": lambda provider, claims: oidc.unsigned(claims, "RS256"),
    "HS256 with the public key": lambda provider, claims: oidc.signed_with_the_public_key(
        provider.key, claims
    ),
    "the signature left out": lambda provider, claims: provider.signed(claims).rpartition(".")[0] + ".",
    "by somebody else": by_somebody_else,
    "altered": altered,
    "brings its own key": lambda provider, claims: StandIn(key=(key := oidc.new_key("own"))).signed(
        claims, jwk=key.as_dict(private=False)
    ),
    "no token": lambda provider, claims: "x",
    "nothing": lambda provider, claims: "",
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_what_the_provider_did_not_sign_lets_nobody_in(
    client: TestClient,
    session: Session,
    provider: StandIn,
    lies: Person,
    token: Callable[[StandIn, dict[str, Any]], str],
) -> None:
    provider.token = lambda claims: token(provider, claims)
    answer = come_back(client, provider)
    assert answer.status_code == 401
    assert nobody_is_in(session)


@pytest.mark.parametrize(
    "different",
    [
        {"state": "x" * 43},
        {"state": ""},
        {"iss": "https://evil.example"},
        {"code": "never-given"},
        {"code": ""},
        {"error": "access_denied"},
    ],
    ids=str,
)
def test_what_comes_back_otherwise_lets_nobody_in(
    client: TestClient, session: Session, provider: StandIn, lies: Person, different: dict[str, str]
) -> None:
    assert come_back(client, provider, **different).status_code == 401
    assert nobody_is_in(session)


def test_a_provider_that_says_who_it_is_has_to(
    client: TestClient, session: Session, provider: StandIn, lies: Person
) -> None:
    provider.about = {"authorization_response_iss_parameter_supported": True}
    assert come_back(client, provider).status_code == 401
    assert come_back(client, provider, iss=provider.issuer).status_code == 303


def test_a_way_back_works_once_and_in_the_browser_that_went(
    client: TestClient, session: Session, provider: StandIn, lies: Person, at: Callable[[str], TestClient]
) -> None:
    back = provider.authorise(go(client))
    other = at("192.0.2.9")
    assert other.get(back).status_code == 401
    go(other)
    assert other.get(back).status_code == 401
    assert client.get(back).status_code == 303
    client.cookies.delete("weerzien_staff")
    assert client.get(back).status_code == 401
    assert not is_in(client)
    assert not is_in(other)


def test_whoever_comes_back_after_five_minutes_begins_again(
    client: TestClient, session: Session, provider: StandIn, lies: Person
) -> None:
    back = provider.authorise(go(client))
    session.execute(update(Challenge).values(ends_at=datetime.now(UTC)))
    session.commit()
    assert client.get(back).status_code == 401


def test_nobody_who_may_not_come_in_comes_in(
    client: TestClient, session: Session, provider: StandIn, lies: Person
) -> None:
    disable(session, lies.id, at=MORNING, by="system")
    assert come_back(client, provider).status_code == 401
    enable(session, lies.id, at=MORNING, by="system")
    assert come_back(client, provider).status_code == 303
    disable(session, lies.id, at=MORNING, by="system")
    client.cookies.clear()
    assert come_back(client, provider).status_code == 401
    assert nobody_is_in(session)


def test_after_the_first_time_the_account_counts_and_not_the_address(
    client: TestClient, session: Session, provider: StandIn, lies: Person
) -> None:
    olga = add(session, "Olga", "olga@centre.example", [Role.OPERATOR], at=MORNING)
    session.commit()
    assert come_back(client, provider).status_code == 303
    # The address went to somebody new there: their account is another.
    provider.claims = {"sub": "account-2"}
    assert come_back(client, provider).status_code == 401
    # Lies has another address there now, even that of Olga: it is still Lies.
    provider.claims = {"email": "olga@centre.example"}
    assert come_back(client, provider).status_code == 303
    assert set(session.scalars(select(StaffSession.person_id)).all()) == {lies.id}
    assert session.get(Account, olga.id) is None


def test_a_reset_takes_the_account_away(
    client: TestClient, session: Session, provider: StandIn, lies: Person
) -> None:
    come_back(client, provider)
    reset(session, lies.id, at=MORNING, by="system")
    assert session.scalars(select(Account)).all() == []
    assert not is_in(client)


# A provider that is away


def test_a_provider_that_is_away_is_told_in_words(client: TestClient, settings: IntakeSettings) -> None:
    settings.oidc_issuer = "http://127.0.0.1:1"
    answer = client.post("/desk/oidc", headers=EN)
    assert answer.status_code == 503
    assert "does not answer now" in answer.text


ABOUT: dict[str, dict[str, Any]] = {
    "another name": {"issuer": "https://evil.example"},
    "no endpoint": {"authorization_endpoint": None},
    "elsewhere without https": {"authorization_endpoint": "http://192.0.2.1/authorize"},
    "no address at all": {"authorization_endpoint": "javascript:alert(1)"},
}


@pytest.mark.parametrize("about", ABOUT.values(), ids=ABOUT)
def test_one_that_is_not_as_it_should_be_is_not_gone_to(
    client: TestClient, provider: StandIn, about: dict[str, Any]
) -> None:
    provider.about = about
    assert client.post("/desk/oidc").status_code == 503


@pytest.mark.parametrize("status", [500, 302, 404])
def test_one_that_breaks_on_the_way_is_told_in_words(
    client: TestClient, session: Session, provider: StandIn, lies: Person, status: int
) -> None:
    back = provider.authorise(go(client))
    provider.status = status
    answer = client.get(back, headers=EN)
    assert answer.status_code in (401, 503)
    assert nobody_is_in(session)
    provider.status = 200
    assert come_back(client, provider).status_code == 303


def test_where_none_is_set_up_there_is_no_button(client: TestClient, settings: IntakeSettings) -> None:
    settings.oidc_client_secret = None
    assert "organisation" not in client.get("/desk/sign-in", headers=EN).text
    assert client.post("/desk/oidc").status_code == 404
    assert client.get("/desk/oidc/callback?code=x&state=y").status_code == 404


def test_no_secret_or_token_is_written_down(
    client: TestClient, provider: StandIn, lies: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made: list[str] = []

    def token(claims: dict[str, Any]) -> str:
        made.append(provider.signed(claims))
        return made[-1]

    provider.token = token
    for claims in ({}, {"nonce": "another"}):
        provider.claims = claims
        back = provider.authorise(go(client))
        made.append(dict(parse_qsl(urlsplit(back).query))["code"])
        client.get(back)
    # The browser of the test writes down where it goes.
    ours_alone = [one for one in caplog.records if "testserver" not in one.getMessage()]
    written = "\n".join(f"{one.getMessage()} {one.__dict__}" for one in ours_alone)
    assert "an account was not taken" in written
    for secret in (*made, SECRET, "an access token", "account-1", "lies@centre.example"):
        assert secret not in written


# Proving again


def step_up(client: TestClient, provider: StandIn, session: Session) -> Any:
    session.execute(update(StaffSession).values(stepped_up_at=None))
    session.commit()
    page = client.get("/desk/step-up?next=/desk/me", headers=EN).text
    assert re.search("Sign in anew at your organisation", page)
    address = go(client, "/desk/step-up/oidc", form=form_token(page), next="/desk/me")
    sent = dict(parse_qsl(urlsplit(address).query))
    assert (sent["prompt"], sent["max_age"]) == ("login", "0")
    return client.get(provider.authorise(address), headers=EN)


def test_whoever_signs_in_anew_there_has_proven_who_they_are(
    client: TestClient, session: Session, provider: StandIn, lies: Person
) -> None:
    come_back(client, provider)
    provider.claims = {"auth_time": int(time.time())}
    answer = step_up(client, provider, session)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/me")
    assert session.scalars(select(StaffSession)).one().stepped_up_at is not None


@pytest.mark.parametrize(
    "claims",
    [{}, {"auth_time": NOW - 3600}, {"auth_time": NOW, "sub": "account-2"}, {"auth_time": "now"}],
    ids=["no moment", "an hour ago", "somebody else", "no number"],
)
def test_whoever_was_signed_in_there_all_along_has_not(
    client: TestClient, session: Session, provider: StandIn, lies: Person, claims: dict[str, Any]
) -> None:
    come_back(client, provider)
    provider.claims = claims
    answer = step_up(client, provider, session)
    assert answer.status_code == 401
    assert "does not say that you signed in anew" in answer.text
    assert session.scalars(select(StaffSession)).one().stepped_up_at is None


def test_anothers_account_proves_nothing(
    client: TestClient, session: Session, provider: StandIn, lies: Person
) -> None:
    add(session, "Olga", "olga@centre.example", [Role.OPERATOR], at=MORNING)
    session.commit()
    provider.claims = {"email": "olga@centre.example", "sub": "account-2"}
    assert come_back(client, provider).status_code == 303
    provider.claims = {}
    come_back(client, provider)
    provider.claims = {"sub": "account-2", "auth_time": int(time.time())}
    assert step_up(client, provider, session).status_code == 401


# Microsoft


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"xms_edov": True}, True),
        ({"xms_edov": "1"}, True),
        ({"xms_edov": False}, False),
        ({"xms_edov": True, "email_verified": False}, False),
        ({}, False),
    ],
    ids=str,
)
def test_microsoft_says_in_its_own_way_that_an_address_is_verified(said: dict[str, Any], found: bool) -> None:
    issuer = "https://login.microsoftonline.com/6f9f6d3e-2f0a-4c56-9b52-0a8f6c1d2e3a/v2.0"
    claims = {"email": "lies@centre.example"} | said
    assert bool(ours._verified_email(issuer, claims)) is found
    assert not ours._verified_email(
        "https://accounts.example", {"xms_edov": True} | claims | {"email_verified": None}
    )


def test_a_key_for_something_else_signs_nothing(provider: StandIn) -> None:
    made = provider.key.as_dict(private=False)
    others: list[Any] = [{"kty": "oct", "k": "AAAA", "kid": "first"}, {"kty": "RSA", "kid": "first"}, "x"]
    provider.published = [made | {"use": "enc"}, *others]
    here = Provider(provider.issuer, CLIENT, SECRET, "http://intake.test/desk/oidc/callback")
    with pytest.raises(NotProven):
        here._verified(provider.signed({"sub": "x"}))


def test_coming_back_from_nowhere_fills_no_audit(
    client: TestClient, session: Session, provider: StandIn, lies: Person
) -> None:
    """Anybody can open that address, as often as they like."""
    for _ in range(3):
        answer = client.get("/desk/oidc/callback", params={"code": "x", "state": "x"}, headers=EN)
        assert answer.status_code == 401
        assert REFUSED in answer.text
    assert deeds(session) == []


def test_a_set_up_link_that_lies_about_is_no_second_way_in(
    client: TestClient, session: Session, provider: StandIn, lies: Person
) -> None:
    path = f"/desk/set-up/{setup_link(session, lies)}"
    session.commit()
    assert client.get(path).status_code == 200
    assert come_back(client, provider).status_code == 303
    assert client.get(path).status_code == 404
