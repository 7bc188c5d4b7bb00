"""Finding a person at the desk among 200,000 askers and as many families, however they are written."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks.machine import database
from services import system
from services.intake.desk import search_queries
from services.intake.desk.search_rules import Sought, sought
from services.intake.requests.references import new_reference
from services.intake.requests.tables import AdviceRequest
from services.notify.people import finding
from services.notify.visits.tables import Registration
from shared import crypto
from shared.crypto import Keyring
from shared.database.at_once import InsertAtOnce
from shared.database.engine import make_engine, make_sessions
from shared.desk.actions import DeskActions
from shared.events.finding import AskFound
from shared.finding import marks_of
from shared.security.service_tokens import Acting

PEOPLE, AT_ONCE, SEARCHES = 200_000, 5_000, 400
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
# The rows alone, without visit days: a search reads nothing else.
FREE = "ALTER TABLE registrations DROP CONSTRAINT fk_registrations_visit_day_id"
FIRST, LAST = 300, 20_000
KEYS = {"k1": bytes(32)}


def measure() -> list[tuple[str, str, str]]:
    chance = random.Random(1)
    people = [_person(chance) for _ in range(PEOPLE)]
    wanted = [_written(chance, chance.choice(people)) for _ in range(SEARCHES)]
    common = ["Voornaam0"] * 20
    with database() as url:
        intake, notify = _filled(url, "intake", people), _filled(url, "notify", people)
        seek = _both(intake, notify)
        every, often = [seek(one) for one in wanted], [seek(one) for one in common]
        intake.dispose()
        notify.dispose()
    crypto._installed = None
    return [
        (
            f"finding a person among {PEOPLE:,} askers and {PEOPLE:,} families, p95",
            f"{statistics.quantiles(every, n=20)[-1]:.1f} ms",
            "reach 50 ms",
        ),
        ("the same by the commonest first name alone", f"{statistics.median(often):.1f} ms", ""),
    ]


def _person(chance: random.Random) -> dict[str, str]:
    """Some first names are common and most are rare, as they are."""
    first = int(FIRST * chance.random() ** 3)
    last, number = chance.randrange(LAST), chance.randrange(10_000_000, 59_999_999)
    return {
        "name": f"Voornaam{first} van den Achternaam{last}",
        "phone": f"+316{number}",
        "email": f"naam{number}@example.org",
        "reference": new_reference(),
    }


def _written(chance: random.Random, person: Mapping[str, str]) -> str:
    return person[chance.choice(["name", "phone", "email", "reference"])]


def _filled(url: str, service: str, people: list[dict[str, str]]) -> Engine:
    crypto.install(Keyring("secret", KEYS, service=service))
    system.service(service).upgrade(url)
    engine = make_engine(url, service, pool_size=2)
    table: Any = AdviceRequest if service == "intake" else Registration
    row = _asker if service == "intake" else _family
    insert = InsertAtOnce(table.__table__)
    with make_sessions(engine)() as session:
        if service == "notify":
            session.execute(text(FREE))
        for some in _batches(people):
            session.execute(text("SET LOCAL statement_timeout = 0"))
            insert(session, [row(one) for one in some])
            session.commit()
        session.execute(text(f"ANALYZE {table.__tablename__}"))
        session.commit()
    return engine


def _batches(people: list[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    for start in range(0, len(people), AT_ONCE):
        yield people[start : start + AT_ONCE]


def _marks(person: Mapping[str, str]) -> list[int]:
    return marks_of(person["name"], person["phone"], person["email"])


def _asker(person: Mapping[str, str]) -> dict[str, Any]:
    """What a search reads, and what may not be empty."""
    at = NOW - timedelta(seconds=random.randrange(30_000_000))
    codes: dict[str, Any] = {"help_for": [], "needs": [], "child_age_bands": [], "safe_times": []}
    no = dict.fromkeys(("hold", "danger", "voicemail", "discreet", "minors_own_phone"), False)
    return (
        codes
        | no
        | {
            "id": uuid4(),
            "reference": person["reference"],
            "return_code_hash": bytes(32),
            "client": "form",
            "fingerprint": bytes(32),
            "state": "received",
            "state_time": at,
            "audience": "carer",
            "country": "NL",
            "postcode": "5038",
            "language": "nl",
            "urgency": "normal",
            "remote": "yes",
            "share": "yes",
            "channel": "sms",
            "marks": _marks(person),
            "received_at": at,
        }
    )


def _family(person: Mapping[str, str]) -> dict[str, Any]:
    at = NOW - timedelta(seconds=random.randrange(30_000_000))
    return {
        "id": uuid4(),
        "visit_day_id": uuid4(),
        "name": person["name"],
        "contact_index": uuid4().bytes,
        "marks": _marks(person),
        "channel": "sms",
        "language": "nl",
        "adults": 1,
        "child_age_bands": [],
        "first_visit": False,
        "minors_own_phone": False,
        "number_confirmed": True,
        "state": "registered",
        "created_at": at,
    }


def _both(intake: Engine, notify: Engine) -> Callable[[str], float]:
    """Return what seeks in both, one after the other, and returns how many milliseconds that took."""
    ours, theirs = make_sessions(intake), make_sessions(notify)
    rings = [Keyring("secret", KEYS, service=one) for one in ("intake", "notify")]

    def seek(written: str) -> float:
        begun = time.perf_counter()
        meant = sought(written)
        crypto.install(rings[0])
        with ours() as session:
            found = len(search_queries.find(session, meant).hits)
        crypto.install(rings[1])
        with theirs() as session:
            found += _at_notify(session, meant)
        assert found, written
        return (time.perf_counter() - begun) * 1000

    return seek


def _at_notify(session: Session, meant: Sought) -> int:
    asked = AskFound(phones=meant.phones, emails=meant.emails, words=meant.words)
    nobody: Any = DeskActions({})
    return len(finding.find(session, nobody, asked, Acting("staff:1", "Noor"), NOW).hits)  # type: ignore[arg-type]
