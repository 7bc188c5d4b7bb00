"""How the desk fares: now, today, and as counts by day.

`supervising/today.html` gets `now`, `waiting` (of Waiting: `all` and `safeguarding`), `away` (services
that do not say what is to be done there), `day`, `days` (the seven before it), `waited` (in words), and
`first` and `last` (of the file).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from services.intake.desk.pages import gather
from services.intake.staff.access import staff
from services.intake.staff.framing import framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from services.intake.supervising import queries
from services.intake.supervising.queries import Day
from services.intake.supervising.rules import waiting
from shared.countries import DEFAULT
from shared.languages import LANGUAGES
from shared.web.dependencies import Now, SessionDep
from shared.web.languages import negotiate

# No day before or after it can be counted: its hours would lie outside what a calendar knows.
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)
router = APIRouter(include_in_schema=False)

Supervisor = Annotated[Signed, Depends(staff(Role.SUPERVISOR, Role.SENIOR))]
# A file leaves the house.
SupervisorAgain = Annotated[
    Signed, Depends(staff(Role.SUPERVISOR, Role.SENIOR, stepped_up=True, back="/desk/figures"))
]
WEEK = timedelta(days=7)
COLUMNS = (
    "day",
    "tried",
    "reached",
    "answered",
    "called_back",
    "still_to_call",
    "not_reached",
    "no_talk",
    "asked",
    "answered_in_writing",
    "waited_minutes",
)


@router.get("/desk/figures")
def today(request: Request, session: SessionDep, now: Now, signed: Supervisor) -> Response:
    """Show who waits now, and what became today of those who tried to reach somebody."""
    day = _today(now)
    *before, shown = queries.days(session, day - WEEK, day)
    found = gather(request, session, signed, now)
    context = {
        "now": queries.now(session, now),
        "waiting": waiting(found.found, [one for _, one in found.bundles], found.beyond),
        "away": found.away,
        "at": now,
        "day": shown,
        "days": before[::-1],
        "waited": _in_words(shown.written.waited, negotiate(request)),
        "first": day - timedelta(days=30),
        "last": day,
    }
    return framed(request, "supervising/today.html", signed, context)


@router.get("/desk/figures.csv")
def as_file(
    session: SessionDep,
    now: Now,
    signed: SupervisorAgain,
    first: Annotated[date | None, Query(alias="from", ge=EARLIEST, le=LATEST)] = None,
    last: Annotated[date | None, Query(alias="until", ge=EARLIEST, le=LATEST)] = None,
) -> Response:
    """Return the counts of each day from `from` until `until`, both included: a year at most."""
    end = last or _today(now)
    days = queries.days(session, first or end - timedelta(days=30), end)
    headers = {"Content-Disposition": 'attachment; filename="figures.csv"', "Cache-Control": "no-store"}
    return Response(_csv(days), media_type="text/csv; charset=utf-8", headers=headers)


def _csv(days: Iterable[Day]) -> str:
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    for one in days:
        made = one.reached
        rows.writerow(
            [
                one.day,
                made.tried,
                made.at_last,
                made.answered,
                made.called_back,
                made.still_to_call,
                made.not_reached,
                made.no_talk,
                one.asked,
                one.written.answered,
                minutes(one.written.waited),
            ]
        )
    return written.getvalue()


def _in_words(waited: timedelta | None, language: str) -> str:
    if waited is None:
        return ""
    # "90 minutes" says more than "2 hours".
    return format_timedelta(waited, threshold=2, locale=LANGUAGES[language].locale)


def minutes(waited: timedelta | None) -> int | str:
    """Return whole minutes; nothing where nobody had an answer."""
    return "" if waited is None else round(waited.total_seconds() / 60)


def _today(now: datetime) -> date:
    return now.astimezone(ZoneInfo(DEFAULT.zone)).date()
