"""How long a search in ten thousand pages of guidance takes, and how long and how large a page is."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from fastapi.testclient import TestClient

from benchmarks.machine import database, folder
from services import system
from services.intake.guidance import commands, library
from services.intake.guidance.library import HOUSE, Library
from services.intake.settings import IntakeSettings
from shared import collector, crypto
from shared.clock import SystemClock
from shared.database.engine import make_engine, make_sessions
from shared.runtime import Runtime, keyring_of
from tests.kit.peers import FakePeers
from tests.kit.settings import settings_for

PAGES, ASKED, LANGUAGES = 10_000, 300, ("nl", "fr", "en")
HEAD = """+++
title = "{title}"
in_short = "{short}"
audience = ["carer"]
stages = []
needs = ["bezoek"]
countries = ["NL", "BE"]
owner = "redactie"
second_reader = "adviesdesk"
checked_on = 2026-11-28
review_by = 2099-11-28
related = []
words = []
asked = ["{asked}"]

[[sources]]
title = "Bron"
on = 2026-11-28
+++

# today

{body}
"""


def measure() -> list[tuple[str, str, str]]:
    chance = random.Random(15)
    with folder() as made, database() as url:
        typed = {language: _write(made, language, chance) for language in LANGUAGES}
        system.service("intake").upgrade(url)
        settings = settings_for("intake", database_url=url)
        crypto.install(keyring_of("intake", settings))
        of_many = settings.model_copy(update={"content_dir": str(made)})
        return [*_searches(url, of_many, typed), *_pages(url, settings)]


def _write(made: Path, language: str, chance: random.Random) -> list[str]:
    """Write a third of the pages, of words as ours have them; returns what people could type."""
    ours = Library(HOUSE).look().in_language(language)
    words = [word for page in ours for word in page.body.split() if not {*word} & {*'"\\'}]
    (made / language).mkdir()
    typed = []
    for number in range(PAGES // len(LANGUAGES)):
        said = [word.strip('*>#[]().,?!:"\\') or "x" for word in chance.choices(words, k=260)]
        title, asked = " ".join(said[:5]), " ".join(said[5:12])
        page = HEAD.format(title=title, short=" ".join(said[12:40]), asked=asked, body=" ".join(said[40:]))
        (made / language / f"pagina-{number}.md").write_text(page)
        typed.append(" ".join(chance.sample(said, 3)))
    return chance.sample(typed, ASKED)


def _searches(url: str, settings: IntakeSettings, typed: dict[str, list[str]]) -> list[tuple[str, str, str]]:
    """What the API answers, as a partner's site asks it; each language once before, as a process starts."""
    with _intake(url, settings) as client:
        runtime, shelf = client.app.state.runtime, library.of(settings.content_dir).look()  # type: ignore[attr-defined]
        begun = time.perf_counter()
        with runtime.sessions() as session:
            commands.tell(session, shelf, at=runtime.clock.now())
        told = time.perf_counter() - begun
        times: list[float] = []
        for language, questions in typed.items():
            search = partial(_search, client, language)
            search("bezoek")
            times += _timed(questions, search)
    p95 = statistics.quantiles(times, n=20)[-1]
    return [
        (f"a search in {PAGES:,} pages, p95 of {len(times)}", f"{p95:.1f} ms", "reach 30 ms"),
        (f"the search is told of {len(shelf.pages):,} pages", f"{told:.0f} s", "by a worker, after a change"),
    ]


def _search(client: TestClient, language: str, typed: str) -> None:
    answer = client.get("/v1/guidance", params={"q": typed, "language": language, "limit": 20})
    assert answer.status_code == 200, answer.text


@contextmanager
def _intake(url: str, settings: IntakeSettings) -> Iterator[TestClient]:
    engine = make_engine(url, "intake", pool_size=2)
    runtime = Runtime("intake", settings, SystemClock(), engine, make_sessions(engine), FakePeers())
    with TestClient(system.service("intake").web(runtime)) as client:
        collector.tune()
        yield client
    engine.dispose()


def _timed(asked: list[str], do: Callable[[str], object]) -> list[float]:
    times = []
    for one in asked:
        begun = time.perf_counter()
        do(one)
        times.append((time.perf_counter() - begun) * 1000)
    return times


def _pages(url: str, settings: IntakeSettings) -> list[tuple[str, str, str]]:
    """Every page of ours once, after the first: what a process does once is not what a reader waits for."""
    with _intake(url, settings) as client:
        pages = library.of(settings.content_dir).look().pages.values()
        paths = [f"/guidance/{one.slug}?lang={one.language}" for one in pages]
        client.get(paths[0])
        times = _timed(paths, client.get)
        styles = len(client.get("/static/weerzien.css").content)
        largest = max(len(client.get(path).content) for path in paths) + styles
    return [
        (f"a page of guidance, the slowest of {len(times)}", f"{max(times):.1f} ms", "reach 30 ms"),
        ("the largest of them with its styles", f"{largest / 1000:.0f} KB", "reach 60 KB"),
    ]
