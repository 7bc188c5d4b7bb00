"""Who asked and how to reach them safely, for the person at the desk who is about to call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from shared.desk.actions import Fact
from shared.peers import PeerUnavailable
from shared.runtime import current
from shared.web import pages

Known = Mapping[str, Any]


def asked_of_intake(request_id: UUID, language: str) -> Callable[[], Sequence[Fact]]:
    """Facts that intake holds, asked for when they are shown; where intake is away, one that says so."""

    def ask() -> Sequence[Fact]:
        try:
            known = current().peers.intake.lookup("/internal/askers", [request_id]).get(request_id)
        except PeerUnavailable:
            return [Fact("asker", "away")]
        return facts(known, language) if known else [Fact("asker", "gone")]

    return ask


def facts(known: Known, language: str) -> list[Fact]:
    """What there is to know before a call: whom, where, when, and what must not be said or left behind."""
    return [fact for fact in _all(known, language) if fact.value]


def _all(known: Known, language: str) -> list[Fact]:
    requester = known.get("requester") or {}
    by_phone = bool(known.get("phone"))
    return [
        Fact("reference", known["reference"]),
        Fact("question", known.get("question") or ""),
        Fact("name", known.get("name") or ""),
        Fact("phone", known.get("phone") or ""),
        Fact("email", known.get("email") or ""),
        Fact("channel", known["channel"]),
        Fact("safe-times", "; ".join(_safe_time(one, language) for one in known.get("safeTimes") or [])),
        Fact("voicemail", _yes_no(known.get("voicemail")) if by_phone else ""),
        Fact("discreet", _yes_no(known.get("discreet"))),
        Fact("minors-own-phone", "yes" if by_phone and known.get("minorsOwnPhone") else ""),
        Fact("requester", ", ".join(requester[one] for one in REQUESTER if requester.get(one))),
    ]


REQUESTER = ("name", "role", "organisation")


def _yes_no(value: object) -> str:
    return "yes" if value else "no"


def _safe_time(one: Known, language: str) -> str:
    days = ", ".join(pages.texts().text(language, f"desk-day.{day}") for day in one["days"])
    return f"{days} {str(one['from'])[:5]}-{str(one['to'])[:5]}"
