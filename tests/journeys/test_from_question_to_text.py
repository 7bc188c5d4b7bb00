"""From a question to a delivered text, through real processes, judged by the provider's ledger."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from tests.journeys.people import ask, offered, press
from tests.kit.system import System, body_of, eventually, link_in

pytestmark = pytest.mark.xdist_group("journeys")


def operators(*command: str) -> str:
    said = subprocess.run(
        [sys.executable, "-m", "services.cli", *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return said.stdout


def test_a_family_hears_once_that_somebody_said_yes(system: System, number: str) -> None:
    before = len(system.offer_mails())
    asked = ask(system, number, question="Hij is bang voor de poort.")
    mail = offered(system, asked, before)
    assert mail["To"].endswith(".example")
    assert "Noor" not in mail.as_string()
    link = link_in(mail)
    unanswered = httpx.get(link, trust_env=False)
    assert unanswered.status_code == 200
    assert "bang voor de poort" not in unanswered.text + mail.as_string()
    assert system.state(asked["reference"]) == "offered"
    page = press(link, action="accept")
    for known_now in ("Noor", number, "bang voor de poort"):
        assert known_now in page.text
    system.wait_for(asked["reference"], "accepted")
    eventually(lambda: len(system.twilio.to(number)) == 2, what="receipt and good news")
    received, accepted = (entry.body for entry in system.twilio.to(number))
    assert asked["reference"] in received
    assert "goed nieuws" in accepted
    eventually(
        lambda: (
            {(one["channel"], one["state"]) for one in system.messages(asked["id"])}
            == {("sms", "delivered"), ("email", "accepted")}
        ),
        what="both texts delivered",
    )
    assert {one["attempts"] for one in system.messages(asked["id"])} == {1}
    assert len(system.twilio.to(number)) == 2
    assert {len(recipients) for recipients, _ in system.mailbox.mails} == {1}
    one = next(one for one in system.messages(asked["id"]) if one["channel"] == "sms")
    shown = operators("messages", "show", one["id"], "--data", str(system.data))
    assert "state: delivered" in shown
    assert any(sent.sid in shown for sent in system.twilio.to(number))
    assert number not in shown


def test_after_a_no_the_next_partner_is_asked_by_mail(system: System, number: str) -> None:
    before = len(system.offer_mails())
    asked = ask(system, number)
    first = offered(system, asked, before)
    press(link_in(first), action="decline", reason="full")
    eventually(lambda: len(system.offer_mails()) > before + 1, what="a second offer")
    second = system.offer_mails()[-1]
    assert second["To"] != first["To"]
    assert system.state(asked["reference"]) == "offered"


def test_a_question_that_is_taken_back_is_taken_back_at_the_partner_too(system: System, number: str) -> None:
    before = len(system.offer_mails())
    asked = ask(system, number)
    offer = offered(system, asked, before)
    address = offer["To"]
    mails = len(system.mailbox.to(address))
    withdrawn = httpx.delete(
        f"{system.url('intake')}/v1/advice-requests/{asked['reference']}",
        headers={"Authorization": f"Bearer {asked['returnCode']}"},
        trust_env=False,
    )
    assert withdrawn.json()["state"] == "withdrawn"
    eventually(lambda: len(system.mailbox.to(address)) > mails, what="a mail that says so")
    assert "hoeft niet meer" in body_of(system.mailbox.to(address)[-1])
    assert "hoeft niet meer beantwoord" in press(link_in(offer), action="accept").text
    assert [entry for entry in system.twilio.to(number) if "goed nieuws" in entry.body] == []


def test_where_nobody_fits_the_asker_is_told_and_the_desk_has_it(system: System, number: str) -> None:
    asked = ask(system, number, language="so")
    system.wait_for(asked["reference"], "waiting")
    eventually(lambda: len(system.twilio.to(number)) == 2, what="receipt and honest message")
    assert "nog niemand gevonden" in system.twilio.to(number)[1].body
    [item] = system.work_items("referral", asked["id"])
    assert item["kind"] == "unplaced-referral"


def test_danger_gets_numbers_at_once_and_goes_nowhere_before_the_desk_has_looked(
    system: System, number: str
) -> None:
    before = len(system.offer_mails())
    asked = ask(system, number, danger=True)
    assert [line["name"] for line in asked["urgentHelp"]] == ["112", "Veilig Thuis"]
    [item] = system.work_items("intake", asked["id"])
    eventually(
        lambda: system.get("referral", f"/v1/referrals?adviceRequestId={asked['id']}")["items"],
        what="referral has seen it",
    )
    assert system.state(asked["reference"]) == "held"
    assert len(system.offer_mails()) == before
    system.post("intake", f"/v1/work-items/{item['id']}/resolutions", {"action": "lift-hold"})
    offered(system, asked, before)


def test_the_explanation_of_a_match_can_be_read(system: System, number: str) -> None:
    asked = ask(system, number)
    system.wait_for(asked["reference"], "offered")
    [referral] = system.get("referral", f"/v1/referrals?adviceRequestId={asked['id']}")["items"]
    best = referral["explanation"]["candidates"][0]
    assert best["score"] > 50
    assert len(best["sentences"]) == 7
    assert referral["explanation"]["nearMisses"]
    assert referral["service"]["sample"] is True
