"""What an operator hears from `weerzien doctor` about settings, servers and providers that look right."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text
from sqlmodel import Session

from local.ports import hold
from local.valkey import Valkey
from services.doctor import examine, machine
from services.doctor.database import clock
from services.notify.replies.tables import InboundText
from services.referral.directory.commands import load_sample
from shared.ids import new_id
from shared.messaging.tables import heartbeats
from shared.settings import parse_keys
from tests.conftest import MORNING
from tests.kit import oidc
from tests.kit.imap_standin import ImapStandIn
from tests.kit.mailbox import Mailbox
from tests.kit.settings import ENVIRONMENT
from tests.kit.twilio_standin import TwilioStandIn
from tests.referral.referrals.network import partner

Doctor = Callable[..., dict[str, str]]
OURS = ENVIRONMENT["WEERZIEN_ENCRYPTION_KEYS"]
SERVER = {
    "WEERZIEN_EMBEDDED": "false",
    "WEERZIEN_POSTBUS": "true",
    **{
        f"WEERZIEN_PUBLIC_URL_{name}": f"https://{name.lower()}.org"
        for name in ("INTAKE", "REFERRAL", "NOTIFY")
    },
}


@pytest.fixture
def doctor(postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Doctor:
    """What is said under these settings, each sentence with its grade."""

    def ask(*, running: bool = False, **settings: str) -> dict[str, str]:
        given = ENVIRONMENT | {"WEERZIEN_DATABASE_URL": postgres} | settings
        monkeypatch.setattr("os.environ", {"PATH": os.environ["PATH"], **given})
        return {finding.text: finding.grade for finding in examine(tmp_path, running=running)}

    return ask


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("notify")


def told(found: dict[str, str], words: str) -> str:
    """The grade of the one sentence with these words."""
    [grade] = [grade for text, grade in found.items() if words in text]
    return grade


def a_key(name: str, seed: str) -> str:
    return f"{name}:{base64.b64encode(hashlib.sha256(seed.encode()).digest()).decode()}"


def somebody_wrote(session: Session) -> None:
    """Their number and words are encrypted under the key `t1`."""
    session.add(
        InboundText(
            provider_sid=str(new_id()),
            from_index=b"x",
            sender="+31612345678",
            body="Dank u wel",
            received_at=MORNING,
        )
    )
    session.commit()


def test_with_the_keys_that_rows_need_nothing_is_wrong(doctor: Doctor, session: Session) -> None:
    somebody_wrote(session)
    assert told(doctor(), "every key that stored values need is here") == "good"


def test_who_gives_services_keys_of_their_own_hears_which_two_have_none_in_common(doctor: Doctor) -> None:
    own = {f"WEERZIEN_SECRET_KEY_{name}": f"{name}-{'0123456789abcdef' * 3}" for name in ("INTAKE", "NOTIFY")}
    common = "a-key-of-two-services-0123456789-abcdefgh"
    found = doctor(**own, WEERZIEN_PEER_KEY_INTAKE_REFERRAL=common, WEERZIEN_PEER_KEY_REFERRAL_NOTIFY=common)
    assert [said for said in found if "no key in common" in said] == [
        "intake and notify have secret keys of their own and no key in common, so neither answers the other:"
        " give both the same WEERZIEN_PEER_KEY_INTAKE_NOTIFY"
    ]
    assert not any("no key in common" in said for said in doctor())


def test_services_that_share_a_role_in_the_database_could_read_what_is_anothers(
    doctor: Doctor, postgres: str
) -> None:
    assert told(doctor(**SERVER), "services share a role in the database") == "notice"


def test_values_from_before_they_were_bound_to_their_rows_wait_to_be_encrypted_anew(
    doctor: Doctor, session: Session
) -> None:
    somebody_wrote(session)
    assert not any("bound to its row" in said for said in doctor())
    name, nonce = b"t1", os.urandom(12)
    key = base64.b64decode(OURS.partition(":")[2])
    value = bytes([2]) + name + nonce + AESGCM(key).encrypt(nonce, b"Dank u", b"inbound_texts.body")
    session.execute(text("UPDATE inbound_texts SET body = :value"), {"value": value})
    session.commit()
    found = doctor()
    assert told(found, "some values are from before each was bound to its row") == "notice"
    assert told(found, "every key that stored values need is here") == "good"


def test_after_an_upgrade_values_wait_until_the_version_before_is_gone(
    doctor: Doctor, session: Session
) -> None:
    [since] = session.execute(text("DELETE FROM milestones RETURNING since")).scalars()
    session.commit()
    try:
        assert told(doctor(), "once it runs nowhere any more, `weerzien keys reencrypt`") == "notice"
    finally:
        session.execute(text("INSERT INTO milestones VALUES ('values-bound', :since)"), {"since": since})
        session.commit()


def test_who_took_a_key_away_too_early_hears_which_rows_need_it(doctor: Doctor, session: Session) -> None:
    somebody_wrote(session)
    found = doctor(WEERZIEN_ENCRYPTION_KEYS=a_key("k2", "another"))
    assert told(found, "notify.inbound_texts.sender holds values under the key 't1'") == "wrong"
    assert told(found, "notify.inbound_texts.body holds values under the key 't1'") == "wrong"
    assert not any("+316" in text or "Dank" in text for text in found)


def test_who_gave_a_new_key_an_old_name_hears_that_rows_cannot_be_read(
    doctor: Doctor, session: Session
) -> None:
    somebody_wrote(session)
    found = doctor(WEERZIEN_ENCRYPTION_KEYS=a_key("t1", "another"))
    assert told(found, "notify.inbound_texts.body cannot be read: the key 't1'") == "wrong"


def test_who_rotates_keys_hears_at_each_step_what_is_left_to_do(doctor: Doctor, session: Session) -> None:
    both = f"{a_key('k2', 'another')},{OURS}"
    assert set(parse_keys(both)) == {"k2", "t1"}
    assert (
        told(doctor(WEERZIEN_ENCRYPTION_KEYS=both), "nothing stored needs the key 't1' any more") == "notice"
    )
    somebody_wrote(session)
    found = doctor(WEERZIEN_ENCRYPTION_KEYS=both)
    assert told(found, "some values are still under the key 't1'") == "notice"


@pytest.mark.parametrize(
    ("seconds", "grade", "words"),
    [
        (0.4, "good", "agree"),
        (-3.0, "good", "agree"),
        (90.0, "wrong", "90 seconds ahead of this one"),
        (-7200.0, "wrong", "7200 seconds behind this one"),
    ],
)
def test_two_clocks_that_differ_are_told_apart(seconds: float, grade: str, words: str) -> None:
    finding = clock(seconds)
    assert finding.grade == grade
    assert words in finding.text


def test_the_clock_of_a_database_on_this_machine_agrees(doctor: Doctor) -> None:
    assert told(doctor(), "this clock and the database's agree") == "good"


def test_a_database_that_may_forget_in_a_power_cut_is_named(doctor: Doctor) -> None:
    """The server of these tests is one: what they write need not survive."""
    found = doctor()
    assert told(found, "fsync is off") == "wrong"
    assert told(found, "synchronous_commit is off") == "wrong"


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    with TwilioStandIn() as standin:
        yield standin


def test_an_account_that_twilio_knows_is_good_and_nothing_is_sent(
    doctor: Doctor, twilio: TwilioStandIn
) -> None:
    assert told(doctor(**twilio.environment()), "Twilio knows the account") == "good"
    assert (twilio.sent, twilio.ledger.calls) == ([], 0)


def test_a_token_with_a_typing_error_is_found_before_the_first_family_waits(
    doctor: Doctor, twilio: TwilioStandIn
) -> None:
    found = doctor(**(twilio.environment() | {"TWILIO_AUTH_TOKEN": "almost-the-token"}))
    assert told(found, "Twilio refuses TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN") == "wrong"
    assert not any("almost-the-token" in text for text in found)


def test_an_account_that_twilio_has_suspended_is_named(doctor: Doctor, twilio: TwilioStandIn) -> None:
    twilio.ledger.account_status = "suspended"
    assert told(doctor(**twilio.environment()), "the account at Twilio is suspended") == "wrong"


def test_a_way_out_that_is_closed_is_named_for_texts_and_for_mail(
    doctor: Doctor, twilio: TwilioStandIn
) -> None:
    with hold() as port:
        settings = twilio.environment() | {"TWILIO_API_BASE_URL": f"http://127.0.0.1:{port}"}
        found = doctor(**settings, WEERZIEN_SMTP_URL=f"smtp://127.0.0.1:{port}")
    assert told(found, "Twilio cannot be reached") == "wrong"
    assert told(found, "the mail server of WEERZIEN_SMTP_URL cannot be reached") == "wrong"


def test_a_mail_server_that_takes_us_in_is_good_and_gets_no_letter(doctor: Doctor) -> None:
    with Mailbox() as mailbox:
        assert told(doctor(WEERZIEN_SMTP_URL=mailbox.url), "the mail server takes us in") == "good"
    assert mailbox.mails == []


def test_a_mailbox_that_can_be_read_is_good_and_one_that_cannot_is_said_so(doctor: Doctor) -> None:
    with ImapStandIn() as box:
        assert told(doctor(WEERZIEN_IMAP_URL=box.url), "the mailbox can be read") == "good"
        box.password = "another"
        found = doctor(WEERZIEN_IMAP_URL=box.url)
        assert told(found, "the mailbox refuses the name and password in WEERZIEN_IMAP_URL") == "wrong"
        assert not any("centrum.example" in said for said in found)
        nowhere = box.url
    assert (
        told(doctor(WEERZIEN_IMAP_URL=nowhere), "the mailbox of WEERZIEN_IMAP_URL cannot be reached")
        == "wrong"
    )


def test_who_sends_mail_and_has_no_program_read_the_answers_hears_who_must(doctor: Doctor) -> None:
    with Mailbox() as mailbox:
        assert told(doctor(WEERZIEN_SMTP_URL=mailbox.url), "WEERZIEN_IMAP_URL is not set") == "notice"
    assert not any("WEERZIEN_IMAP_URL" in said for said in doctor())


def test_a_mail_server_without_tls_is_not_given_a_password(doctor: Doctor) -> None:
    with Mailbox() as mailbox:
        url = mailbox.url.replace("smtp://", "smtp+starttls://name:password@")
        assert told(doctor(WEERZIEN_SMTP_URL=url), "the mail server has no STARTTLS") == "wrong"


@contextmanager
def mail_server_that_knows_nobody() -> Iterator[str]:
    def refuse(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with hold() as port:
        controller = Controller(
            object(), hostname="127.0.0.1", port=port, authenticator=refuse, auth_require_tls=False
        )
        controller.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            controller.stop()


def test_a_password_that_the_mail_server_refuses_is_named_and_not_repeated(doctor: Doctor) -> None:
    with mail_server_that_knows_nobody() as server:
        found = doctor(WEERZIEN_SMTP_URL=f"smtp://weerzien:hunter22@{server}")
    assert told(found, "refuses the name and password in WEERZIEN_SMTP_URL") == "wrong"
    assert not any("hunter22" in text for text in found)


def test_addresses_that_the_outside_can_reach_are_not_remarked_upon(doctor: Doctor) -> None:
    assert not any("WEERZIEN_PUBLIC_URL" in text for text in doctor(**SERVER))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://notify.org", "not https"),
        ("https://localhost:8002", "cannot reach that"),
        ("https://10.0.0.7", "cannot reach that"),
        ("https://server.local", "cannot reach that"),
        ("notify.org", "must look like https://"),
        ("https://intake.org", "two services have the same public address"),
    ],
)
def test_on_a_server_an_address_that_leads_nowhere_from_outside_is_named(
    doctor: Doctor, address: str, words: str
) -> None:
    found = doctor(**(SERVER | {"WEERZIEN_PUBLIC_URL_NOTIFY": address}))
    assert told(found, words) == "wrong"


def test_a_laptop_that_writes_to_real_people_needs_addresses_that_they_reach(doctor: Doctor) -> None:
    """With stand-ins on the laptop itself its own addresses are enough."""
    here = {"WEERZIEN_PUBLIC_URL_NOTIFY": "http://127.0.0.1:8002"}
    assert not any("8002" in text for text in doctor(**here, WEERZIEN_SMTP_URL="smtp://127.0.0.1:1"))
    found = doctor(**here, WEERZIEN_SMTP_URL="smtp://mail.invalid:1", WEERZIEN_POSTBUS="true")
    assert told(found, "http://127.0.0.1:8002: people and Twilio's reports cannot reach that") == "wrong"


def test_texts_that_reach_nobody_beside_mail_that_reaches_people_are_wrong(doctor: Doctor) -> None:
    real = {"WEERZIEN_SMTP_URL": "smtp://mail.invalid:1"}
    silently = doctor(**real)
    assert told(silently, "TWILIO_ACCOUNT_SID is missing: texts go nowhere") == "wrong"
    by_name = doctor(**real, WEERZIEN_POSTBUS="true")
    assert told(by_name, "TWILIO_ACCOUNT_SID is not set: texts stay in the postbus") == "wrong"
    assert told(doctor(), "TWILIO_ACCOUNT_SID is not set: texts stay in the postbus") == "notice"


def test_a_worker_that_fell_silent_and_one_that_never_was_are_named(doctor: Doctor, session: Session) -> None:
    session.execute(heartbeats.insert().values(name="worker", at=MORNING - timedelta(days=3650)))
    session.commit()
    found = doctor(running=True)
    assert told(found, "the worker of notify gave its last sign of life") == "wrong"
    words = "no dispatcher of notify has run here yet: start `weerzien dispatcher notify`"
    assert told(found, words) == "wrong"


def test_services_and_a_broker_that_do_not_answer_are_named(doctor: Doctor) -> None:
    found = doctor(running=True, WEERZIEN_INTERNAL_URL_REFERRAL="http://127.0.0.1:1")
    assert told(found, "referral does not answer at http://127.0.0.1:1") == "wrong"
    assert told(found, "the broker of WEERZIEN_BROKER_URL does not answer") == "wrong"


def test_internal_addresses_that_are_crossed_are_named(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get(url: str, **_: object) -> httpx.Response:
        return httpx.Response(200, json={"status": "ok", "service": "intake"})

    monkeypatch.setattr(httpx, "get", get)
    found = doctor(running=True)
    assert told(found, "intake answers at http://intake.test") == "good"
    assert told(found, "at http://referral.test intake answers and not referral") == "wrong"


@pytest.mark.parametrize("url", ["localhost:6379", "redis://", "kafka://here:1", "redis://here:none/0"])
def test_an_address_that_no_broker_can_have_is_named(doctor: Doctor, url: str) -> None:
    assert (
        told(doctor(running=True, WEERZIEN_BROKER_URL=url), "WEERZIEN_BROKER_URL must look like") == "wrong"
    )


def test_a_full_disk_matters_only_where_something_is_written(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    assert told(doctor(), "only 1 MB are free") == "wrong"
    nowhere = list(machine.examine(tmp_path / "none", here=False))
    assert nowhere == []


def test_a_broker_that_would_throw_work_away_when_it_is_full_is_named(doctor: Doctor, place: Path) -> None:
    valkey = Valkey(place / "data")
    try:
        url = valkey.start()
        assert told(doctor(running=True, WEERZIEN_BROKER_URL=url), "the broker answers") == "good"
        wrong = re.sub(r":[^:@/]+@", ":almost@", url)
        assert (
            told(doctor(running=True, WEERZIEN_BROKER_URL=wrong), "the broker refuses the name or") == "wrong"
        )
        redis.Redis.from_url(url).config_set("maxmemory-policy", "allkeys-lru")
        found = doctor(running=True, WEERZIEN_BROKER_URL=url)
        assert told(found, "maxmemory-policy is allkeys-lru: set it to noeviction") == "wrong"
    finally:
        valkey.stop()


def test_samples_are_spoken_of_where_real_partners_are_active_beside_them(
    doctor: Doctor, session_for: Callable[[str], Session]
) -> None:
    directory = session_for("referral")
    load_sample(directory, at=MORNING)
    assert not any("sample services" in said for said in doctor())
    partner(directory, "huis")
    assert told(doctor(), "sample services are active (76) beside real ones (1)") == "notice"
    directory.execute(text("UPDATE services SET active = false WHERE name <> 'Begeleid bezoek'"))
    directory.commit()
    assert not any("sample services" in said for said in doctor())


def test_a_key_for_visits_of_before_that_names_no_facility_is_named(
    doctor: Doctor, make_key: Callable[..., dict[str, str]]
) -> None:
    make_key("notify", "visits:write", name="PI Vught")
    make_key("notify", "visits:write", name="PI Arnhem", facilities=["nl-pi-arnhem"])
    make_key("notify", "operator", "visits:write", name="us")
    [found] = [text for text in doctor() if "for visits" in text]
    assert "(PI Vught) is for visits but names no facility" in found


# The organisation's accounts


@pytest.fixture
def provider() -> Iterator[oidc.StandIn]:
    with oidc.running() as running:
        yield running


def accounts(issuer: str) -> dict[str, str]:
    given = {"ISSUER": issuer, "CLIENT_ID": oidc.CLIENT, "CLIENT_SECRET": oidc.SECRET}
    return {f"WEERZIEN_OIDC_{name}": value for name, value in given.items()}


def test_without_accounts_of_the_organisation_nothing_is_said_of_them(doctor: Doctor) -> None:
    assert [text for text in doctor() if "accounts" in text] == []


@pytest.mark.parametrize("left_out", ["ISSUER", "CLIENT_ID", "CLIENT_SECRET"])
def test_half_of_what_the_organisations_accounts_need_is_wrong(doctor: Doctor, left_out: str) -> None:
    given = accounts("https://login.example.org") | {f"WEERZIEN_OIDC_{left_out}": ""}
    assert told(doctor(**given), f"WEERZIEN_OIDC_{left_out} is missing") == "wrong"


def test_a_provider_that_answers_is_good(doctor: Doctor, provider: oidc.StandIn) -> None:
    assert told(doctor(**accounts(provider.issuer)), "the organisation's accounts") == "good"


def test_a_provider_that_answers_as_somebody_else_is_wrong(doctor: Doctor, provider: oidc.StandIn) -> None:
    found = doctor(**accounts(f"{provider.issuer}/"))
    assert told(found, "calls itself by another name") == "wrong"
    assert oidc.SECRET not in "".join(found)


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:1", "http://login.example.org"])
def test_a_provider_that_cannot_be_one_is_wrong(doctor: Doctor, issuer: str) -> None:
    assert told(doctor(**accounts(issuer)), issuer) == "wrong"
