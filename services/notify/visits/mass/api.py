from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session

from services.notify.channels.prices import Prices
from services.notify.channels.settings import NotifyRuntime
from services.notify.visits.access import KeyAtFacility
from services.notify.visits.mass import commands, queries
from services.notify.visits.mass.commands import By
from services.notify.visits.mass.schemas import ConfirmationIn, MassChangeIn, MassChangeOut, MassChangePatch
from services.notify.visits.mass.tables import MassChange
from shared.errors import FieldError, Problem
from shared.geography import facility
from shared.security.access import spend
from shared.security.keystore import ApiKey
from shared.web.dependencies import Now, SessionDep, SliceDep
from shared.web.schemas import ApiList

router = APIRouter()
NAMED_AT_MOST = 1000


class KeyForChanges(KeyAtFacility):
    """Access by a key with one of the scopes, to the mass change in the path if there is one."""

    def __init__(self, *scopes: str) -> None:
        where = queries.facility_of
        super().__init__(*scopes, named="change_id", facility=where, missing=queries.NO_SUCH_CHANGE)


Planning = Annotated[ApiKey, Depends(KeyForChanges("visits:write"))]
Reading = Annotated[ApiKey, Depends(KeyForChanges("visits:write", "desk"))]


@router.post("/v1/mass-changes", status_code=201)
def preview_mass_change(
    body: MassChangeIn, key: Planning, request: Request, session: SessionDep, now: Now, response: Response
) -> MassChangeOut:
    """Show what calling off or moving all visit days of a facility in this time would do. Nothing is done.

    Confirm it within an hour.
    """
    if key.facilities is not None and body.facility not in key.facilities:
        raise _not_your_facility()
    place = facility(body.facility)
    assert place is not None
    # That visits are off today or tomorrow waits for no ceiling.
    soon = (now + timedelta(days=1)).astimezone(ZoneInfo(place.zone)).date()
    spend(request, key, however_many=body.first <= soon)
    change = commands.preview(session, body.wanted(), _by(key), _prices(request), at=now)
    response.headers["Location"] = f"/v1/mass-changes/{change.id}"
    return _shown(session, change, now)


@router.get("/v1/mass-changes")
def list_mass_changes(
    session: SessionDep, wanted: SliceDep, key: Reading, now: Now, facility: str | None = None
) -> ApiList[MassChangeOut]:
    """List mass changes, the latest first: those of the key's facilities. Nobody is named in this list."""
    found = queries.changes(session, facility, wanted, among=key.facilities)
    return ApiList.of(found.each(lambda change: _shown(session, change, now, named=0)))


@router.get("/v1/mass-changes/{change_id}")
def read_mass_change(change_id: UUID, session: SessionDep, now: Now, key: Reading) -> MassChangeOut:
    """Show what was previewed, and how far telling the families is."""
    return _shown(session, queries.change(session, change_id), now)


@router.post("/v1/mass-changes/{change_id}/confirmations", status_code=201, responses={200: {}})
def confirm_mass_change(
    change_id: UUID,
    key: Planning,
    request: Request,
    session: SessionDep,
    now: Now,
    response: Response,
    body: ConfirmationIn | None = None,
) -> MassChangeOut:
    """Do what was shown; 200 if it was done before. With more than 50 families by another key than asked.

    409 `preview-changed`: it would no longer do the same; read the new preview, and confirm that.
    """
    spend(request, key, however_many=True)
    seen = body.preview if body else None
    change, is_new = commands.confirm(session, change_id, _by(key), _prices(request), at=now, seen=seen)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/mass-changes/{change.id}"
    return _shown(session, change, now)


@router.patch("/v1/mass-changes/{change_id}")
def end_mass_change(
    change_id: UUID, body: MassChangePatch, key: Planning, request: Request, session: SessionDep, now: Now
) -> MassChangeOut:
    """Say until when visits are off that were called off until further notice."""
    spend(request, key)
    return _shown(session, commands.end(session, change_id, body.until, _by(key), at=now), now)


@router.delete("/v1/mass-changes/{change_id}")
def undo_mass_change(
    change_id: UUID, key: Planning, request: Request, session: SessionDep, now: Now
) -> MassChangeOut:
    """Withdraw a preview, or undo within a minute what was confirmed; 409 once families are being told."""
    spend(request, key, however_many=True)
    return _shown(session, commands.undo(session, change_id, _by(key), at=now), now)


def _shown(session: Session, change: MassChange, now: Now, *, named: int = NAMED_AT_MOST) -> MassChangeOut:
    unreached = queries.unreached(session, change.id, named) if named else []
    return MassChangeOut.of(change, queries.progress(session, change.id), unreached, now)


def _by(key: ApiKey) -> By:
    return By(f"key:{key.id}", key.name)


def _prices(request: Request) -> Prices:
    runtime: NotifyRuntime = request.app.state.runtime
    return runtime.settings.prices


def _not_your_facility() -> Problem:
    why = "This key is not for visits to this facility. Ask the centre for a key that is."
    error = FieldError("/facility", "facility", "not-allowed", why)
    return Problem(403, "forbidden", "Not allowed", why, [error])
