"""What the people of a journey do: they ask, offer, press, register and text."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import httpx

from tests.intake.requests.questions import fields, question, send
from tests.kit.system import System, eventually


def ask(system: System, number: str, **changes: Any) -> dict[str, Any]:
    body = question(**({"contact": {"phone": number}} | changes))
    received: dict[str, Any] = system.post("intake", "/v1/advice-requests", body)
    return received


def ask_by_form(system: System, **changes: str) -> str:
    """Ask by the steps on the site, as somebody whom nobody knows; return the page that answers."""
    with httpx.Client(base_url=system.url("intake"), timeout=20, trust_env=False) as browser:
        answer = send(browser, fields(**changes))
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def offered(system: System, asked: dict[str, Any], before: int) -> EmailMessage:
    system.wait_for(asked["reference"], "offered")
    eventually(lambda: len(system.offer_mails()) > before, what="a mail with an offer")
    return system.offer_mails()[-1]


def press(link: str, **form: str) -> httpx.Response:
    return httpx.post(link, data=form, timeout=20, trust_env=False)


def visit_day(system: System, day: str) -> str:
    body = {
        "facility": "nl-pi-vught",
        "date": day,
        "startTime": "14:00",
        "endTime": "16:00",
        "capacity": 20,
        "kind": "child-visit",
    }
    return str(system.post("notify", "/v1/visit-days", body)["id"])


def register(system: System, visit: str, number: str) -> dict[str, Any]:
    body = {
        "name": "Noor",
        "phone": number,
        "channel": "sms",
        "language": "nl",
        "adults": 1,
        "childAgeBands": ["8-11"],
        "firstVisit": True,
        "numberConfirmed": True,
    }
    made: dict[str, Any] = system.post("notify", f"/v1/visit-days/{visit}/registrations", body)
    return made


def text_in(system: System, number: str, words: str) -> int:
    return system.twilio.text_in(f"{system.url('notify')}/twilio/inbound", number, words)
