"""Visit days of a planner's facilities: seen by month and as a list, published, changed, called off.

The templates and their variables (besides those of the frame):

- `planner/month.html`: `weeks`, `first`, `before`, `after`
- `planner/list.html`: `days`, `past`
- `planner/day.html`: `shown`, `waiting`, `may_tick`, `over`
- `planner/new.html`: `filled`, `mistakes`, `notice`, `kinds`
- `planner/change.html`: as `new.html`, `shown`
- `planner/call_off.html`: `shown`, `reason`, `mistakes`, `notice`
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.notify.planner import queries
from services.notify.planner.access import Member, Planning
from services.notify.planner.form import MOST_WORDS, DayForm, a_day, refused
from services.notify.planner.framing import check_form, framed, today_at
from services.notify.planner.queries import Shown
from services.notify.visits import commands, rules
from services.notify.visits.commands import Change, Person, Publisher
from services.notify.visits.tables import ChangeKind, VisitKind
from shared.errors import Conflict, Invalid
from shared.web import forms
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False)
Typed = Annotated[str, Form(max_length=2000)]
EARLIEST, LATEST = date(2020, 1, 1), date(2100, 1, 1)


@router.get("/planner/facilities/{facility}")
def month(
    facility: str, request: Request, session: SessionDep, now: Now, signed: Planning, month: str = ""
) -> Response:
    asked = a_day(f"{month}-01")
    first = asked if asked and EARLIEST <= asked < LATEST else today_at(facility, now).replace(day=1)
    context = {
        "weeks": queries.month_of(session, facility, first),
        "first": first,
        "before": f"{first - timedelta(days=1):%Y-%m}",
        "after": f"{first + timedelta(days=31):%Y-%m}",
        "today": today_at(facility, now),
    }
    return framed(request, "planner/month.html", signed, context, at=facility)


@router.get("/planner/facilities/{facility}/list")
def as_list(
    facility: str, request: Request, session: SessionDep, now: Now, signed: Planning, past: bool = False
) -> Response:
    days = queries.from_day(session, facility, today_at(facility, now), past=past)
    return framed(request, "planner/list.html", signed, {"days": days, "past": past}, at=facility)


@router.get("/planner/facilities/{facility}/new")
def new_page(facility: str, request: Request, signed: Planning, day: str = "") -> Response:
    return _form(
        request, signed, facility, DayForm(day=day if a_day(day) else "", kind=VisitKind.CHILD_VISIT)
    )


@router.post("/planner/facilities/{facility}/new")
def new_form(
    facility: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    filled: Annotated[DayForm, Form()],
) -> Response:
    """Publish a day. What is published already with the same start, end and room is that day."""
    check_form(filled.form, signed)
    language = negotiate(request)
    said, mistakes = filled.read(facility, language)
    if said is None:
        return _form(request, signed, facility, filled, mistakes)
    try:
        visit, _ = commands.publish(session, said.opening(), Publisher(signed.who), at=now)
    except Invalid as refusal:
        return _form(request, signed, facility, filled, filled.wrong(refusal, language))
    except Conflict as refusal:
        return _form(request, signed, facility, filled, notice=refused(request, refusal), status=409)
    return forms.see_other(request, f"/planner/days/{visit.id}")


def _form(
    request: Request,
    signed: Member,
    facility: str,
    filled: DayForm,
    mistakes: Sequence[Mistake] = (),
    *,
    notice: str = "",
    shown: Shown | None = None,
    status: int | None = None,
) -> Response:
    context = {
        "filled": filled,
        "mistakes": mistakes,
        "notice": notice,
        "shown": shown,
        "kinds": list(VisitKind),
    }
    template = "planner/change.html" if shown else "planner/new.html"
    return framed(
        request, template, signed, context, at=facility, status=status or (400 if mistakes else 200)
    )


@router.get("/planner/days/{visit_id}")
def day(visit_id: UUID, request: Request, session: SessionDep, now: Now, signed: Planning) -> Response:
    shown = queries.one(session, visit_id)
    context = {
        "shown": shown,
        "over": rules.why_over(shown.visit, now) is not None,
        "may_tick": rules.may_be_ticked(shown.visit, now),
        "waiting": queries.awaits_a_second(session, visit_id, now),
        "mine": signed.who,
    }
    return framed(request, "planner/day.html", signed, context, at=shown.visit.facility)


@router.get("/planner/days/{visit_id}/change")
def change_page(
    visit_id: UUID, request: Request, session: SessionDep, now: Now, signed: Planning
) -> Response:
    """Show the day as it is, or as somebody wants it who waits for a second person."""
    shown, waiting = queries.one(session, visit_id), queries.awaits_a_second(session, visit_id, now)
    filled = DayForm.of(shown.visit)
    if waiting is not None and waiting.kind is ChangeKind.MOVE:
        filled = filled.with_changes(Change.kept(waiting.change))
    return _form(request, signed, shown.visit.facility, filled, shown=shown)


@router.post("/planner/days/{visit_id}/change")
def change_form(
    visit_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    filled: Annotated[DayForm, Form()],
) -> Response:
    """Change a day. Whoever moves it says that the families may be told; with many a second person does."""
    check_form(filled.form, signed)
    shown, language = queries.one(session, visit_id), negotiate(request)
    place = shown.visit.facility
    said, mistakes = filled.read(place, language)
    if said is None:
        return _form(request, signed, place, filled, mistakes, shown=shown)
    if shown.coming and not filled.sure and shown.is_moved_by(said.date, said.start_time):
        unsure = Mistake("sure", sentence("move-unsure", language, values={"families": shown.coming}))
        return _form(request, signed, place, filled, [unsure], shown=shown)
    wanted = Change(said.date, said.start_time, said.end_time, said.capacity, said.kind)
    try:
        commands.change(session, visit_id, wanted, _person(signed), at=now)
    except Invalid as refusal:
        session.rollback()
        mistakes = filled.wrong(refusal, language)
        return _form(request, signed, place, filled, mistakes, shown=queries.one(session, visit_id))
    except Conflict as refusal:
        session.rollback()
        shown = queries.one(session, visit_id)
        why = refused(request, refusal, families=shown.coming)
        return _form(request, signed, place, filled, notice=why, shown=shown, status=409)
    return forms.see_other(request, f"/planner/days/{visit_id}")


@router.get("/planner/days/{visit_id}/call-off")
def call_off_page(
    visit_id: UUID, request: Request, session: SessionDep, now: Now, signed: Planning
) -> Response:
    waiting = queries.awaits_a_second(session, visit_id, now)
    reason = waiting.reason if waiting is not None and waiting.kind is ChangeKind.CALL_OFF else ""
    return _call_off(request, session, signed, visit_id, reason or "")


@router.post("/planner/days/{visit_id}/call-off")
def call_off_form(
    visit_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    form: Typed = "",
    reason: Typed = "",
) -> Response:
    """Call a day off, and have every family told; with many families a second person does."""
    check_form(form, signed)
    said = reason.strip()[:MOST_WORDS]
    if not said:
        wrong = [Mistake("reason", sentence("reason-missing", negotiate(request)))]
        return _call_off(request, session, signed, visit_id, said, wrong, status=400)
    try:
        commands.cancel(session, visit_id, said, _person(signed), at=now)
    except Conflict as refusal:
        session.rollback()
        why = refused(request, refusal)
        return _call_off(request, session, signed, visit_id, said, notice=why, status=409)
    return forms.see_other(request, f"/planner/days/{visit_id}")


def _call_off(
    request: Request,
    session: Session,
    signed: Member,
    visit_id: UUID,
    reason: str,
    mistakes: Sequence[Mistake] = (),
    *,
    notice: str = "",
    status: int = 200,
) -> Response:
    shown = queries.one(session, visit_id)
    context = {"shown": shown, "reason": reason, "mistakes": mistakes, "notice": notice}
    return framed(request, "planner/call_off.html", signed, context, at=shown.visit.facility, status=status)


def _person(signed: Member) -> Person:
    return Person(signed.who, signed.who)
