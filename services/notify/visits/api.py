from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AfterValidator
from sqlmodel import Session

from services.notify.contacts.queries import is_suppressed
from services.notify.visits import commands, queries
from services.notify.visits.schemas import (
    RegistrationIn,
    RegistrationOut,
    RegistrationPatch,
    ReminderOut,
    VisitDayIn,
    VisitDayOut,
    VisitDayPatch,
)
from services.notify.visits.tables import Registration, VisitDay
from shared.errors import FieldError, Problem
from shared.security.access import requires
from shared.security.keystore import ApiKey
from shared.web.dependencies import Now, SessionDep, SliceDep
from shared.web.fields import wrong
from shared.web.schemas import ApiList

router = APIRouter()


def _said(reason: str) -> str:
    if not reason.strip():
        raise wrong("reason-empty")
    return reason.strip()


WRITE = [Depends(requires("visits:write"))]
# Open to keys that publish visits, that work at the desk, or that follow messages.
READ = [Depends(requires("visits:write", "desk", "messages:read"))]
Registrar = Annotated[ApiKey, Depends(requires("visits:write", "desk"))]


@router.post("/v1/visit-days", status_code=201, dependencies=WRITE)
def publish_visit_day(body: VisitDayIn, session: SessionDep, now: Now, response: Response) -> VisitDayOut:
    """Publish a visit day. Its times are local time at the facility."""
    visit = commands.publish(session, body.opening(), at=now)
    response.headers["Location"] = f"/v1/visit-days/{visit.id}"
    return _shown(session, visit)


@router.get("/v1/visit-days", dependencies=READ)
def list_visit_days(
    session: SessionDep, wanted: SliceDep, facility: str | None = None
) -> ApiList[VisitDayOut]:
    """List visit days, the latest first."""
    days = queries.visit_days(session, facility, wanted)
    coming = queries.how_many_come(session, [visit.id for visit in days])
    return ApiList.of(days.each(lambda visit: VisitDayOut.of(visit, coming[visit.id])))


@router.get("/v1/visit-days/{visit_id}", dependencies=READ)
def read_visit_day(visit_id: UUID, session: SessionDep) -> VisitDayOut:
    return _shown(session, queries.visit_day(session, visit_id))


@router.patch("/v1/visit-days/{visit_id}", dependencies=WRITE)
def change_visit_day(visit_id: UUID, body: VisitDayPatch, session: SessionDep, now: Now) -> VisitDayOut:
    """Change a visit day. Another date or start moves it: reminders are replanned, every family is told."""
    return _shown(session, commands.change(session, visit_id, body.change(), at=now))


@router.delete("/v1/visit-days/{visit_id}", dependencies=WRITE)
def cancel_visit_day(
    visit_id: UUID,
    session: SessionDep,
    now: Now,
    reason: Annotated[str, Query(max_length=500), AfterValidator(_said)],
) -> VisitDayOut:
    """Cancel a visit day: its reminders are void and every family is told. The reason is kept on record."""
    return _shown(session, commands.cancel(session, visit_id, reason, at=now))


@router.post("/v1/visit-days/{visit_id}/registrations", status_code=201, responses={200: {}})
def register_family(
    visit_id: UUID, body: RegistrationIn, key: Registrar, session: SessionDep, now: Now, response: Response
) -> RegistrationOut:
    """Register a family. If it already has a place, return 200 with the registration as it is stored.

    Without `numberConfirmed`, one text asks the owner of the number to answer JA, and no other text goes
    there before that answer.
    """
    if body.number_confirmed and not key.allows("desk"):
        raise _only_the_desk()
    registration, is_new = commands.register(session, visit_id, body.family(), at=now)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/visit-days/{visit_id}/registrations/{registration.id}"
    return _registration(session, registration)


@router.get("/v1/visit-days/{visit_id}/registrations/{registration_id}", dependencies=READ)
def read_registration(visit_id: UUID, registration_id: UUID, session: SessionDep) -> RegistrationOut:
    return _registration(session, queries.registration(session, visit_id, registration_id))


@router.patch("/v1/visit-days/{visit_id}/registrations/{registration_id}")
def record_answer(
    visit_id: UUID,
    registration_id: UUID,
    body: RegistrationPatch,
    key: Registrar,
    session: SessionDep,
    now: Now,
) -> RegistrationOut:
    """Record whether a family comes, as it told a person by telephone or mail. Its reminders follow."""
    return _registration(session, commands.record(session, visit_id, registration_id, body.state, at=now))


@router.get("/v1/visit-days/{visit_id}/reminders", dependencies=READ)
def list_reminders(visit_id: UUID, session: SessionDep, wanted: SliceDep) -> ApiList[ReminderOut]:
    """List the reminders of each registration: planned, sent, or stopped before they were sent."""
    queries.visit_day(session, visit_id)
    return ApiList.of(queries.reminders(session, visit_id, wanted).each(ReminderOut.from_row))


def _shown(session: Session, visit: VisitDay) -> VisitDayOut:
    return VisitDayOut.of(visit, queries.how_many_come(session, [visit.id])[visit.id])


def _registration(session: Session, registration: Registration) -> RegistrationOut:
    silent = is_suppressed(session, registration.channel, registration.contact_index)
    return RegistrationOut.from_row(registration).model_copy(update={"suppressed": silent})


def _only_the_desk() -> Problem:
    why = "Only the desk may say that a number is confirmed. Leave numberConfirmed out: its owner is asked."
    error = FieldError("/numberConfirmed", "numberConfirmed", "not-allowed", why)
    return Problem(403, "forbidden", "Not allowed", why, [error])
