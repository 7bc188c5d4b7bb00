"""What a telephone exchange tells: the generic form that bridges between exchanges and desks speak.

Zammad's documentation of its generic CTI describes it: `event` is newCall, answer or hangup; `from` may be
`anonymous`; `user[]` names who took the call. Members that we do not know are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.intake.calls.tables import Direction

LONGEST = 200


class Told(StrEnum):
    """What happened to a call, as exchanges call it."""

    NEW_CALL = "newCall"
    ANSWER = "answer"
    HANGUP = "hangup"


@dataclass(frozen=True)
class ExchangeEvent:
    """One line of what an exchange tells. `caller` and `called` are as it writes them."""

    told: Told
    call_id: str
    caller: str | None
    called: str | None
    direction: Direction | None
    user: str | None
    cause: str | None


def read(form: Iterable[tuple[str, str]]) -> ExchangeEvent | None:
    """Return the event in a form, or None for one that is none of ours: another event, or no call's id."""
    fields: dict[str, str] = {}
    for name, value in form:
        fields.setdefault(name.removesuffix("[]"), value.replace("\0", "").strip()[:LONGEST])
    told = next((one for one in Told if one.lower() == fields.get("event", "").lower()), None)
    call_id = fields.get("callId") or fields.get("call_id") or ""
    if told is None or not call_id:
        return None
    return ExchangeEvent(
        told,
        call_id,
        fields.get("from") or None,
        fields.get("to") or None,
        _direction(fields.get("direction", "").lower()),
        fields.get("user") or fields.get("answeringNumber") or None,
        fields.get("cause") or None,
    )


def _direction(told: str) -> Direction | None:
    """Some say `in`, some `inbound`; some say it with the first event alone."""
    return next((one for one in Direction if told.startswith(one)), None)
