from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import AfterValidator
from sqlmodel import Session

from services.notify.contacts.queries import is_suppressed
from services.notify.visits import commands, queries, queued, rules
from services.notify.visits.access import KeyForVisits
from services.notify.visits.commands import Person, Publisher
from services.notify.visits.schemas import (
    ChangeWaiting,
    RegistrationIn,
    RegistrationOut,
    RegistrationPatch,
    ReminderOut,
    VisitDayIn,
    VisitDayOut,
    VisitDayPatch,
    WhoComesOut,
)
from services.notify.visits.tables import Registration, VisitDay, WaitingChange
from shared.errors import FieldError, Problem
from shared.security.access import spend
from shared.security.keystore import ApiKey
from shared.web.dependencies import Now, SessionDep, SliceDep, runtime_of
from shared.web.fields import wrong
from shared.web.schemas import ApiList

router = APIRouter()


def _said(reason: str) -> str:
    if not reason.strip():
        raise wrong("reason-empty")
    return reason.strip()


Publishing = Annotated[ApiKey, Depends(KeyForVisits("visits:write"))]
Registrar = Annotated[ApiKey, Depends(KeyForVisits("visits:write", "desk"))]
# Open to keys that publish visits, that work at the desk, or that follow messages.
Reader = Annotated[ApiKey, Depends(KeyForVisits("visits:write", "desk", "messages:read"))]
READ = [Depends(KeyForVisits("visits:write", "desk", "messages:read"))]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]


