"""A question from the public form goes to a partner once its asker has answered, through real processes."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.journeys.people import ask_by_form, text_in
from tests.kit.system import System, body_of, eventually

pytestmark = pytest.mark.xdist_group("journeys")
LINK = re.compile(r"https?://\S+/confirm/\S+")


def reference_on(page: str) -> str:
    return str(re.findall(r"WZ-\w{4}-\w{4}", page)[0])


def test_a_yes_by_text_leads_to_an_offer(system: System, number: str) -> None:
    reference = reference_on(ask_by_form(system, country="NL", postcode="5038 AB", phone=number))
    eventually(lambda: system.twilio.to(number), what="the text that asks whose number it is")
    [text] = system.twilio.to(number)
    assert reference not in text.body
    assert "Noor" not in text.body
    assert system.state(reference) == "received"
    text_in(system, number, "Ja")
    system.wait_for(reference, "offered")
    assert len(system.twilio.to(number)) == 1


def test_the_link_in_a_mail_leads_to_an_offer(system: System, number: str) -> None:
    address = f"noor{number.removeprefix('+')}@vraag.example"
    page = ask_by_form(system, country="NL", postcode="5038 AB", channel="email", email=address)
    reference = reference_on(page)
    eventually(lambda: system.mailbox.to(address), what="the mail that asks whose address it is")
    [mail] = system.mailbox.to(address)
    found = LINK.search(body_of(mail))
    assert found
    assert "Noor" not in mail.as_string()
    assert httpx.get(found[0], trust_env=False).status_code == 200
    assert system.state(reference) == "received"
    assert httpx.post(found[0], timeout=20, trust_env=False).status_code == 200
    system.wait_for(reference, "offered")
