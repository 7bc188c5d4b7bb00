"""The call list: families that a person tells what others get a text about. The caller commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from services.notify.messages.tables import Purpose
from services.notify.visits.tables import FamilyChannel, Registration, ReminderStep, StepState
from shared.desk.items import open_about, open_item, resolve_all, whose

CALL_KIND = "call-family"
# What the person says, by what a text would be for.
TO_SAY: Mapping[Purpose, str] = {
    Purpose.VISIT_REGISTERED: "say-registered",
    Purpose.VISIT_28: "say-papers",
    Purpose.VISIT_7: "say-when",
    Purpose.VISIT_3: "ask-whether",
    Purpose.VISIT_1: "say-tomorrow",
    Purpose.VISIT_MOVED: "say-moved",
    Purpose.VISIT_CANCELLED: "say-cancelled",
    Purpose.VISIT_WAITING: "say-waiting",
    Purpose.PLACE_OFFERED: "offer-place",
    Purpose.PLACE_GONE: "say-place-gone",
    Purpose.WAITING_LEFT: "say-waiting-left",
    Purpose.WAITING_CANCELLED: "say-waiting-cancelled",
}
TOLD_BY_A_PERSON = [channel for channel in FamilyChannel if channel.written is None]


def ask_to_call(
    session: Session, registration: Registration, purpose: Purpose, at: datetime, *, papers: bool
) -> None:
    """Open a work item to tell a family something, in place of what it was to be told before.

    `papers`: it is to bring identity papers; an earlier item that said so is not forgotten.
    """
    before = open_about(session, registration.id, CALL_KIND)
    papers = papers or any("papers" in item.details for item in before)
    no_call(session, registration, "overtaken", at)
    open_item(
        session,
        kind=CALL_KIND,
        reason=TO_SAY[purpose],
        subject_id=registration.id,
        dedupe_key=f"{CALL_KIND}:{registration.id}",
        details={
            "registrationId": str(registration.id),
            "visitDayId": str(registration.visit_day_id),
            **({"papers": "yes"} if papers else {}),
            **whose(language=registration.language),
        },
        at=at,
    )


def no_call(session: Session, registration: Registration, reason: str, at: datetime) -> None:
    resolve_all(session, registration.id, reason, at=at, kinds=[CALL_KIND])


def called(session: Session, registration_id: UUID) -> None:
    """Mark as sent what a person has told the family."""
    session.execute(
        update(ReminderStep)
        .where(
            col(ReminderStep.registration_id) == registration_id,
            col(ReminderStep.state) == StepState.QUEUED,
            col(ReminderStep.channel).in_(TOLD_BY_A_PERSON),
        )
        .values(state=StepState.SENT)
    )
