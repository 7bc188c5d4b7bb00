"""Who comes on a visit day: for the gate, on paper, in a spreadsheet, and ticked off. Each look is noted.

The template `planner/who_comes.html` has (besides what the frame has): `shown`, `day`, `families` (of
AtTheGate), `bands`, `adults` and `children` (how many in all), `may_tick`, `attendances`, `notice`.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.notify.planner import queries
from services.notify.planner.access import Member, Planning
from services.notify.planner.day_pages import in_words
from services.notify.planner.form import refused
from services.notify.planner.framing import check_form, framed
from services.notify.planner.queries import AtTheGate
from services.notify.visits import commands, rules
from services.notify.visits.tables import Attendance
from shared.errors import Conflict
from shared.vocabulary import AgeBand
from shared.web import forms, pages
from shared.web.dependencies import Now, SessionDep
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
PATH = "/planner/days/{visit_id}/who-comes"
BANDS = tuple(str(band) for band in AgeBand)
UNDONE = "undone"
# What makes a spreadsheet compute what somebody typed as their name.
COMPUTES = ("=", "+", "-", "@", "\t", "\r")


@router.get(PATH)
def who_comes(visit_id: UUID, request: Request, session: SessionDep, now: Now, signed: Planning) -> Response:
    commands.look_who_comes(session, visit_id, signed.who, at=now)
    return _page(request, session, signed, visit_id, now)


@router.get(f"{PATH}.csv")
def as_csv(visit_id: UUID, request: Request, session: SessionDep, now: Now, signed: Planning) -> Response:
    """Return who comes as a spreadsheet opens it, without a number or an address."""
    commands.look_who_comes(session, visit_id, signed.who, at=now)
    visit = queries.one(session, visit_id).visit
    content = _sheet(queries.at_the_gate(session, visit_id), negotiate(request))
    name = f"{visit.visit_date}-{visit.start_time:%H%M}.csv"
    return Response(
        content.encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.post(f"{PATH}/{{registration_id}}")
def tick(
    visit_id: UUID,
    registration_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    form: Annotated[str, Form()] = "",
    attendance: Annotated[str, Form()] = "",
) -> Response:
    """Note that a family came, came too late, or did not come, or take that back."""
    check_form(form, signed)
    noted = Attendance(attendance) if attendance in list(Attendance) else None
    if noted is not None or attendance == UNDONE:
        try:
            commands.attend(session, visit_id, registration_id, noted, who=signed.who, at=now)
        except Conflict as refusal:
            session.rollback()
            return _page(request, session, signed, visit_id, now, notice=refused(request, refusal))
    return forms.see_other(request, f"{PATH.format(visit_id=visit_id)}#family-{registration_id}")


def _page(
    request: Request, session: Session, signed: Member, visit_id: UUID, now: datetime, *, notice: str = ""
) -> Response:
    shown, families = queries.one(session, visit_id), queries.at_the_gate(session, visit_id)
    context = {
        "shown": shown,
        "day": in_words(shown.visit, negotiate(request)),
        "families": families,
        "bands": BANDS,
        "adults": sum(one.adults for one in families),
        "children": sum(one.children for one in families),
        "may_tick": rules.may_be_ticked(shown.visit, now) and shown.is_open,
        "attendances": [str(one) for one in Attendance],
        "notice": notice,
    }
    status = 409 if notice else 200
    return framed(request, "planner/who_comes.html", signed, context, at=shown.visit.facility, status=status)


def _sheet(families: list[AtTheGate], language: str) -> str:
    text = pages.texts().text
    written = io.StringIO()
    sheet = csv.writer(written, delimiter=";")
    named = [text(language, f"planner.{one}") for one in ("name", "adults", "children")]
    more = [text(language, f"planner.{one}") for one in ("companions", "first-visit", "needs", "attendance")]
    sheet.writerow([*named, *BANDS, *more])
    for one in families:
        first = text(language, "planner.yes") if one.first_visit else ""
        came = text(language, f"planner.attendance-{one.attendance}") if one.attendance else ""
        row = [
            one.name or "",
            one.adults,
            one.children,
            *map(one.of_age, BANDS),
            one.companions,
            first,
            one.needs,
            came,
        ]
        sheet.writerow([_harmless(cell) for cell in row])
    return written.getvalue()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(COMPUTES) else cell
