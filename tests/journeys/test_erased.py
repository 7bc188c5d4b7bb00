"""A person who asks to be erased, on the whole system: desk, events, provider and partner."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.journeys.people import ask, offered, press, register, text_in, visit_day
from tests.kit.system import ROOT, System, body_of, eventually, link_in

pytestmark = pytest.mark.xdist_group("journeys")


def command(system: System, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", "erase", *words, "--data", str(system.data)],
        env=system.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_who_asks_to_be_erased_is_forgotten_by_everybody(system: System, number: str) -> None:
    before = len(system.offer_mails())
    asked = ask(system, number)
    link = link_in(offered(system, asked, before))
    press(link, action="accept")
    system.wait_for(asked["reference"], "accepted")
    eventually(lambda: len(system.twilio.to(number)) == 2, what="both texts")
    day = visit_day(system, "2027-06-09")
    register(system, day, number)
    eventually(lambda: len(system.twilio.to(number)) == 3, what="the welcome")
    text_in(system, number, "dank u")
    mails = len(system.mailbox.mails)

    assert "adviceRequests\t1" in command(system, asked["reference"], "--dry-run")
    first = system.post("intake", "/v1/erasures", {"reference": asked["reference"]})
    assert first["counts"]["adviceRequests"] == first["counts"]["registrations"] == 1
    assert system.post("intake", "/v1/erasures", {"reference": asked["reference"]}) == first

    eventually(lambda: system.twilio.to(number) == [], what="texts deleted at the provider")
    eventually(lambda: len(system.mailbox.mails) > mails, what="a mail to the partner")
    assert "hoeft niet meer beantwoord" in body_of(system.mailbox.mails[-1][1])
    assert system.call("GET", "intake", f"/v1/advice-requests/{asked['reference']}").status_code == 404
    assert system.get("notify", f"/v1/visit-days/{day}/reminders")["items"] == []
    assert (
        system.get("referral", f"/v1/referrals?adviceRequestId={asked['id']}")["items"][0]["explanation"]
        == {}
    )
    words = [item["text"] for item in system.get("notify", "/v1/work-items")["items"]]
    assert "dank u" not in words


def test_a_family_that_only_notify_knows_is_erased_by_its_number_from_the_command_line(
    system: System, number: str
) -> None:
    day = visit_day(system, "2027-06-10")
    family = register(system, day, number)
    eventually(lambda: system.twilio.to(number), what="the welcome")
    assert "registrations\t1" in command(system, number)
    assert "registrations\t1" in command(system, number)
    eventually(lambda: system.twilio.to(number) == [], what="the text deleted at the provider")
    kept = system.get("notify", f"/v1/visit-days/{day}/registrations/{family['id']}")
    assert kept["state"] == "cancelled"
    assert command(system, "--copy-journal").count("notify\tregistrations\t") >= 1
