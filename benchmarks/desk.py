"""The desk as a browser meets it: its list, a search and a caller's history, over three web processes."""

from __future__ import annotations

import itertools
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx

from benchmarks.desk_data import CALLS, ITEMS, PEOPLE, Centre, fill, written
from benchmarks.machine import Cpu, database, serving
from services.intake.staff.access import COOKIE
from shared.events.services import SERVICES

LISTS, SEARCHES, COMMON, HISTORIES, BEFORE = 200, 400, 40, 400, 20
FORM = re.compile(r'name="form" value="([^"]+)"')
Row = tuple[str, str, str]


@dataclass(frozen=True)
class Desk:
    """Somebody's browser at the desk, and what the processes behind it have used."""

    client: httpx.Client
    cpu: Cpu

    def times(self, name: str, goal: str, ask: Callable[[], httpx.Response], number: int) -> Row:
        """Ask so often, one after the other, and return how long that took and what it cost."""
        for _ in range(BEFORE):
            ask().raise_for_status()
        used, took = self.cpu.now(), []
        for _ in range(number):
            begun = time.perf_counter()
            answer = ask()
            took.append((time.perf_counter() - begun) * 1000)
            answer.raise_for_status()
        cost = {one: (now - used[one]) * 1000 / number for one, now in self.cpu.now().items()}
        each = ", ".join(f"{one} {milliseconds:.1f}" for one, milliseconds in cost.items())
        p95 = statistics.quantiles(took, n=20)[-1]
        found = f"p50 {statistics.median(took):.1f} ms, p95 {p95:.1f} ms"
        return name, f"{found}; CPU {sum(cost.values()):.1f} ms ({each})", goal


def measure() -> list[Row]:
    chance = random.Random(1)
    with database() as url:
        centre = fill(url, chance)
        with _desk(url, centre) as desk:
            return [_listed(desk), *_sought(desk, centre, chance), _remembered(desk, centre)]


@contextmanager
def _desk(url: str, centre: Centre) -> Iterator[Desk]:
    """Three web processes, as in life, and somebody signed in at the desk."""
    with ExitStack() as stack:
        addresses: dict[str, str] = {}
        processes: dict[str, int] = {}
        for name in sorted(SERVICES, key=lambda one: one == "intake"):
            there = {f"WEERZIEN_INTERNAL_URL_{key.upper()}": value for key, value in addresses.items()}
            started = serving(
                "benchmarks.service_app:app",
                1,
                "/healthz",
                BENCHMARKED=name,
                WEERZIEN_DATABASE_URL=url,
                **there,
            )
            addresses[name], processes[name] = stack.enter_context(started)
        signed_in = {"Cookie": f"{COOKIE}={centre.tokens[0]}"}
        client = httpx.Client(base_url=addresses["intake"], headers=signed_in, trust_env=False, timeout=60)
        yield Desk(stack.enter_context(client), Cpu(processes))


def _listed(desk: Desk) -> Row:
    page = desk.client.get("/desk").text
    assert page.count("/desk/items/") == 100, page
    assert 'role="status"' not in page, "a service is away"
    name = f"the desk's list, {sum(ITEMS.values()):,} items over three services"
    return desk.times(name, "reach p95 150 ms", lambda: desk.client.get("/desk"), LISTS)


def _sought(desk: Desk, centre: Centre, chance: random.Random) -> list[Row]:
    # By turns: nobody seeks more than so many people in an hour.
    colleagues = itertools.cycle([(token, _form(desk, token)) for token in centre.tokens])

    def seek(whom: str) -> httpx.Response:
        token, form = next(colleagues)
        return desk.client.post(
            "/desk/search", data={"form": form, "q": whom}, headers={"Cookie": f"{COOKIE}={token}"}
        )

    def anybody() -> httpx.Response:
        return seek(written(chance, chance.choice(centre.people)))

    assert "/desk/people-of/" in anybody().text
    name = f"a search among {PEOPLE:,} askers and {PEOPLE:,} families"
    return [
        desk.times(name, "reach p95 50 ms", anybody, SEARCHES),
        desk.times("the same by the commonest first name alone", "", lambda: seek("Voornaam0"), COMMON),
    ]


def _form(desk: Desk, token: str) -> str:
    page = desk.client.get("/desk/search", headers={"Cookie": f"{COOKIE}={token}"}).text
    found = FORM.search(page)
    assert found, page
    return found[1]


def _remembered(desk: Desk, centre: Centre) -> Row:
    calls = itertools.cycle(centre.calls)
    name = f"the page of who called before, among {CALLS:,} calls"
    return desk.times(
        name, "reach 20 ms", lambda: desk.client.get(f"/desk/calls/{next(calls)}/caller"), HISTORIES
    )
