"""Whoever works at the desk reads words: every reason and action that the code can give has some."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services import system
from services.notify.channels.twilio_codes import FAULTS
from services.notify.messages.rules import UNHEARD
from services.notify.service import SERVICE as NOTIFY
from shared.desk import words
from shared.events.services import SERVICES
from shared.languages import FOR_PAGES
from shared.web import pages

ROOT = Path(__file__).parents[3]
OUTCOMES = {"NotSent", "Perhaps", "Rejected"}
# What a message ends with for which no rule of a channel gives the word.
ENDED = {
    "cannot-be-begun",
    "interrupted",
    "no-safe-moment",
    "owner-cannot-be-asked",
    "recipient-cannot-be-read",
    "restored",
    "too-late",
    "words-cannot-be-made",
}
CODE = re.compile(r"[a-z]+(-[a-z]+)*")


def reasons() -> Iterator[str]:
    """What channels say of a text that did not go, and what rules and commands put beside an item."""
    for path in (ROOT / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else ""
                if name in OUTCOMES and node.args and isinstance(node.args[0], ast.Constant):
                    yield str(node.args[0].value)
                if name == "Nobody" and any(kw.arg == "missed" for kw in node.keywords):
                    yield from _constants(node.args)
                if name in ("open_item", "call_owner"):
                    yield from _constants([kw.value for kw in node.keywords if kw.arg == "reason"])


def _constants(values: list[ast.expr]) -> Iterator[str]:
    """What a value can be, also where it depends on something; not what is looked up to decide that."""
    for value in values:
        if isinstance(value, ast.IfExp):
            yield from _constants([value.body, value.orelse])
        elif isinstance(value, ast.Constant) and CODE.fullmatch(str(value.value)):
            yield str(value.value)


@pytest.mark.parametrize("language", FOR_PAGES)
def test_every_reason_has_words(language: str) -> None:
    other = words.reason(language, "x").replace("x", "{}")
    found = {code: words.reason(language, code) for code in {*reasons(), *UNHEARD, *ENDED}}
    assert len(found) > 15
    assert [code for code, said in found.items() if said == other.format(code)] == []


@pytest.mark.parametrize("code", ["30006", "smtp-550", "provider-error-503", *FAULTS])
@pytest.mark.parametrize("language", FOR_PAGES)
def test_a_code_of_a_provider_stands_in_a_sentence(language: str, code: str) -> None:
    said = words.reason(language, code, NOTIFY.desk.reasons)
    assert code.rsplit("-", 1)[-1] in said
    assert len(said.split()) > 3


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("language", FOR_PAGES)
def test_every_kind_of_work_and_everything_that_can_be_done_with_it_has_a_name(
    language: str, service: str
) -> None:
    known = pages.texts().keys(language)
    kinds = system.service(service).desk.kinds
    actions = [(kind, action) for kind, one in kinds.items() for action in one.actions]
    assert actions
    assert [kind for kind in kinds if f"desk-kind.{kind}" not in known] == []
    assert [one for one in actions if words.decision(language, *one) == one[1]] == []


def test_an_action_can_be_said_otherwise_for_a_kind() -> None:
    assert words.decision("nl", "consent-needed", "confirm") != words.decision("nl", "x", "confirm")
    assert words.decision("nl", "x", "never-heard-of") == "never-heard-of"


def test_a_language_is_called_what_the_reader_calls_it() -> None:
    assert words.value("nl", "language", "tr") == "Turks"
    assert words.value("fr", "language", "tr") == "turc"
    assert words.value("nl", "language", "prs") == "Dari"


def test_the_catalogues_of_the_desk_have_the_same_keys() -> None:
    keys = [{key for key in pages.texts().keys(one) if key.startswith("desk")} for one in FOR_PAGES]
    assert keys[0] == keys[1] == keys[2]


def test_a_moment_is_told_on_the_wall_clock() -> None:
    said = words.value("nl", "due", "2026-11-28T07:37+00:00")
    assert said == "zaterdag 28 november 2026 om 08:37"
