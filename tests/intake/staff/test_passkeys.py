"""Passkeys: made and shown by who has them, on our site, once, and by nobody else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, delete, select, update

from services.intake.staff.commands import add, disable, reset, setup_link
from services.intake.staff.figures import SIGN_INS
from services.intake.staff.passkeys import NotAPasskey, Site, read_new, read_shown
from services.intake.staff.tables import Authenticator as App
from services.intake.staff.tables import Challenge, Passkey, Person, Role, StaffSession
from shared.audit.tables import audit_entries
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.kit.authenticator import CAN_BE_KEPT_ELSEWHERE, IS_KEPT_ELSEWHERE, Authenticator
from tests.kit.staff import form_token, sign_in

EN = {"Accept-Language": "en"}
OURS, OTHER = "http://localhost:8001", "http://localhost:8002"


@pytest.fixture(autouse=True)
def _a_site_that_has_passkeys(runtime_for: Callable[[str], Runtime]) -> None:
    runtime_for("intake").settings.public_url_intake = OURS


@pytest.fixture
def phone() -> Authenticator:
    return Authenticator(OURS)


def asked(client: TestClient, path: str, form: str = "") -> dict[str, Any]:
    answer = client.post(f"{path}/options", data={"form": form})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def own_form(client: TestClient) -> str:
    return form_token(client.get("/desk/me").text)


def make(client: TestClient, phone: Authenticator, name: str = "My telephone", **different: Any) -> Any:
    """Make a passkey among one's own means."""
    form = own_form(client)
    credential = phone.make(asked(client, "/desk/me/passkeys", form), **different)
    sent = {"form": form, "credential": credential, "name": name}
    return client.post("/desk/me/passkeys", data=sent, headers=EN)


def show(client: TestClient, phone: Authenticator, **different: Any) -> Any:
    """Sign in with a passkey."""
    credential = phone.show(asked(client, "/desk/passkey"), **different)
    return client.post("/desk/passkey", data={"credential": credential}, headers=EN)


def is_in(client: TestClient) -> bool:
    return bool(client.get("/desk/me").status_code == 200)


@pytest.fixture
def lies(client: TestClient, session: Session, phone: Authenticator) -> Person:
    """Somebody who signs in with the passkey of a phone, and is signed out now."""
    person_id = sign_in(client, session, name="Lies")
    assert make(client, phone).status_code == 303
    client.cookies.clear()
    session.execute(delete(StaffSession))
    session.commit()
    return session.get_one(Person, person_id)


def deeds(session: Session) -> list[str]:
    return list(session.scalars(select(audit_entries.c.deed)))


# Making one


def test_somebody_makes_a_passkey_and_signs_in_without_a_name(
    client: TestClient, session: Session, lies: Person, phone: Authenticator
) -> None:
    answer = show(client, phone)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    page = client.get("/desk/me", headers=EN).text
    assert "My telephone" in page
    assert "With a passkey" in page
    assert {"passkey.add", "sign-in"} <= set(deeds(session))


def test_what_a_browser_is_asked_needs_its_user_and_stays_on_the_device(
    client: TestClient, lies: Person
) -> None:
    to_sign_in = asked(client, "/desk/passkey")
    assert (to_sign_in["rpId"], to_sign_in["userVerification"]) == ("localhost", "required")
    assert to_sign_in["allowCredentials"] == []


