"""Pages of guidance that tests write themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

HEAD: dict[str, Any] = {
    "title": "Is het mijn schuld?",
    "in_short": "Nee. Wat een groot mens doet, is nooit de schuld van een kind.",
    "audience": ["child"],
    "stages": [],
    "needs": ["emotioneel"],
    "countries": ["NL", "BE"],
    "owner": "redactie",
    "second_reader": "adviesdesk",
    "checked_on": "2026-11-28",
    "review_by": "2027-05-28",
    "related": [],
    "words": ["fout"],
    "asked": ["Is het mijn schuld?"],
}
SOURCE = """
[[sources]]
title = "Kinderombudsman (2017)"
url = "https://www.kinderombudsman.nl/zie-je-mij-wel"
on = 2026-11-28
"""
BODY = """
# today

- Zeg het tegen iemand.
- Teken wat je voelt.

# say

> Ik ben bang dat het door mij komt.

# more

## Waarom denk je dat?

Je bent niet de enige. Lees ook [over boos zijn](mag-ik-boos-zijn).
"""
DAYS = ("checked_on", "review_by")


def article(body: str = BODY, *, sources: str = SOURCE, without: str = "", **head: Any) -> str:
    """Return a file that is in order, but for what is given."""
    members = {name: value for name, value in (HEAD | head).items() if name != without}
    lines = [f"{name} = {value if name in DAYS else _toml(value)}" for name, value in members.items()]
    return "\n".join(["+++", *lines, sources, "+++", body])


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def seek(client: TestClient, q: str, language: str = "nl") -> list[str]:
    """Return the names of the pages that the site finds."""
    page = client.get("/guidance", params={"q": q, "lang": language})
    assert page.status_code == 200
    return re.findall(r'<h2><a href="/guidance/([a-z-]+)', page.text)


def put(folder: Path, slug: str, text: str | None = None, *, language: str = "nl", **head: Any) -> Path:
    """Write a page into a folder, and return its file."""
    path = folder / language / f"{slug}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(article(**head) if text is None else text, encoding="utf-8")
    return path
