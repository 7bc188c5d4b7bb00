"""The stand-in itself: if it differs from Twilio, the tests that use it prove nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from twilio.request_validator import RequestValidator

from tests.kit.twilio_ledger import SENDER, SID, TOKEN
from tests.kit.twilio_standin import TwilioStandIn

CREATE = f"/2010-04-01/Accounts/{SID}/Messages.json"
FORM = {"To": "+31612345678", "From": SENDER, "Body": "Dag"}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with TwilioStandIn() as twilio, httpx.Client(base_url=twilio.url, auth=(SID, TOKEN)) as made:
        yield made


def test_a_message_is_created_as_twilio_does(client: httpx.Client) -> None:
    answer = client.post(CREATE, data=FORM)
    body = answer.json()
    assert answer.status_code == 201
    assert (body["status"], body["direction"], body["to"]) == ("queued", "outbound-api", FORM["To"])
    assert len(body["sid"]) == 34
    assert client.get(f"{CREATE.removesuffix('.json')}/{body['sid']}.json").json() == body


@pytest.mark.parametrize(("missing", "code"), [("To", 21604), ("From", 21603), ("Body", 21602)])
def test_what_is_missing_is_refused_with_twilios_code(client: httpx.Client, missing: str, code: int) -> None:
    answer = client.post(CREATE, data={name: value for name, value in FORM.items() if name != missing})
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message", "more_info", "status"}
    assert answer.json()["code"] == code


def test_a_stranger_is_refused(client: httpx.Client) -> None:
    answer = client.post(CREATE, data=FORM, auth=(SID, "wrong"))
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert client.get("/ledger").json()["messages"] == []


def test_callbacks_are_signed_so_that_twilios_own_check_passes() -> None:
    with TwilioStandIn() as twilio:
        form = twilio.inbound_form("+31612345678", "JA één 🙏")
        url = "https://notify.example/twilio/inbound"
        assert RequestValidator(TOKEN).validate(url, form, twilio.signature(url, form))


def test_as_a_process_it_is_steered_and_keeps_its_ledger(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.kit.twilio_standin", "--ledger", str(tmp_path / "ledger")]
    for taken in (1, 2):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[1]
            with httpx.Client(base_url=url, auth=(SID, TOKEN)) as client:
                client.post("/control", json={"next": ["429", "ok"]})
                assert client.post(CREATE, data=FORM).headers["Retry-After"] == "1"
                assert client.post(CREATE, data=FORM).status_code == 201
                assert len(client.get("/ledger").json()["messages"]) == taken
        finally:
            process.kill()
            process.wait()
