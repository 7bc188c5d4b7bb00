"""(h) A strike: from the confirmation until no reminder can go, until the provider has every text, and what
people who open a page meanwhile wait. Beside it the floor: bare asyncio loops that do the same with less.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from datetime import date, timedelta
from datetime import time as clock
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import httpx
from sqlalchemy import text

from benchmarks.provider import provider
from services import system as services
from services.notify.contacts.queries import address_index
from services.notify.visits import rules
from services.notify.visits.tables import Registration, RegistrationState, VisitDay, VisitKind, VisitState
from shared.database.at_once import InsertAtOnce
from shared.geography import facility
from shared.ids import new_id
from shared.runtime import Runtime
from shared.security import keystore
from tests.faults.disaster import also, note
from tests.kit.system import ROOT, System, eventually, whole_system

FAMILIES, DAYS, PRISON = 20_000, 40, "nl-pi-vught"
TODAY = date(2026, 12, 1)
CEILING = {"WEERZIEN_SMS_PER_DAY": "1000000"}
MILLISECONDS, SECONDS_TO_BEGIN = 100, 6.0
# Those of a worker with its two threads; half of what is on the line is begun and ended together.
WORKERS, ON_THE_LINE, TOGETHER = 2, 80, 20
SUPPRESSED = "SELECT count(*) FROM reminder_steps WHERE state = 'planned'"
HANDED_OVER = "SELECT count(*) FROM messages WHERE purpose = 'visit-cancelled' AND state = 'accepted'"
STEPS = """
    INSERT INTO reminder_steps (id, registration_id, visit_version, step, due_at, channel, state, carries)
    SELECT gen_random_uuid(), id, 1, step, now() + interval '90 days', 'sms', 'planned', '[]'
    FROM registrations, unnest(ARRAY['D-28', 'D-7', 'D-3', 'D-1']) AS step
"""
TABLES = """
CREATE SCHEMA IF NOT EXISTS floor;
CREATE TABLE IF NOT EXISTS floor.attempts (id uuid PRIMARY KEY, message uuid NOT NULL, state text NOT NULL,
  at timestamptz NOT NULL DEFAULT now());
