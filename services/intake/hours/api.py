from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from services.intake.hours.queries import now_open
from services.intake.settings import IntakeSettings
from shared.countries import CountryCode
from shared.security.access import open_to_all
from shared.web.dependencies import Now, SessionDep
from shared.web.schemas import ApiModel, Utc

router = APIRouter()


class HoursOut(ApiModel):
    """Whether the telephone desk is open, and when that changes: one of the two moments, or neither."""

    open: bool
    opens_at: Utc | None
    closes_at: Utc | None


@router.get("/v1/hours", dependencies=[Depends(open_to_all)])
def read_hours(
    request: Request, session: SessionDep, now: Now, country: Annotated[CountryCode, Query()] = "NL"
) -> HoursOut:
    """Tell whether somebody is at the telephone now, for callers of this country."""
    settings: IntakeSettings = request.app.state.runtime.settings
    told = now_open(session, country, now, by_shifts=settings.hours_by_shifts)
    return HoursOut(open=told.open, opens_at=told.opens_at, closes_at=told.closes_at)
