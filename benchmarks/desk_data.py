"""A centre after years of work: askers, families, calls, and what is to be done in three services."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import Session

from services import system
from services.intake.calls.numbers import index_of
from services.intake.calls.tables import Call, CallState
from services.intake.desk.tables import DeskMark
from services.intake.requests.references import new_reference
from services.intake.requests.tables import AdviceRequest
from services.intake.staff import sessions
from services.intake.staff.commands import add
from services.intake.staff.tables import Role
from services.notify.visits.tables import Registration
from shared import crypto
from shared.database.at_once import InsertAtOnce
from shared.database.encrypted import of_row
from shared.database.engine import make_engine, make_sessions
from shared.desk.items import whose
from shared.desk.tables import work_items
from shared.events.services import SERVICES
from shared.finding import marks_of
from shared.ids import new_id
from shared.runtime import keyring_of
from tests.kit.settings import settings_for

PEOPLE, CALLS, CALLERS, AT_ONCE = 200_000, 100_000, 20_000, 5_000
ITEMS = {"intake": 700, "referral": 700, "notify": 600}
STAFF = ("Noor", "Sam", "Anna", "Lies", "Jan", "Fien", "Bram", "Els")
# The rows alone, without visit days: a search reads nothing else.
FREE = "ALTER TABLE registrations DROP CONSTRAINT fk_registrations_visit_day_id"
FIRST, LAST = 300, 20_000
NOW = datetime.now(UTC)
Person = Mapping[str, str]


@dataclass(frozen=True)
class Centre:
    """What was put there: the tokens of people's sessions, people to seek, and calls to look at."""

    tokens: Sequence[str]
    people: Sequence[Person]
    calls: Sequence[UUID]


def fill(url: str, chance: random.Random) -> Centre:
    people = [_person(chance) for _ in range(PEOPLE)]
    for name in SERVICES:
        with _as(url, name) as session:
            _items(session, name, chance)
    with _as(url, "notify") as session:
        session.execute(text(FREE))
        _insert(session, Registration, map(_family, people))
    with _as(url, "intake") as session:
        _insert(session, AdviceRequest, map(_asker, people))
        tokens, staff = _staff(session)
        _marks(session, chance, staff)
        calls = _calls(session, chance, staff)
    return Centre(tokens, people, calls)


@contextmanager
def _as(url: str, service: str) -> Iterator[Session]:
    """A session with the keys of this service, whose tables are made and whose figures are fresh after it."""
    crypto.install(keyring_of(service, settings_for(service)))
    system.service(service).upgrade(url)
    engine = make_engine(url, service, pool_size=1)
    try:
        with make_sessions(engine)() as session:
            yield session
            session.commit()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # As autovacuum does sooner or later.
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("VACUUM ANALYZE"))
    finally:
        engine.dispose()
        crypto._installed = None


def _insert(session: Session, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    insert, some = InsertAtOnce(table.__table__), list[dict[str, Any]]()
    for row in rows:
        some.append(row)
        if len(some) == AT_ONCE:
            _keep(session, insert, some)
            some = []
    if some:
        _keep(session, insert, some)


def _keep(session: Session, insert: Callable[[Any, list[dict[str, Any]]], object], rows: list[Any]) -> None:
    session.execute(text("SET LOCAL statement_timeout = 0"))
    insert(session, rows)
    session.commit()


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


def written(chance: random.Random, person: Person) -> str:
    """As somebody at the desk types whom they seek."""
    return person[chance.choice(["name", "phone", "email", "reference"])]


def _some_time_ago() -> datetime:
    return NOW - timedelta(seconds=random.randrange(30_000_000))


def _asker(person: Person) -> dict[str, Any]:
    """What a search reads, and what may not be empty."""
    at = _some_time_ago()
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
            "marks": marks_of(person["name"], person["phone"], person["email"]),
            "received_at": at,
        }
    )


def _family(person: Person) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "visit_day_id": uuid4(),
        "name": person["name"],
        "contact_index": uuid4().bytes,
        "marks": marks_of(person["name"], person["phone"], person["email"]),
        "channel": "sms",
        "language": "nl",
        "adults": 1,
        "child_age_bands": [],
        "first_visit": False,
        "minors_own_phone": False,
        "number_confirmed": True,
        "address_unproven": False,
        "state": "registered",
        "created_at": _some_time_ago(),
    }


def _items(session: Session, service: str, chance: random.Random) -> None:
    """Open items of the last days, a few of them about somebody in danger, among as many that were closed."""
    kinds = {
        "intake": ("held-request", "held"),
        "referral": ("consent-needed", "no-consent"),
        "notify": ("reply", "not-understood"),
    }
    kind, reason = kinds[service]
    rows = []
    for number in range(2 * ITEMS[service]):
        at, audience = NOW - timedelta(minutes=chance.randrange(20_000)), chance.choice(["carer", "child"])
        told = whose(
            audience=audience, ages=["6-9"], language=chance.choice(["nl", "fr", "ar"]), urgency="normal"
        )
        rows.append(
            {
                "id": new_id(),
                "kind": kind,
                "reason": "danger-now" if number % 200 == 0 else reason,
                "subject_id": uuid4(),
                "details": told | {"reference": new_reference()},
                "dedupe_key": str(number),
                "opened_at": at,
                "resolved_at": at if number % 2 else None,
                "due_at": at + timedelta(days=2) if number % 3 else None,
            }
        )
    session.execute(work_items.insert(), rows)


def _staff(session: Session) -> tuple[list[str], list[UUID]]:
    roles = (Role.ADVISER, Role.SENIOR)
    people = [add(session, name, f"{name}@centre.example", roles, at=NOW) for name in STAFF]
    return [sessions.begin(session, one, means="link") for one in people], [one.id for one in people]


def _marks(session: Session, chance: random.Random, staff: Sequence[UUID]) -> None:
    """A fifth of what waits is somebody's, or was put off."""
    some = session.execute(text("SELECT id FROM work_items WHERE resolved_at IS NULL LIMIT 200")).scalars()
    for id in some:
        later = NOW + timedelta(days=1) if chance.random() < 0.3 else None
        session.add(
            DeskMark(
                service="intake",
                item_id=id,
                owner_id=chance.choice(staff),
                owned_at=NOW,
                put_off_until=later,
                changed_at=NOW,
            )
        )


def _calls(session: Session, chance: random.Random, staff: Sequence[UUID]) -> list[UUID]:
    """Some callers call every day, most once. Returns a call of each of the busiest, and of some others."""
    numbers = [f"+316{70_000_000 + number}" for number in range(CALLERS)]
    latest: dict[str, UUID] = {}

    def row() -> dict[str, Any]:
        number, id = numbers[int(CALLERS * chance.random() ** 3)], new_id()
        latest[number] = id
        at, nothing = _some_time_ago(), dict[str, Any](needs=[], ages=[], outcomes=["informed"], services=[])
        return nothing | {
            "id": id,
            "way": "telephone",
            "direction": "in",
            "state": CallState.FINALISED,
            "at": at,
            "finalised_at": at,
            "number": of_row(id, number),
            "number_index": index_of(number),
            "anonymous": False,
            "adviser": chance.choice(staff),
            "draft_version": 1,
            "form_version": 1,
            "danger": False,
        }

    _insert(session, Call, (row() for _ in range(CALLS)))
    known = [one for one in numbers if one in latest]
    return [latest[one] for one in known[:50] + known[-50:]]
