"""Who comes to a visit day: for the gate, on paper, on a telephone, and as a file. Looking is in the audit.

`planner/who.html` has, besides the frame's: `shown`, `families`, `may_tick`, `bands`, `attendances`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from services.notify.planner import queries
from services.notify.planner.access import Planning
from services.notify.planner.framing import check_form, framed
from services.notify.planner.queries import AtTheGate
from services.notify.visits import commands, rules
from services.notify.visits.tables import Attendance
from shared.errors import Conflict, NotFound
from shared.vocabulary import AgeBand
from shared.web import forms, pages
from shared.web.dependencies import Now, SessionDep
from shared.web.languages import negotiate
from shared.web.spreadsheets import as_file

router = APIRouter(include_in_schema=False)
Typed = Annotated[str, Form(max_length=2000)]


@router.get("/planner/days/{visit_id}/who")
def who_comes(visit_id: UUID, request: Request, session: SessionDep, now: Now, signed: Planning) -> Response:
    commands.look_who_comes(session, visit_id, signed.who, at=now)
    shown = queries.one(session, visit_id)
    context = {
        "shown": shown,
        "families": queries.at_the_gate(session, visit_id),
        "may_tick": shown.is_open and rules.may_be_ticked(shown.visit, now),
        "attendances": list(Attendance),
    }
    return framed(request, "planner/who.html", signed, context, at=shown.visit.facility)


@router.get("/planner/days/{visit_id}/who.csv")
def who_comes_as_file(
    visit_id: UUID, request: Request, session: SessionDep, now: Now, signed: Planning
) -> Response:
    commands.look_who_comes(session, visit_id, signed.who, at=now)
    visit, language = queries.one(session, visit_id).visit, negotiate(request)
    families = queries.at_the_gate(session, visit_id)
    return as_file(f"{visit.visit_date}-{visit.start_time:%H%M}.csv", _rows(families, language))


def _rows(families: list[AtTheGate], language: str) -> Iterator[list[object]]:
    ages = [_say(language, "head-age", band=band) for band in AgeBand]
    first, last = [
        [_say(language, f"head-{head}") for head in heads]
        for heads in (("name", "adults", "children"), ("first-visit", "said-yes", "needs", "attendance"))
    ]
    yield [*first, *ages, *last]
    for one in families:
        yes = [_say(language, "yes") if said else "" for said in (one.first_visit, one.said_yes)]
        seen = _say(language, f"attendance-{one.attendance}") if one.attendance else ""
        of_age = [one.of_age(band) for band in AgeBand]
        yield [one.name or "?", one.adults, one.children, *of_age, *yes, one.needs, seen]


def _say(language: str, key: str, **values: object) -> str:
    return pages.texts().text(language, f"planner.{key}", **values)


@router.post("/planner/days/{visit_id}/who/{registration_id}")
def tick(
    visit_id: UUID,
    registration_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    form: Typed = "",
    attendance: Typed = "",
) -> Response:
    """Note what was seen at the gate; with nothing, what was noted is taken back."""
    check_form(form, signed)
    if attendance and attendance not in list(Attendance):
        raise NotFound("There is no such mark.")
    seen = Attendance(attendance) if attendance else None
    try:
        commands.attend(session, visit_id, registration_id, seen, who=signed.who, at=now)
    except Conflict:
        session.rollback()  # the page shows how it stands now, and what can be ticked
    answer = forms.see_other(request, f"/planner/days/{visit_id}/who")
    answer.headers["location"] += f"#family-{registration_id}"
    return answer
