"""Where texts stand: each once, in the room that says it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from services import system
from shared import po
from shared.events.services import SERVICES
from shared.languages import FOR_PAGES

ROOT = Path(__file__).parents[2]
# Sentences of one room each, that no page asks for by key.
APART = "shared/contact/texts"


def catalogues(language: str) -> dict[str, dict[str, str]]:
    """By folder."""
    folders = [path.parent for path in ROOT.glob(f"s*/**/texts/**/{language}.po")]
    named = {str(folder.relative_to(ROOT)): folder / f"{language}.po" for folder in folders}
    return {name: po.read(path).single() for name, path in named.items() if name != APART}


@pytest.mark.parametrize("language", FOR_PAGES)
def test_no_text_stands_in_two_catalogues(language: str) -> None:
    times = Counter(key for texts in catalogues(language).values() for key in texts)
    assert len(times) > 500
    assert [key for key, number in times.items() if number > 1] == []


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_brings_to_the_desk_is_named_in_its_own_rooms(service: str) -> None:
    own = {
        key
        for folder, texts in catalogues("nl").items()
        for key in texts
        if folder.startswith((f"services/{service}/", "shared/messaging/"))
    }
    assert [kind for kind in system.service(service).desk.kinds if f"desk-kind.{kind}" not in own] == []


def test_the_desk_itself_names_no_kind_of_work() -> None:
    assert [key for key in catalogues("nl")["shared/desk/texts"] if key.startswith("desk-kind.")] == []