@router.post("/v1/visit-days", status_code=201, responses={200: {}})
def publish_visit_day(
    body: VisitDayIn,
    key: Publishing,
    request: Request,
    session: SessionDep,
    now: Now,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> VisitDayOut:
    """Publish a visit day. Its times are local time at the facility.

    The same facility, date, start and kind is one day: where it is there already, return 200 with it. So does
    the same `Idempotency-Key`, also when the day has moved since.
    """
    if key.facilities is not None and body.facility not in key.facilities:
        raise _not_your_facility()
    spend(request, key)
    by = Publisher(key.id, idempotency_key)
    visit, is_new = commands.publish(session, body.opening(), by, at=now)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/visit-days/{visit.id}"
    return _shown(session, visit)


@router.get("/v1/visit-days")
def list_visit_days(
    session: SessionDep, wanted: SliceDep, key: Reader, facility: str | None = None
) -> ApiList[VisitDayOut]:
    """List visit days, the latest first: those of the key's facilities."""
    days = queries.visit_days(session, facility, wanted, among=key.facilities)
    counts = queued.counts(session, [visit.id for visit in days])
    return ApiList.of(days.each(lambda visit: VisitDayOut.of(visit, counts[visit.id])))


@router.get("/v1/visit-days/{visit_id}", dependencies=READ)
def read_visit_day(visit_id: UUID, session: SessionDep) -> VisitDayOut:
    return _shown(session, queries.visit_day(session, visit_id))


@router.patch("/v1/visit-days/{visit_id}", responses={202: {"model": ChangeWaiting}})
def change_visit_day(
    visit_id: UUID,
    body: VisitDayPatch,
    key: Publishing,
    request: Request,
    session: SessionDep,
    now: Now,
    response: Response,
) -> VisitDayOut | ChangeWaiting:
    """Change a visit day. Another date or start moves it: reminders are replanned, every family is told.

    With more than 50 families a move waits: 202 says what it would reach, and the same call with another key
    within an hour carries it out.
    """
    spend(request, key)
    done = commands.change(session, visit_id, body.change(), _person(key), at=now)
    return _done_or_waiting(session, done, response)


@router.delete("/v1/visit-days/{visit_id}", responses={202: {"model": ChangeWaiting}})
def cancel_visit_day(
    visit_id: UUID,
    key: Publishing,
    request: Request,
    session: SessionDep,
    now: Now,
    response: Response,
    reason: Annotated[str, Query(max_length=500), AfterValidator(_said)],
) -> VisitDayOut | ChangeWaiting:
    """Cancel a visit day: its reminders are void and every family is told. The reason is kept on record.

    With more than 50 families it waits: 202 says what it would reach, and the same call with another key
    within an hour carries it out.
    """
    # That a visit is off today waits for no ceiling.
    spend(request, key, however_many=_is_near(request, visit_id, now))
    done = commands.cancel(session, visit_id, reason, _person(key), at=now)
    return _done_or_waiting(session, done, response)


@router.post("/v1/visit-days/{visit_id}/registrations", status_code=201, responses={200: {}})
def register_family(
    visit_id: UUID,
    body: RegistrationIn,
    key: Registrar,
    request: Request,
    session: SessionDep,
    now: Now,
    response: Response,
) -> RegistrationOut:
    """Register a family. If it already has a place, store what is said now and return 200.

    Another name is another family, also with the same number. Without `numberConfirmed`, one text asks the
    owner of the number to answer JA, and no other text goes there before that answer. On a full day a family
    with `waitlist` waits: its state is `waiting`, and it is offered a place in its turn.
    """
    if body.number_confirmed and not key.allows("desk"):
        raise _only_the_desk()
    spend(request, key)
    registration, is_new = commands.register(
        session, visit_id, body.family(), at=now, within=key.facilities, who=_who(key)
    )
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/visit-days/{visit_id}/registrations/{registration.id}"
    return _registration(session, registration, key)


@router.get("/v1/visit-days/{visit_id}/registrations")
def list_who_comes(
    visit_id: UUID, session: SessionDep, now: Now, wanted: SliceDep, key: Registrar
) -> ApiList[WhoComesOut]:
    """List the families that come, in the order in which they registered."""
    queries.visit_day(session, visit_id)
    shown = queries.who_comes(session, visit_id, wanted).each(WhoComesOut.of)
    if shown:
        commands.look_who_comes(session, visit_id, _who(key), at=now)
    return ApiList.of(shown)


@router.get("/v1/visit-days/{visit_id}/registrations/{registration_id}")
def read_registration(
    visit_id: UUID, registration_id: UUID, session: SessionDep, key: Reader
) -> RegistrationOut:
    return _registration(session, queries.registration(session, visit_id, registration_id), key)


@router.patch("/v1/visit-days/{visit_id}/registrations/{registration_id}")
def amend_registration(
    visit_id: UUID,
    registration_id: UUID,
    body: RegistrationPatch,
    key: Registrar,
    request: Request,
    session: SessionDep,
    now: Now,
) -> RegistrationOut:
    """Record what a family told a person by telephone or mail. Its reminders follow."""
    spend(request, key)
    amendment = body.amendment()
    amended = commands.amend(
        session, visit_id, registration_id, amendment, at=now, within=key.facilities, who=_who(key)
    )
    return _registration(session, amended, key)


@router.get("/v1/visit-days/{visit_id}/reminders")
def list_reminders(
    visit_id: UUID, session: SessionDep, wanted: SliceDep, key: Reader
) -> ApiList[ReminderOut]:
    """List the reminders of each registration: planned, sent, or stopped before they were sent.

    To a key that is not the centre's own one is `sent` also where its number or address wants no messages.
    """
    queries.visit_day(session, visit_id)
    found = queries.reminders(session, visit_id, wanted, for_others=not key.is_the_centres)
    return ApiList.of(found.each(ReminderOut.from_row))


def _is_near(request: Request, visit_id: UUID, now: datetime) -> bool:
    """Read by a connection that is free again before the key's ceiling is asked by another one."""
    with runtime_of(request).sessions() as session:
        return rules.is_near(queries.visit_day(session, visit_id).starts_at, now)


def _shown(session: Session, visit: VisitDay) -> VisitDayOut:
    return VisitDayOut.of(visit, queued.counts(session, [visit.id])[visit.id])


def _registration(session: Session, registration: Registration, key: ApiKey) -> RegistrationOut:
    """Show a registration; to the centre's own keys also whether its number or address wants no messages."""
    shown = RegistrationOut.from_row(registration)
    if not key.is_the_centres:
        return shown
    silent = is_suppressed(session, registration.channel, registration.contact_index)
    return shown.model_copy(update={"suppressed": silent})


def _who(key: ApiKey) -> str:
    return f"key:{key.id}"


def _person(key: ApiKey) -> Person:
    return Person(key.id, key.name)


def _done_or_waiting(
    session: Session, done: VisitDay | WaitingChange, response: Response
) -> VisitDayOut | ChangeWaiting:
    if isinstance(done, VisitDay):
        return _shown(session, done)
    response.status_code = 202
    return ChangeWaiting.of(done, rules.reach(queries.coming(session, done.visit_day_id)))


def _not_your_facility() -> Problem:
    why = "This key is not for visits to this facility. Ask the centre for a key that is."
    error = FieldError("/facility", "facility", "not-allowed", why)
    return Problem(403, "forbidden", "Not allowed", why, [error])


def _only_the_desk() -> Problem:
    why = "Only the desk may say that a number is confirmed. Leave numberConfirmed out: its owner is asked."
    error = FieldError("/numberConfirmed", "numberConfirmed", "not-allowed", why)
    return Problem(403, "forbidden", "Not allowed", why, [error])
