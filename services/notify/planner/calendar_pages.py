"""The calendar of a facility: by month, as a list, and where a visit day is published.

The templates and their variables (besides those of the frame):

- `planner/calendar.html`: `weeks` (of Square), `month`, `before`, `after`, `weekdays`, `done`
- `planner/days.html`: `days_listed` (of Shown and its date in words), `past`
- `planner/new_day.html`: `filled`, `mistakes`, `notice`, `kinds`
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_day_names
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from services.notify.planner import queries
from services.notify.planner.access import Member, Planning
from services.notify.planner.form import DayForm, kinds, refused
from services.notify.planner.framing import AT, check_form, framed
from services.notify.visits import commands
from services.notify.visits.commands import Publisher
from services.notify.visits.tables import VisitKind
from shared.errors import Conflict, Invalid
from shared.geography import facility as known
from shared.web import forms
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
NEW = f"{AT}/days/new"
DAYS = f"{AT}/days"
USUAL = DayForm(start_time="14:00", end_time="15:30", capacity="10", kind=VisitKind.CHILD_VISIT)
A_DAY = timedelta(days=1)


@router.get(AT)
def calendar(
    facility: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    month: Annotated[str, Query(max_length=7)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show a month of visit days and closed days; this month, unless `month` (2026-12) says another."""
    language, first = negotiate(request), _month(month) or today_at(facility, now).replace(day=1)
    context = {
        "weeks": queries.month_of(session, facility, first),
        "month": format_date(first, "MMMM yyyy", locale=language),
        "before": f"{first - A_DAY:%Y-%m}",
        "after": f"{(first + timedelta(days=31)).replace(day=1):%Y-%m}",
        "weekdays": [get_day_names("abbreviated", locale=language)[number] for number in range(7)],
        "today": today_at(facility, now),
        "done": done if done == "published" else "",
    }
    return framed(request, "planner/calendar.html", signed, context, at=facility)


@router.get(DAYS)
def days(
    facility: str, request: Request, session: SessionDep, now: Now, signed: Planning, past: str = ""
) -> Response:
    """List the visit days from today on, or those that are over."""
    found = queries.from_day(session, facility, today_at(facility, now), past=past == "yes")
    language = negotiate(request)
    listed = [(one, format_date(one.visit.visit_date, "EEEE d MMMM yyyy", locale=language)) for one in found]
    context = {"days_listed": listed, "past": past == "yes"}
    return framed(request, "planner/days.html", signed, context, at=facility)


@router.get(NEW)
def new_day(
    facility: str,
    request: Request,
    now: Now,
    signed: Planning,
    date: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    return _new(request, signed, facility, USUAL.model_copy(update={"date": date}))


@router.post(NEW)
def publish(
    facility: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    filled: Annotated[DayForm, Form()],
    form: Annotated[str, Form()] = "",
) -> Response:
    """Publish a visit day. The same one twice is one day."""
    check_form(form, signed)
    language = negotiate(request)
    wanted, mistakes = filled.read(facility, language)
    if wanted is None:
        return _new(request, signed, facility, filled, mistakes)
    try:
        visit, _ = commands.publish(session, wanted.opening(), Publisher(signed.who), at=now)
    except Invalid as refusal:
        session.rollback()
        return _new(request, signed, facility, filled, filled.wrong(refusal, language))
    except Conflict as refusal:
        session.rollback()
        return _new(request, signed, facility, filled, notice=refused(request, refusal))
    month = f"{visit.visit_date:%Y-%m}"
    return forms.see_other(request, f"{AT.format(facility=facility)}?month={month}&done=published")


def _new(
    request: Request,
    signed: Member,
    facility: str,
    filled: DayForm,
    mistakes: list[Mistake] | None = None,
    notice: str = "",
) -> Response:
    context = {
        "filled": filled,
        "mistakes": mistakes or [],
        "notice": notice,
        "kinds": kinds(negotiate(request)),
    }
    status = 400 if mistakes else 409 if notice else 200
    return framed(request, "planner/new_day.html", signed, context, at=facility, status=status)


def today_at(facility: str, now: datetime) -> date:
    """Return the day that it is at a facility."""
    place = known(facility)
    assert place is not None
    return now.astimezone(ZoneInfo(place.zone)).date()


def _month(written: str) -> date | None:
    try:
        first = date.fromisoformat(f"{written}-01")
    except ValueError:
        return None
    return first if date(2000, 1, 1) < first < date(2200, 1, 1) else None
