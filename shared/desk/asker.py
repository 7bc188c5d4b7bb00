"""The asker and how to reach them safely, for the person at the desk who is about to call."""

from __future__ import annotations

from shared.desk.actions import Fact
from shared.events.details import Asker, Reachable, Requester, SafeTime
from shared.languages import weekday
from shared.vocabulary import Weekday


def facts(asker: Reachable, language: str) -> list[Fact]:
    """Return what to know before a call: the name, the number, the safe times, and what must not be said."""
    return [fact for fact in _all(asker, language) if fact.value]


def _all(asker: Reachable, language: str) -> list[Fact]:
    by_phone = bool(asker.phone)
    question, requester = (asker.question, asker.requester) if isinstance(asker, Asker) else (None, None)
    return [
        Fact("reference", asker.reference),
        Fact("question", question or ""),
        Fact("name", asker.name or ""),
        Fact("phone", asker.phone or ""),
        Fact("email", asker.email or ""),
        Fact("channel", asker.channel),
        Fact("safe-times", "; ".join(_safe_time(window, language) for window in asker.safe_times)),
        Fact("voicemail", _yes_no(asker.voicemail) if by_phone else ""),
        Fact("discreet", _yes_no(asker.discreet)),
        Fact("minors-own-phone", "yes" if by_phone and asker.minors_own_phone else ""),
        Fact("requester", _named(requester) if requester else ""),
    ]


def _named(requester: Requester) -> str:
    return ", ".join(filter(None, (requester.name, requester.role, requester.organisation)))


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _safe_time(window: SafeTime, language: str) -> str:
    days = ", ".join(weekday(Weekday(day).number, language) for day in window.days)
    return f"{days} {window.from_:%H:%M}-{window.to:%H:%M}"
