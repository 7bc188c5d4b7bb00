"""A stored explanation in the words of a reader: keys are stored, so better words explain old matches too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from services.referral.matching.packing import unpacked
from services.referral.matching.ranking import SHOWN
from shared import toml
from shared.languages import language_in
from shared.vocabulary import need_name


def explain(explanation: Mapping[str, Any], language: str) -> dict[str, Any]:
    """All of it: who fits, who nearly does, who does not and why, and what holds for the question itself."""
    return {
        "ruleset": explanation["ruleset"],
        "deskReason": explanation.get("deskReason"),
        "candidates": candidates(explanation, language),
        "nearMisses": near_misses(explanation, language),
        "excluded": [_missed(one, language) for one in _excluded(explanation)],
        "requestVerdicts": _verdicts(explanation["requestVerdicts"], language),
        "namedInstead": list(explanation["namedInstead"]),
    }


def candidates(explanation: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """The top three with sentences."""
    shown = enumerate(explanation["candidates"][:SHOWN], 1)
    return [_candidate(place, one, language) for place, one in shown]


def near_misses(explanation: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """Who would fit but for one thing, which the sentences name."""
    return [_missed(one, language) for one in explanation["nearMisses"]]


def say(sentence: Mapping[str, Any], language: str, *, among_others: bool = False) -> str:
    """One sentence; `among_others` says that it is not the only thing that does not fit.

    Raises KeyError for a key that no catalogue has.
    """
    values = {name: _word(name, value, language) for name, value in sentence["values"].items()}
    words, key = _catalogue(language), sentence["key"]
    said = words.get(f"among-others.{key}", words[key]) if among_others else words[key]
    return said.format_map(values)


def _excluded(explanation: Mapping[str, Any]) -> list[Any]:
    packed = explanation.get("excludedPacked")
    return unpacked(packed) if packed else explanation["excluded"]


def _candidate(place: int, one: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {
        "rank": place,
        "serviceId": one["serviceId"],
        "organisation": one["organisation"],
        "service": one["service"],
        "score": one["score"],
        "sentences": [say(part, language) for part in one["parts"]],
        "parts": [
            {"part": part["part"], "points": part["points"], "of": part["of"]} for part in one["parts"]
        ],
        "verdicts": _verdicts(one["verdicts"], language),
    }


def _missed(one: Mapping[str, Any], language: str) -> dict[str, Any]:
    several = len(one["failed"]) > 1
    return {
        "serviceId": one["serviceId"],
        "organisation": one["organisation"],
        "service": one["service"],
        "failed": [verdict["filter"] for verdict in one["failed"]],
        "sentences": [say(verdict, language, among_others=several) for verdict in one["failed"]],
    }


def _verdicts(verdicts: Sequence[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    return [
        {"filter": one["filter"], "passed": one["passed"], "sentence": say(one, language)} for one in verdicts
    ]


def _word(name: str, value: str, language: str) -> str:
    """Codes in the words of the reader."""
    if name == "needs":
        return ", ".join(need_name(code, language) for code in value.split(";"))
    if name == "language":
        return language_in(value, language)
    if name in ("who", "stage"):
        words = _catalogue(language)
        return ", ".join(words.get(f"words.{name}.{code}", code) for code in value.split(";"))
    return value


@lru_cache(maxsize=4)
def _catalogue(language: str) -> dict[str, str]:
    path = files("services.referral.matching") / "sentences" / f"{language}.toml"
    return toml.flat(toml.read(path))
