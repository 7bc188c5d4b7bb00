"""The samples are letters that may still lie in somebody's queue: they are read for ever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import shared.events
from shared.events.catalogue import CATALOGUE, UnknownEvent, parse

SAMPLES = sorted((Path(shared.events.__file__).parent / "samples").glob("*.json"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_letter_of_any_version_is_still_read(path: Path) -> None:
    raw = json.loads(path.read_text())
    event = parse(raw)
    assert json.loads(event.to_json()) == raw
    assert event.subject == str(event.data.subject)


def test_every_type_and_version_has_its_sample() -> None:
    assert {f"org.weerzien.{path.stem}" for path in SAMPLES} >= set(CATALOGUE)


def test_members_of_tomorrow_are_ignored_today() -> None:
    raw = json.loads(SAMPLES[0].read_text())
    raw["tomorrow"] = raw["data"]["tomorrow"] = "x"
    assert parse(raw) == parse(SAMPLES[0].read_text())


def test_a_type_nobody_knows_is_named() -> None:
    with pytest.raises(UnknownEvent, match=r"org\.weerzien\.visit\.imagined\.v1"):
        parse({"type": "org.weerzien.visit.imagined.v1"})
