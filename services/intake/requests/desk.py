"""What the desk can do about a question that is held because somebody may be in danger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from services.intake.desk import desk
from services.intake.requests import commands
from services.intake.requests.tables import AdviceRequest
from shared.desk.actions import SETTLED_BY_TELEPHONE, Fact, View
from shared.desk.items import WorkItem
from shared.vocabulary import language_name, need_name

LIFT = "lift-hold"


def lift(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    commands.lift_hold(session, item.subject_id, at=at)


def settle(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    commands.close(session, item.subject_id, at=at)


def describe(session: Session, item: WorkItem, language: str) -> View:
    """All that the desk needs to call: this is the one place where a question is read by a person."""
    request = session.get(AdviceRequest, item.subject_id)
    if request is None:
        return View()
    facts = [
        Fact("reference", request.reference),
        Fact("state", request.state.value),
        Fact("audience", request.audience.value),
        Fact("needs", ", ".join(need_name(code, language) for code in request.needs)),
        Fact("question", request.question or ""),
        Fact("place", f"{request.postcode} ({request.country})"),
        Fact("language", language_name(request.language)),
        Fact("name", request.name or ""),
        Fact("phone", request.phone or ""),
        Fact("email", request.email or ""),
        Fact("safe-times", "; ".join(_safe_time(one) for one in request.safe_times)),
    ]
    return View([fact for fact in facts if fact.value])


def _safe_time(one: Mapping[str, object]) -> str:
    days = one["days"]
    assert isinstance(days, list)
    return f"{', '.join(days)} {str(one['from'])[:5]}-{str(one['to'])[:5]}"


desk.register(commands.HOLD, actions={LIFT: lift, SETTLED_BY_TELEPHONE: settle}, describe=describe)