"""


def measure() -> list[tuple[str, str, str]]:
    with provider(MILLISECONDS) as url, whole_system(TWILIO_API_BASE_URL=url, **CEILING) as system:
        os.environ.update(note(system))
        runtime = services.make_runtime("notify")
        fill(runtime)
        with also(system, "worker", "notify"):
            time.sleep(SECONDS_TO_BEGIN)
            rows = called_off(system, runtime, floor(system, url))
        runtime.engine.dispose()
    return rows


def called_off(system: System, runtime: Runtime, bare: float) -> list[tuple[str, str, str]]:
    strike = {"facility": PRISON, "from": str(TODAY), "until": None, "action": "cancel", "reason": "strike"}
    begun = time.perf_counter()
    change = _post(system, "/v1/mass-changes", strike, system.key)["id"]
    shown = time.perf_counter() - begun
    pages = Pages(system.url("notify"))
    begun = time.perf_counter()
    _post(system, f"/v1/mass-changes/{change}/confirmations", {}, a_colleague(runtime))
    assert count(runtime, SUPPRESSED) == 0
    suppressed = time.perf_counter() - begun
    eventually(lambda: handed_over(runtime), 600, what="texts")
    seconds = time.perf_counter() - begun
    slowest = pages.stop()
    each = FAMILIES / (seconds - suppressed)
    of = f"(h) {FAMILIES:,} families called off"
    return [
        (f"{of}: shown what it would do", f"{shown:.1f} s", ""),
        (f"{of}: no reminder can go any more", f"{suppressed:.1f} s", "reach 5 s"),
        (f"{of}: all handed to a provider of {MILLISECONDS} ms", f"{seconds:.1f} s", "reach 60 s"),
        (f"{of}: a page meanwhile, p99", f"{slowest * 1000:.0f} ms", "reach 300 ms"),
        (f"{of}: texts a second", f"{each:.0f}/s", f"floor {bare:.0f}/s, {each / bare:.2f} of it; reach 0.7"),
    ]


def _post(system: System, path: str, body: Any, headers: dict[str, str]) -> Any:
    url = system.url("notify") + path
    answer = httpx.post(url, json=body, headers=headers, timeout=120, trust_env=False)
    assert answer.is_success, answer.text
    return answer.json()


def a_colleague(runtime: Runtime) -> dict[str, str]:
    key, owner = keystore.make_key(), keystore.Owner(facilities=frozenset([PRISON]))
    with runtime.sessions() as session:
        keystore.store(session, key, "a colleague", ["visits:write"], owner)
        session.commit()
    return {"Authorization": f"Bearer {key}"}


def count(runtime: Runtime, query: str) -> int:
    with runtime.sessions() as session:
        return int(session.execute(text(query)).scalar_one())


def handed_over(runtime: Runtime) -> bool:
    time.sleep(0.2)
    return count(runtime, HANDED_OVER) == FAMILIES


class Pages:
    """Somebody who opens a page twenty times a second."""

    def __init__(self, url: str) -> None:
        self._url, self._over, self._took = f"{url}/confirm/nobodys", threading.Event(), list[float]()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with httpx.Client(trust_env=False, timeout=60) as client:
            while not self._over.wait(0.05):
                begun = time.perf_counter()
                client.get(self._url)
                self._took.append(time.perf_counter() - begun)

    def stop(self) -> float:
        """Return how long the slowest of a hundred took."""
        self._over.set()
        self._thread.join()
        return sorted(self._took)[int(len(self._took) * 0.99)]


def fill(runtime: Runtime) -> None:
    """Families of today, with all reminders ahead of them; their visits begin within three hours."""
    place, now = facility(PRISON), runtime.clock.now()
    assert place is not None
    days = [_day(place, minute, now) for minute in range(DAYS)]
    with runtime.sessions() as session:
        session.add_all(days)
        session.flush()
        add = InsertAtOnce(Registration.__table__)  # type: ignore[attr-defined]
        for day in days:
            each = FAMILIES // DAYS
            first = days.index(day) * each
            add(session, [_family(day.id, first + number, now) for number in range(each)])
        session.execute(text(STEPS))
        session.commit()
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("ANALYZE"))


def _day(place: Any, minute: int, now: Any) -> VisitDay:
    start, end = clock(12, minute), clock(14, minute)
    return VisitDay(
        facility=place.id,
        country=place.country,
        place=place.city,
        zone=place.zone,
        visit_date=TODAY,
        start_time=start,
        end_time=end,
        starts_at=rules.moment(TODAY, start, place.zone),
        ends_at=rules.moment(TODAY, end, place.zone),
        capacity=1000,
        kind=VisitKind.FAMILY_VISIT,
        state=VisitState.OPEN,
        created_at=now,
        changed_at=now,
    )


def _family(day: UUID, number: int, now: Any) -> dict[str, Any]:
    phone = f"+316{20_000_000 + number}"
    return {
        "id": new_id(),
        "visit_day_id": day,
        "name": f"Family {number}",
        "phone": phone,
        "contact_index": address_index("sms", phone),
        "name_index": rules.name_index(f"Family {number}"),
        "marks": [],
        "channel": "sms",
        "language": "nl",
        "adults": 1,
        "child_age_bands": ["4-7"],
        "first_visit": False,
        "minors_own_phone": False,
        "number_confirmed": True,
        "address_unproven": False,
        "state": RegistrationState.REGISTERED,
        "created_at": now - timedelta(days=number % 30),
    }


def floor(system: System, url: str) -> float:
    """Texts a second that bare loops hand over, as many as there are workers."""
    database = note(system)["WEERZIEN_DATABASE_URL"].replace("postgresql+psycopg", "postgresql")
    asyncio.run(_prepare(database))
    each = FAMILIES // WORKERS // 4
    command = [sys.executable, "-m", "benchmarks.calling_off", url, database, str(each)]
    loops = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(WORKERS)]
    return sum(float(one.communicate()[0]) for one in loops)


async def _prepare(database: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute(TABLES)
    await connection.close()


async def _bare(url: str, database: str, texts: int) -> float:
    """The same calls, and two commits for each batch: that they will be made, and what became of them."""
    pool = await asyncpg.create_pool(database, min_size=4, max_size=4)
    parts = urlsplit(url)
    lines = [await asyncio.open_connection(parts.hostname, parts.port) for _ in range(ON_THE_LINE)]
    left = texts

    async def batch(some: list[Any]) -> None:
        nonlocal left
        while left > 0:
            left -= len(some)
            rows = [(uuid4(), uuid4()) for _ in some]
            async with pool.acquire() as connection, connection.transaction():
                begin = "INSERT INTO floor.attempts (id, message, state) VALUES ($1, $2, 'in-flight')"
                await connection.executemany(begin, rows)
            await asyncio.gather(*(_call(parts.netloc, *line) for line in some))
            async with pool.acquire() as connection, connection.transaction():
                end = "UPDATE floor.attempts SET state = 'accepted' WHERE id = ANY($1)"
                await connection.execute(end, [row[0] for row in rows])

    begun = time.perf_counter()
    await asyncio.gather(*(batch(lines[at : at + TOGETHER]) for at in range(0, ON_THE_LINE, TOGETHER)))
    took = time.perf_counter() - begun
    for _, writer in lines:
        writer.close()
    await pool.close()
    return texts / took


BODY = b"To=%2B31612345678&From=%2B3197010000000&Body=Weerzien%3A+je+afspraak+gaat+helaas+niet+door"


async def _call(host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = f"POST /2010-04-01/Messages.json HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    writer.write(head.encode() + BODY)
    answer = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in answer.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    )
    await reader.readexactly(length)


if __name__ == "__main__":
    sys.stdout.write(str(asyncio.run(_bare(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
