"""One visit day: what it is, changing it, and calling it off.

The templates and their variables (besides those of the frame):

- `planner/day.html`: `shown` (of Shown), `day` (in words), `filled`, `mistakes`, `notice`, `kinds`,
  `waiting`, `done`, `may_change`
- `planner/move.html`: `shown`, `day`, `to` (in words), `reach`, `filled`
- `planner/call_off.html`: `shown`, `day`, `reach`, `mistakes`, `notice`, `reason`
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from babel.dates import format_date
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.notify.planner import queries
from services.notify.planner.access import Member, Planning
from services.notify.planner.form import DayForm, kinds, refused
from services.notify.planner.framing import check_form, framed
from services.notify.planner.queries import Shown
from services.notify.visits import commands, rules
from services.notify.visits import queries as visits
from services.notify.visits.commands import Change, Person
from services.notify.visits.schemas import VisitDayIn
from services.notify.visits.tables import VisitDay
from shared.errors import Conflict, Invalid
from shared.web import forms
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False)
PATH = "/planner/days/{visit_id}"
DONE = ("changed", "moved", "called-off", "waiting")
LONGEST_REASON = 500
Filled = Annotated[DayForm, Form()]
FormToken = Annotated[str, Form()]


def path_of(visit_id: UUID, done: str = "") -> str:
    return PATH.format(visit_id=visit_id) + (f"?done={done}" if done else "")


@router.get(PATH)
def day(
    visit_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    return _day(request, session, signed, queries.one(session, visit_id), now, done=done)


@router.post(PATH)
def change(
    visit_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    filled: Filled,
    form: FormToken = "",
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Change a visit day. Where families would be told, the page first says how many, and asks."""
    check_form(form, signed)
    shown = queries.one(session, visit_id)
    wanted, mistakes = filled.read(shown.visit.facility, negotiate(request))
    if wanted is None:
        return _day(request, session, signed, shown, now, filled=filled, mistakes=mistakes)
    if shown.coming and _moves(shown.visit, wanted) and sure != "yes":
        return _move(request, session, signed, shown, wanted, filled)
    try:
        done = _changed(session, shown, wanted, signed, now)
    except Invalid as refusal:
        session.rollback()
        wrong = filled.wrong(refusal, negotiate(request))
        return _day(request, session, signed, shown, now, filled=filled, mistakes=wrong)
    except Conflict as refusal:
        session.rollback()
        told = refused(request, refusal, families=shown.coming)
        return _day(request, session, signed, shown, now, filled=filled, notice=told)
    return forms.see_other(request, path_of(visit_id, done))


def _moves(visit: VisitDay, wanted: VisitDayIn) -> bool:
    return (visit.visit_date, visit.start_time) != (wanted.date, wanted.start_time)


def _changed(session: Session, shown: Shown, wanted: VisitDayIn, signed: Member, now: datetime) -> str:
    """Change the day, and return what was done."""
    was = shown.visit
    moves = _moves(was, wanted)
    changes = Change(
        visit_date=wanted.date if wanted.date != was.visit_date else None,
        start_time=wanted.start_time if wanted.start_time != was.start_time else None,
        end_time=wanted.end_time if wanted.end_time != was.end_time else None,
        capacity=wanted.capacity if wanted.capacity != was.capacity else None,
        kind=wanted.kind if wanted.kind != was.kind else None,
    )
    done = commands.change(session, was.id, changes, _person(signed), at=now)
    if not isinstance(done, VisitDay):
        return "waiting"
    return "moved" if moves else "changed"


def _move(
    request: Request, session: Session, signed: Member, shown: Shown, wanted: VisitDayIn, filled: DayForm
) -> Response:
    language = negotiate(request)
    context = {
        "shown": shown,
        "day": in_words(shown.visit, language),
        "to": f"{format_date(wanted.date, 'EEEE d MMMM yyyy', locale=language)}, {wanted.start_time:%H:%M}",
        "reach": rules.reach(visits.coming(session, shown.visit.id)),
        "filled": filled,
    }
    return framed(request, "planner/move.html", signed, context, at=shown.visit.facility)


@router.get(f"{PATH}/call-off")
def call_off_page(
    visit_id: UUID, request: Request, session: SessionDep, now: Now, signed: Planning
) -> Response:
    """Say whom it reaches, before anything is done."""
    return _call_off(request, session, signed, queries.one(session, visit_id))


@router.post(f"{PATH}/call-off")
def call_off(
    visit_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    form: FormToken = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Call a visit day off: every family is told. With many of them it waits for a second person."""
    check_form(form, signed)
    shown, said = queries.one(session, visit_id), reason.strip()
    if not said or len(said) > LONGEST_REASON:
        wrong = Mistake(
            "reason", sentence("reason-missing", negotiate(request), values={"most": LONGEST_REASON})
        )
        return _call_off(request, session, signed, shown, reason=reason, wrong=wrong)
    try:
        done = commands.cancel(session, visit_id, said, _person(signed), at=now)
    except Conflict as refusal:
        session.rollback()
        told = refused(request, refusal)
        return _call_off(request, session, signed, shown, reason=reason, notice=told)
    return forms.see_other(
        request, path_of(visit_id, "called-off" if isinstance(done, VisitDay) else "waiting")
    )


def _call_off(
    request: Request,
    session: Session,
    signed: Member,
    shown: Shown,
    *,
    reason: str = "",
    wrong: Mistake | None = None,
    notice: str = "",
) -> Response:
    context = {
        "shown": shown,
        "day": in_words(shown.visit, negotiate(request)),
        "reach": rules.reach(visits.coming(session, shown.visit.id)),
        "reason": reason,
        "mistakes": [wrong] if wrong else [],
        "notice": notice,
    }
    status = 400 if wrong else 409 if notice else 200
    return framed(request, "planner/call_off.html", signed, context, at=shown.visit.facility, status=status)


def _day(
    request: Request,
    session: Session,
    signed: Member,
    shown: Shown,
    now: datetime,
    *,
    filled: DayForm | None = None,
    mistakes: list[Mistake] | None = None,
    notice: str = "",
    done: str = "",
) -> Response:
    language = negotiate(request)
    context = {
        "shown": shown,
        "day": in_words(shown.visit, language),
        "filled": filled or DayForm.of(shown.visit),
        "mistakes": mistakes or [],
        "notice": notice,
        "kinds": kinds(language),
        "waiting": queries.awaits_a_second(session, shown.visit.id, now),
        "may_change": rules.still_to_come(shown.visit, now),
        "done": done if done in DONE else "",
    }
    status = 400 if mistakes else 409 if notice else 200
    return framed(request, "planner/day.html", signed, context, at=shown.visit.facility, status=status)


def in_words(visit: VisitDay, language: str) -> str:
    """Return when a visit day is, as one says it."""
    day = format_date(visit.visit_date, "EEEE d MMMM yyyy", locale=language)
    return f"{day}, {visit.start_time:%H:%M}–{visit.end_time:%H:%M}"


def _person(signed: Member) -> Person:
    return Person(signed.who, signed.who)
