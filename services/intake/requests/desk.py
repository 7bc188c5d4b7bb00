"""What the desk can do about an advice request that is held for safety, or unproven."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from services.intake.requests import commands, rules, views
from services.intake.requests.tables import AdviceRequest, ClosedAs
from shared.desk import asker
from shared.desk.actions import SETTLED_BY_TELEPHONE, SETTLED_IN_WRITING, Fact, Kind, View
from shared.desk.items import WorkItem
from shared.geography import facility
from shared.vocabulary import need_name

LIFT, CONFIRM = "lift-hold", "confirm"


def lift(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    commands.lift_hold(session, item.subject_id, at=at)


def close(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    commands.close(session, item.subject_id, at=at)


def close_by_telephone(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    """Raises NeverCalled for an asker who asked not to be contacted."""
    request = session.get(AdviceRequest, item.subject_id)
    if request is not None:
        rules.check_may_call(request)
    commands.close(session, item.subject_id, at=at)


def confirm(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    commands.confirm(session, item.subject_id, at=at)


def not_real(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    commands.close(session, item.subject_id, ClosedAs.NOT_REAL, at=at)


def asked_twice(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    commands.close(session, item.subject_id, ClosedAs.ASKED_TWICE, at=at)


def describe(session: Session, item: WorkItem, language: str) -> View:
    """Return everything that the desk needs before it calls."""
    request = session.get(AdviceRequest, item.subject_id)
    if request is None:
        return View()
    person = asker.facts(views.asker(request), language)
    return View([*person, *(fact for fact in _about(request, language) if fact.value)])


def _about(request: AdviceRequest, language: str) -> list[Fact]:
    place = facility(request.facility) if request.facility else None
    return [
        Fact("audience", request.audience.value),
        Fact("needs", ", ".join(need_name(code, language) for code in request.needs)),
        Fact("ages", ", ".join(request.child_age_bands)),
        Fact("stage", request.stage.value if request.stage else ""),
        Fact("place", f"{request.postcode} ({request.country})"),
        Fact("language", request.language),
        Fact("share", request.share.value),
        Fact("facility", place.name if place else ""),
        # What is dangerous now is not "within a week", whatever was ticked.
        Fact("urgency", "" if request.danger else request.urgency.value),
        Fact("state", request.state.value),
    ]


DESK = {
    commands.HOLD: Kind(
        {
            LIFT: lift,
            SETTLED_BY_TELEPHONE: close_by_telephone,
            SETTLED_IN_WRITING: close,
            ClosedAs.ASKED_TWICE: asked_twice,
            ClosedAs.NOT_REAL: not_real,
        },
        describe,
        for_many=(ClosedAs.ASKED_TWICE, ClosedAs.NOT_REAL),
        # Somebody among them may be in danger.
        asked_again=(ClosedAs.ASKED_TWICE, ClosedAs.NOT_REAL),
    ),
    commands.UNPROVEN: Kind(
        {
            CONFIRM: confirm,
            ClosedAs.ASKED_TWICE: asked_twice,
            ClosedAs.NOT_REAL: not_real,
            SETTLED_BY_TELEPHONE: close_by_telephone,
            SETTLED_IN_WRITING: close,
        },
        describe,
        for_many=(CONFIRM, ClosedAs.ASKED_TWICE, ClosedAs.NOT_REAL),
    ),
}