def test_a_set_up_link_takes_a_passkey_in_place_of_a_password_and_ends(
    client: TestClient, session: Session, phone: Authenticator
) -> None:
    person = add(session, "Bram", "bram@centre.example", [Role.ADVISER], at=MORNING)
    path = f"/desk/set-up/{setup_link(session, person)}"
    session.commit()
    form = form_token(client.get(path).text)
    sent = {"form": form, "credential": phone.make(asked(client, f"{path}/passkey", form))}
    answer = client.post(f"{path}/passkey", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert is_in(client)
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/passkey/options", data={"form": form}).status_code == 404
    client.cookies.clear()
    assert show(client, phone).status_code == 303


def test_several_are_named_and_taken_away_but_not_the_last(
    client: TestClient, session: Session, lies: Person, phone: Authenticator
) -> None:
    show(client, phone)
    assert make(client, Authenticator(OURS), "").status_code == 303
    first, second = session.scalars(select(col(Passkey.id)).order_by(col(Passkey.made_at))).all()
    form = own_form(client)
    client.post(f"/desk/me/passkeys/{second}/name", data={"form": form, "name": "  The  laptop "})
    assert '<strong dir="auto">The laptop</strong>' in client.get("/desk/me").text
    assert client.post(f"/desk/me/passkeys/{first}/remove", data={"form": form}).status_code == 303
    answer = client.post(f"/desk/me/passkeys/{second}/remove", data={"form": form}, headers=EN)
    assert answer.status_code == 400
    assert "the last by which you can sign in" in answer.text
    assert f"/{second}/remove" not in answer.text
    assert session.scalars(select(Passkey)).one().id == second
    client.cookies.clear()
    assert show(client, phone).status_code == 401


@pytest.mark.parametrize("name", ["a" * 61, "a\u2028b", "---"])
def test_a_name_that_is_none_is_not_taken(
    client: TestClient, session: Session, lies: Person, phone: Authenticator, name: str
) -> None:
    show(client, phone)
    only = session.scalars(select(col(Passkey.id))).one()
    sent = {"form": own_form(client), "name": name}
    answer = client.post(f"/desk/me/passkeys/{only}/name", data=sent, headers=EN)
    assert answer.status_code == 400
    assert "Give this passkey a name" in answer.text


def test_nobody_names_or_takes_away_anothers(client: TestClient, session: Session, lies: Person) -> None:
    sign_in(client, session, name="Bram")
    only = session.scalars(select(Passkey)).one()
    for what in ("name", "remove"):
        sent = {"form": own_form(client), "name": "Mine"}
        assert client.post(f"/desk/me/passkeys/{only.id}/{what}", data=sent).status_code == 404
    session.refresh(only)
    assert only.name == "My telephone"


def test_making_one_asks_for_proof_first(client: TestClient, session: Session) -> None:
    sign_in(client, session, stepped_up=False)
    answer = client.post("/desk/me/passkeys/options", data={"form": own_form(client)})
    assert answer.headers["location"] == "/desk/step-up?next=/desk/me"


def test_a_passkey_is_made_for_one_person_alone(
    client: TestClient, session: Session, lies: Person, phone: Authenticator
) -> None:
    sign_in(client, session, name="Bram")
    answer = make(client, phone)
    assert answer.status_code == 400
    assert "No passkey was made" in answer.text
    assert session.scalars(select(col(Passkey.person_id))).all() == [lies.id]


def test_a_device_is_told_what_it_has_already(client: TestClient, lies: Person, phone: Authenticator) -> None:
    show(client, phone)
    said = asked(client, "/desk/me/passkeys", own_form(client))
    assert len(said["excludeCredentials"]) == 1
    assert said["authenticatorSelection"]["residentKey"] == "required"
    assert said["authenticatorSelection"]["userVerification"] == "required"
    assert said["attestation"] == "none"


def test_one_that_is_kept_elsewhere_is_said_to_be(client: TestClient, session: Session) -> None:
    sign_in(client, session)
    make(client, Authenticator(OURS, flags=CAN_BE_KEPT_ELSEWHERE | IS_KEPT_ELSEWHERE, counter=None))
    assert "kept elsewhere too" in client.get("/desk/me", headers=EN).text


WRONG: dict[str, dict[str, Any]] = {
    "another origin": {"origin": OTHER},
    "another host": {"host": "evil.example"},
    "a user who was not verified": {"verified": False},
    "from within another site's page": {"cross_origin": True},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_not_as_it_was_asked_makes_no_passkey(
    client: TestClient, session: Session, wrong: dict[str, Any]
) -> None:
    sign_in(client, session)
    assert make(client, Authenticator(**{"origin": OURS} | wrong)).status_code == 400
    assert session.scalars(select(Passkey)).all() == []


def test_what_was_asked_once_makes_one_passkey(client: TestClient, session: Session) -> None:
    sign_in(client, session)
    form = own_form(client)
    said = asked(client, "/desk/me/passkeys", form)
    for phone, status in ((Authenticator(OURS), 303), (Authenticator(OURS), 400)):
        sent = {"form": form, "credential": phone.make(said)}
        assert client.post("/desk/me/passkeys", data=sent).status_code == status
    assert len(session.scalars(select(Passkey)).all()) == 1


# Showing it


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_not_as_it_was_asked_lets_nobody_in(
    client: TestClient, session: Session, lies: Person, phone: Authenticator, wrong: dict[str, Any]
) -> None:
    for name, value in wrong.items():
        setattr(phone, name, value)
    answer = show(client, phone)
    assert answer.status_code == 401
    assert "This passkey lets nobody in" in answer.text
    assert not is_in(client)
    assert session.scalars(select(StaffSession)).all() == []
    assert deeds(session)[-1] == "sign-in.refused"


@pytest.mark.parametrize(
    "different", [{"challenge": "AAAA"}, {"type": "webauthn.create"}, {"origin": "null"}], ids=str
)
def test_what_was_not_asked_lets_nobody_in(
    client: TestClient, lies: Person, phone: Authenticator, different: dict[str, Any]
) -> None:
    assert show(client, phone, **different).status_code == 401
    assert not is_in(client)


def test_an_answer_that_was_overheard_opens_nothing_again(
    client: TestClient, lies: Person, phone: Authenticator, at: Callable[[str], TestClient]
) -> None:
    credential = phone.show(asked(client, "/desk/passkey"))
    kept = dict(client.cookies)
    assert client.post("/desk/passkey", data={"credential": credential}).status_code == 303
    other = at("192.0.2.9")
    for cookies in ({}, {"weerzien_challenge": kept["weerzien_challenge"]}):
        other.cookies.update(cookies)
        assert other.post("/desk/passkey", data={"credential": credential}).status_code == 401
    # Nor does it with a challenge of its own.
    asked(other, "/desk/passkey")
    assert other.post("/desk/passkey", data={"credential": credential}).status_code == 401


def test_an_answer_counts_in_the_browser_that_was_asked(
    client: TestClient, lies: Person, phone: Authenticator, at: Callable[[str], TestClient]
) -> None:
    credential = phone.show(asked(client, "/desk/passkey"))
    other = at("192.0.2.9")
    assert other.post("/desk/passkey", data={"credential": credential}).status_code == 401
    assert client.post("/desk/passkey", data={"credential": credential}).status_code == 303


def test_after_five_minutes_it_is_too_late(
    client: TestClient, session: Session, lies: Person, phone: Authenticator
) -> None:
    credential = phone.show(asked(client, "/desk/passkey"))
    session.execute(update(Challenge).values(ends_at=datetime.now(UTC)))
    session.commit()
    assert client.post("/desk/passkey", data={"credential": credential}).status_code == 401
    asked(client, "/desk/passkey")
    assert len(session.scalars(select(Challenge)).all()) == 1
    left = session.scalars(select(Challenge)).one().ends_at - datetime.now(UTC)
    assert timedelta(minutes=4) < left <= timedelta(minutes=5)


def test_a_passkey_that_nobody_has_lets_nobody_in(
    client: TestClient, lies: Person, phone: Authenticator
) -> None:
    stranger = Authenticator(OURS, user=lies.id.bytes)
    assert show(client, stranger).status_code == 401
    stranger.id = phone.id  # the id of hers, and another key
    assert show(client, stranger).status_code == 401
    assert not is_in(client)


def test_a_passkey_does_not_speak_for_somebody_else(
    client: TestClient, session: Session, lies: Person, phone: Authenticator
) -> None:
    phone.user = add(session, "Bram", "bram@centre.example", [Role.OPERATOR], at=MORNING).id.bytes
    session.commit()
    assert show(client, phone).status_code == 401
    phone.user = b""
    assert show(client, phone).status_code == 401


def test_a_copy_that_counts_back_is_refused_noted_and_told(
    client: TestClient, session: Session, lies: Person, phone: Authenticator
) -> None:
    copied = copy.copy(phone)
    assert show(client, phone).status_code == 303
    client.cookies.clear()
    assert show(client, copied).status_code == 401
    assert not is_in(client)
    assert deeds(session)[-2:] == ["passkey.copied", "sign-in.refused"]
    assert show(client, phone).status_code == 303
    assert "seems to be a copy of this passkey" in client.get("/desk/me", headers=EN).text


def test_nobody_without_the_key_makes_it_look_copied(
    client: TestClient, session: Session, lies: Person, phone: Authenticator
) -> None:
    show(client, phone)
    stranger = Authenticator(OURS, id=phone.id, user=lies.id.bytes, counter=-1)
    assert show(client, stranger).status_code == 401
    assert "passkey.copied" not in deeds(session)


def test_one_that_never_counts_is_taken_each_time(client: TestClient, session: Session) -> None:
    phone = Authenticator(OURS, counter=None)
    sign_in(client, session)
    make(client, phone)
    for _ in range(3):
        client.cookies.clear()
        assert show(client, phone).status_code == 303


def test_whoever_is_disabled_or_reset_is_not_let_in(
    client: TestClient, session: Session, lies: Person, phone: Authenticator
) -> None:
    disable(session, lies.id, at=MORNING, by="system")
    assert show(client, phone).status_code == 401
    lies.disabled_at = None
    session.commit()
    reset(session, lies.id, at=MORNING, by="system")
    assert show(client, phone).status_code == 401
    assert session.scalars(select(Passkey)).all() == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=40)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "userHandle"]), inner
            )
            | st.lists(inner)
        ),
        max_leaves=8,
    ).map(json.dumps)
)
def test_nonsense_is_no_passkey(sent: str) -> None:
    site = Site("localhost", OURS)
    with pytest.raises(NotAPasskey):
        read_shown(sent)
    with pytest.raises(NotAPasskey):
        read_new(site, sent, b"x" * 32)


