"""The channel against Twilio's own description of its API, served by a mock server made from it (Prism).

Runs where npm can fetch `@stoplight/prism-cli`, or `WEERZIEN_TEST_PRISM` names its program, and where the
description is (`WEERZIEN_STANDARDS`, else beside the repository). Prism refuses what the description does not
allow, so this shows that the official SDK and our use of it speak Twilio's language.
"""

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from local.ports import hold
from services.notify.channels.port import Accepted, Outgoing, Seen
from services.notify.channels.twilio_sms import TwilioAccount, TwilioSms

# One mock server for all of them.
pytestmark = pytest.mark.xdist_group("prism")
ROOT = Path(__file__).parents[3]
STANDARDS = Path(os.environ.get("WEERZIEN_STANDARDS", ROOT.parent / "shared" / "standards"))
DESCRIPTION = STANDARDS / "twilio" / "twilio_messages_subset.json"
START_SECONDS = 90


def prism_command() -> list[str]:
    given = os.environ.get("WEERZIEN_TEST_PRISM")
    if given:
        return [given]
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("neither npx nor WEERZIEN_TEST_PRISM is here")
    return [npx, "--yes", "@stoplight/prism-cli@5"]


@pytest.fixture(scope="module")
def prism() -> Iterator[str]:
    if not DESCRIPTION.exists():
        pytest.skip("Twilio's description is not here")
    held = hold()
    arguments = ["mock", str(DESCRIPTION), "--port", str(held.port), "--errors"]
    process = subprocess.Popen(
        [*prism_command(), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    patience = threading.Timer(START_SECONDS, os.killpg, (process.pid, 15))
    patience.start()
    try:
        wait_until_it_listens(process)
        patience.cancel()
        yield f"http://127.0.0.1:{held.port}"
    finally:
        patience.cancel()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait(10)
        held.release()


def wait_until_it_listens(process: subprocess.Popen[str]) -> None:
    """Wait until it prints that it listens; skip the tests if it ends first, as when npm cannot fetch it."""
    assert process.stdout is not None
    for line in process.stdout:
        if "listening" in line:
            return
    pytest.skip("Prism could not be fetched or started")


@pytest.mark.slow
def test_a_text_is_what_twilios_description_allows(prism: str) -> None:
    account = TwilioAccount("AC" + "0" * 32, "token", prism, sender="+3197010000000")
    letter = Outgoing(
        uuid4(), "+31612345678", None, "Dag", "nl", f"https://notify.example/twilio/status/{uuid4()}"
    )
    answer = TwilioSms(account).send(letter)
    assert isinstance(answer, Accepted)
    assert answer.sid


@pytest.mark.slow
def test_a_messaging_service_is_what_twilios_description_allows(prism: str) -> None:
    account = TwilioAccount("AC" + "0" * 32, "token", prism, messaging_service="MG" + "1" * 32)
    letter = Outgoing(uuid4(), "+31612345678", None, "Dag", "nl", None)
    assert isinstance(TwilioSms(account).send(letter), Accepted)


@pytest.mark.slow
def test_looking_is_what_twilios_description_allows(prism: str) -> None:
    account = TwilioAccount("AC" + "0" * 32, "token", prism)
    now = datetime.now(UTC)
    found = TwilioSms(account).look(now - timedelta(minutes=2), now, [])
    assert all(isinstance(one, Seen) for one in found)


@pytest.mark.slow
def test_the_mock_server_refuses_what_the_description_does_not_allow(prism: str) -> None:
    wrong = httpx.post(
        f"{prism}/2010-04-01/Accounts/AC1/Messages.json", data={"Body": "Dag"}, auth=("a", "b")
    )
    assert wrong.status_code == 422
