"""Stored explanations in the reader's language. Keys are stored, so better words reach old matches too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from services.referral.matching.packing import unpacked
from services.referral.matching.ranking import ENOUGH, SHOWN
from shared import po
from shared.languages import language_in
from shared.vocabulary import need_name

# What a sentence that has plural forms counts.
COUNTED = "days"


def explain(explanation: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return the whole explanation: of each service whether it fits and why, and of the request itself."""
    return {
        "ruleset": explanation["ruleset"],
        "deskReason": explanation.get("deskReason"),
        "candidates": candidates(explanation, language),
        "nearMisses": near_misses(explanation, language),
        "excluded": [_missed(service, language) for service in _excluded(explanation)],
        "requestVerdicts": _verdicts(explanation["requestVerdicts"], language),
        "namedInstead": list(explanation["namedInstead"]),
    }


def candidates(explanation: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """Return the first three candidates, in order, with their sentences."""
    shown = enumerate(explanation["candidates"][:SHOWN], 1)
    return [_candidate(rank, candidate, language) for rank, candidate in shown]


def first_to_ask(explanation: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the candidate to ask first once a partner may be asked; None if none fits well enough."""
    fitting = (one for one in explanation.get("candidates", ()) if one["score"] > ENOUGH)
    return next(fitting, None)


def asks_for_an_interpreter(explanation: Mapping[str, Any]) -> bool:
    """Whether nobody fits, and somebody would who spoke the asker's language."""
    missed = explanation.get("nearMisses", ())
    by_language = any([one["filter"] for one in miss["failed"]] == ["language"] for miss in missed)
    return by_language and not explanation.get("candidates")


def near_misses(explanation: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """Return the services that fail on one filter alone, which the sentences name."""
    return [_missed(service, language) for service in explanation["nearMisses"]]


def say(sentence: Mapping[str, Any], language: str, *, among_others: bool = False) -> str:
    """Return a sentence of the explanation; with `among_others` in its form for one failure of several.

    Raises KeyError for a key that the catalogue does not have.
    """
    values = {name: _word(name, value, language) for name, value in sentence["values"].items()}
    words, key, others = _catalogue(language), sentence["key"], f"among-others.{sentence['key']}"
    found = others if among_others and others in words.forms else key
    return words.said(found, int(sentence["values"].get(COUNTED, 1))).format_map(values)


def _excluded(explanation: Mapping[str, Any]) -> list[Any]:
    packed = explanation.get("excludedPacked")
    return unpacked(packed) if packed else explanation["excluded"]


def _candidate(rank: int, candidate: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {
        "rank": rank,
        "serviceId": candidate["serviceId"],
        "organisation": candidate["organisation"],
        "service": candidate["service"],
        "score": candidate["score"],
        "sentences": [say(part, language) for part in candidate["parts"]],
        "parts": [
            {"part": part["part"], "points": part["points"], "of": part["of"]} for part in candidate["parts"]
        ],
        "verdicts": _verdicts(candidate["verdicts"], language),
    }


def _missed(service: Mapping[str, Any], language: str) -> dict[str, Any]:
    several = len(service["failed"]) > 1
    return {
        "serviceId": service["serviceId"],
        "organisation": service["organisation"],
        "service": service["service"],
        "failed": [verdict["filter"] for verdict in service["failed"]],
        "sentences": [say(verdict, language, among_others=several) for verdict in service["failed"]],
    }


def _verdicts(verdicts: Sequence[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    return [
        {"filter": verdict["filter"], "passed": verdict["passed"], "sentence": say(verdict, language)}
        for verdict in verdicts
    ]


def _word(name: str, value: str, language: str) -> str:
    """Put a value of a sentence in the language of the reader where it is a code."""
    if name == "needs":
        return ", ".join(need_name(code, language) for code in value.split(";"))
    if name == "language":
        return language_in(value, language)
    if name in ("who", "stage"):
        forms = _catalogue(language).forms
        return ", ".join(forms.get(f"words.{name}.{code}", (code,))[0] for code in value.split(";"))
    return value


@lru_cache(maxsize=4)
def _catalogue(language: str) -> po.Texts:
    return po.read(files("services.referral.matching") / "sentences" / f"{language}.po")