@pytest.mark.parametrize("path", ["/desk/passkey", "/desk/me/passkeys"])
def test_nonsense_is_answered_in_words(client: TestClient, session: Session, path: str) -> None:
    sign_in(client, session)
    sent = {"form": own_form(client), "credential": "{", "name": "x"}
    assert client.post(path, data=sent).status_code in (400, 401)


def test_whoever_asks_without_end_waits(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.intake.staff.challenges.FROM_ONE_PLACE", 3)
    found = [client.post("/desk/passkey/options").status_code for _ in range(5)]
    assert found == [200, 200, 200, 429, 429]


# Proving again


def test_a_passkey_proves_that_it_is_still_they(
    client: TestClient, session: Session, lies: Person, phone: Authenticator
) -> None:
    show(client, phone)
    before = client.cookies["weerzien_staff"]
    session.execute(update(StaffSession).values(stepped_up_at=None))
    session.commit()
    page = client.get("/desk/step-up?next=/desk/me", headers=EN).text
    assert "Show your passkey" in page
    form = form_token(page)
    said = asked(client, "/desk/step-up/passkey", form)
    assert len(said["allowCredentials"]) == 1
    sent = {"form": form, "credential": phone.show(said), "next": "/desk/me"}
    answer = client.post("/desk/step-up/passkey", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/me")
    assert client.cookies["weerzien_staff"] != before
    assert session.scalars(select(StaffSession)).one().stepped_up_at is not None


def test_nobody_proves_it_with_anothers_passkey_or_another_answer(
    client: TestClient, session: Session, lies: Person, phone: Authenticator
) -> None:
    show(client, phone)
    session.execute(update(StaffSession).values(stepped_up_at=None))
    session.commit()
    own, form = client.cookies["weerzien_staff"], own_form(client)
    # What was asked to sign in proves nothing here.
    sent = {"form": form, "credential": phone.show(asked(client, "/desk/passkey"))}
    assert client.post("/desk/step-up/passkey", data=sent).status_code == 401
    client.cookies.set("weerzien_staff", own)
    sign_in(client, session, name="Bram", stepped_up=False)
    form = own_form(client)
    sent = {"form": form, "credential": phone.show(asked(client, "/desk/step-up/passkey", form))}
    answer = client.post("/desk/step-up/passkey", data=sent, headers=EN)
    assert answer.status_code == 401
    assert "This passkey lets nobody in" in answer.text
    assert session.scalars(select(col(StaffSession.stepped_up_at))).all() == [None, None]


def test_what_was_asked_of_one_proves_nothing_for_the_next_in_the_same_browser(
    client: TestClient, session: Session, lies: Person, phone: Authenticator
) -> None:
    show(client, phone)
    credential = phone.show(asked(client, "/desk/step-up/passkey", own_form(client)))
    sign_in(client, session, name="Bram", stepped_up=False)
    sent = {"form": own_form(client), "credential": credential}
    assert client.post("/desk/step-up/passkey", data=sent).status_code == 401
    assert None in session.scalars(select(col(StaffSession.stepped_up_at))).all()


# Where there are none


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://vraag.example.org", Site("vraag.example.org", "https://vraag.example.org")),
        ("https://Vraag.Example.org:443/", Site("vraag.example.org", "https://vraag.example.org")),
        ("https://vraag.example.org:8443", Site("vraag.example.org", "https://vraag.example.org:8443")),
        ("http://localhost:8001", Site("localhost", "http://localhost:8001")),
        ("http://vraag.example.org", None),
        ("https://192.0.2.1", None),
        ("http://127.0.0.1:8001", None),
        ("https://[2001:db8::1]", None),
        ("", None),
    ],
)
def test_passkeys_belong_to_the_public_address(address: str, site: Site | None) -> None:
    assert Site.of(address) == site


