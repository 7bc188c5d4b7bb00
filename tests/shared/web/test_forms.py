"""What holds for every form: it counts only from our own page, and for who was shown it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from fastapi.testclient import TestClient
from itsdangerous import Signer

from shared.crypto import derive
from shared.errors import Forbidden
from shared.web import forms

TAKES_A_FORM = [
    ("intake", "/ask"),
    ("intake", "/ask/check"),
    ("intake", "/status"),
    ("intake", "/status/withdrawal"),
    ("intake", "/desk/items/notify/6f9f6d3e-2f0a-4c56-9b52-0a8f6c1d2e3a"),
    ("intake", "/desk/items/notify/6f9f6d3e-2f0a-4c56-9b52-0a8f6c1d2e3a/show"),
    ("intake", "/desk/groups/notify/unknown"),
    ("intake", "/confirm/unknown"),
    ("referral", "/r/unknown"),
]
FOREIGN = [
    {"Origin": "https://elsewhere.example"},
    {"Origin": "http://testserver.elsewhere.example"},
    {"Origin": "nonsense"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "null"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"},
]
OUR_OWN = [
    {},
    {"Origin": "http://testserver"},
    {"Origin": "http://intake.test", "Host": "behind-the-proxy:8000"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize(("service", "path"), TAKES_A_FORM)
def test_a_form_that_another_site_sends_is_refused_on_a_page_in_words(
    client_for: Callable[[str], TestClient], service: str, path: str
) -> None:
    foreign = {"Origin": "https://elsewhere.example", "Accept-Language": "fr"}
    page = client_for(service).post(path, data={"key": "x"}, headers=foreign)
    assert page.status_code == 403
    assert "Ce formulaire vient d&#39;un autre site" in page.text
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_browser_that_names_another_site_is_refused(
    client_for: Callable[[str], TestClient], headers: dict[str, str]
) -> None:
    assert client_for("intake").post("/status", data={}, headers=headers).status_code == 403


@pytest.mark.parametrize("headers", OUR_OWN)
def test_a_browser_that_names_our_own_site_or_none_is_heard(
    client_for: Callable[[str], TestClient], headers: dict[str, str]
) -> None:
    assert client_for("intake").post("/status", data={}, headers=headers).status_code == 404


def test_reading_from_another_site_and_a_program_with_a_key_are_let_through(
    client_for: Callable[[str], TestClient],
) -> None:
    client, foreign = client_for("intake"), {"Origin": "https://elsewhere.example"}
    assert client.get("/status", headers=foreign).status_code == 200
    assert client.post("/v1/advice-requests", json={}, headers=foreign).status_code == 401


@pytest.mark.parametrize(("form", "session"), [("other", "mine"), ("desk", "theirs"), ("desk", "")])
def test_a_token_is_for_one_form_and_one_session(form: str, session: str) -> None:
    token = forms.new_token("desk", "mine")
    assert forms.is_ours(token, "desk", "mine")
    assert not forms.is_ours(token, form, session)


@pytest.mark.parametrize("token", ["", ".", "made.up", "\udcff.x", "é" * 40])
def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    with pytest.raises(Forbidden):
        forms.check(token, "desk", "mine")


def test_each_token_is_another_so_that_it_can_tell_one_sending_from_the_next() -> None:
    assert forms.new_token("public-form") != forms.new_token("public-form")


def test_a_token_says_when_its_page_was_made_and_one_of_the_version_before_is_ours_without() -> None:
    made = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
    token = forms.new_token("a-form", "a-session", at=made)
    assert forms.made_at(token, "a-form", "a-session") == made
    assert forms.is_ours(token, "a-form", "a-session")
    assert forms.made_at(token, "another-form", "a-session") is None
    before = Signer(
        derive("form"),
        salt=f"a-form:{sha256(b'').hexdigest()}",
        key_derivation="hmac",
        digest_method=sha256,
    )
    undated = before.sign("0123").decode()
    assert forms.is_ours(undated, "a-form")
    assert forms.made_at(undated, "a-form") is None
    assert before.unsign(forms.new_token("a-form"))
