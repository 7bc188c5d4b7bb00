"""(a) Accepted requests a second through the real API, against the floor in the same run."""

from __future__ import annotations

import statistics
from uuid import uuid4

import psycopg

from benchmarks.floor import TABLES
from benchmarks.load import per_second, request_bytes
from benchmarks.machine import database, web
from services import system
from shared.security import keystore
from tests.intake.requests.questions import question

ROUNDS, SECONDS = 3, 5.0


def bodies(url: str, key: str, how_many: int = 30_000) -> list[bytes]:
    """As many different questions as will be asked: each has an idempotency key of its own."""
    return [
        request_bytes(
            f"{url}/v1/advice-requests",
            question(),
            {"Authorization": f"Bearer {key}", "Idempotency-Key": uuid4().hex},
        )
        for _ in range(how_many)
    ]


def measure() -> list[tuple[str, str, str]]:
    rows = []
    with database() as url:
        plain = url.replace("postgresql+psycopg", "postgresql")
        system.service("intake").upgrade(url)
        key = keystore.make_key()
        unlimited = keystore.Owner(per_hour=10**9, per_day=10**9)
        keystore.ensure_key(url, "intake", key, "bench", ["requests:write"], unlimited)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(TABLES)
        for workers in (1, 2):
            floors, ours = [], []
            for _ in range(ROUNDS):
                with web("benchmarks.floor:app", workers, "/docs", FLOOR_DATABASE_URL=plain) as address:
                    sent = bodies(address, key)
                    floors.append(per_second(address + "/", sent, wanted=202, seconds=SECONDS))
                with web(
                    "benchmarks.intake_app:app", workers, "/healthz", WEERZIEN_DATABASE_URL=url
                ) as address:
                    sent = bodies(address, key)
                    ours.append(per_second(address + "/", sent, wanted=202, seconds=SECONDS))
            floor, real = statistics.median(floors), statistics.median(ours)
            rows.append(
                (
                    f"(a) accepted a second, {workers} web process{'es' if workers > 1 else ''}, 32 clients",
                    f"{real:.0f} (floor {floor:.0f})",
                    f"{real / floor:.2f} of the floor; reach 1.0, least 0.6",
                )
            )
    return rows