def test_at_a_bare_address_nobody_is_offered_one(
    client: TestClient, session: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    runtime_for("intake").settings.public_url_intake = "http://127.0.0.1:8001"
    assert "passkey" not in client.get("/desk/sign-in", headers=EN).text
    assert client.post("/desk/passkey/options").status_code == 404
    sign_in(client, session)
    assert "asskey" not in client.get("/desk/me", headers=EN).text


def test_a_colleague_with_a_passkey_alone_is_ready(
    client: TestClient, session: Session, lies: Person
) -> None:
    assert session.scalars(select(App)).all() == []
    sign_in(client, session, Role.OPERATOR, name="Olga")
    page = client.get(f"/desk/people/{lies.id}", headers=EN).text
    assert "can sign in" in page


def test_every_part_of_it_is_said_in_three_languages(
    client: TestClient, lies: Person, phone: Authenticator
) -> None:
    show(client, phone)
    pages = [client.get("/desk/me", headers={"Accept-Language": one}).text for one in ("nl", "fr", "en")]
    assert len({page.split("data-wrong", 1)[1][:400] for page in pages}) == 3


def test_answers_to_nothing_that_was_asked_are_counted_and_fill_no_audit(
    client: TestClient, session: Session, lies: Person, phone: Authenticator
) -> None:
    """Anybody can send them, as many as they like."""
    before, refused = deeds(session), SIGN_INS.labels("refused")._value.get()
    answer = phone.show(asked(client, "/desk/passkey"))
    client.cookies.clear()
    for credential in ("x", answer):
        assert client.post("/desk/passkey", data={"credential": credential}).status_code == 401
    assert deeds(session) == before
    assert SIGN_INS.labels("refused")._value.get() == refused + 2
