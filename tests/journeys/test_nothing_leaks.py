"""Unmistakable words walk the whole journey; afterwards they are looked for where they must not be."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from sqlalchemy import select

from local.environment import noted_environment
from shared.audit.tables import audit_entries
from shared.database.engine import make_engine
from shared.events.services import SERVICES
from tests.journeys.people import ask, offered, press, register, text_in, visit_day
from tests.kit.system import System, eventually, link_in

pytestmark = pytest.mark.xdist_group("journeys")
NAME, WORDS, PLACE = "Kanarievogel", "kwetterdekwet", "kanarie.kooi@example.org"


def broker_holds(url: str) -> bytes:
    """Everything that the broker has, keys and values."""
    client = redis.Redis.from_url(url)
    found = []
    for key in client.scan_iter():
        found.append(bytes(key))
        found.append(client.dump(key) or b"")
    client.close()
    return b"".join(found)


def everything_written(folder: Path) -> bytes:
    """Every log, and the broker's own file on disk."""
    logs = [path.read_bytes() for path in (folder / "logs").rglob("*") if path.is_file()]
    broker = [path.read_bytes() for path in (folder / "valkey").rglob("*") if path.is_file()]
    assert logs
    assert broker
    return b"".join(logs + broker)


def broker_of(system: System) -> str:
    return noted_environment(system.data)["WEERZIEN_BROKER_URL"]


def audit_of(system: System, service: str) -> bytes:
    """Every entry of a service's audit."""
    engine = make_engine(noted_environment(system.data)["WEERZIEN_DATABASE_URL"], service)
    with engine.connect() as connection:
        rows = connection.execute(select(audit_entries)).all()
    engine.dispose()
    return "\n".join(map(str, rows)).encode()


def test_a_persons_words_are_in_no_log_no_queue_no_address_and_no_metric(system: System, number: str) -> None:
    before = len(system.offer_mails())
    asked = ask(
        system,
        number,
        question=f"Ik zeg het zachtjes: {WORDS}",
        contact={"name": NAME, "phone": number, "email": PLACE},
        requester={"name": NAME, "organisation": WORDS},
    )
    link = link_in(offered(system, asked, before))
    press(link, action="accept")
    system.wait_for(asked["reference"], "accepted")
    eventually(lambda: len(system.twilio.to(number)) == 2, what="both texts")
    register(system, visit_day(system, "2027-05-12"), number)
    text_in(system, number, WORDS)
    eventually(
        lambda: [one for one in system.get("notify", "/v1/work-items")["items"] if one["text"] == WORDS],
        what="the words with the desk",
    )
    token = link.rsplit("/", 1)[1]
    secrets = [NAME, WORDS, PLACE, number, number.removeprefix("+31"), token, asked["returnCode"]]
    metrics = b"".join(
        system.call("GET", service, "/metrics").content for service in ("intake", "referral", "notify")
    )
    assert b"weerzien_http_requests_total" in metrics
    audits = [audit_of(system, service) for service in SERVICES]
    assert b"reveal.asker" in b"".join(audits)
    assert b"offer.accept" in b"".join(audits)
    assert b"registration.add" in b"".join(audits)
    places = {
        "the audit": b"".join(audits),
        "logs and broker files": everything_written(system.data),
        "the broker": broker_holds(broker_of(system)),
        "metrics": metrics,
    }
    for where, content in places.items():
        for secret in secrets:
            assert secret.encode() not in content, f"{secret} is in {where}"
