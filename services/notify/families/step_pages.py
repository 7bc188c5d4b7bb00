"""Registering for a day, one thing at a time. None of these pages needs JavaScript.

What is typed is kept here, encrypted, and not in the page: a chain of forms that carries names and numbers
along in hidden fields leaves them in every page that a browser keeps. A cookie leads back to it, in this
browser alone. What ends here, by sending, leaving or waiting two hours, shows nothing to whoever goes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session

from services.notify.families import commands, finding, queries, summary
from services.notify.families.answers import BANDS, YES, Answers
from services.notify.families.queries import Day
from services.notify.families.steps import BEGIN, CHECK, WAY
from services.notify.families.tables import FamilyDraft
from services.notify.visits import private_links
from services.notify.visits import queries as visits
from services.notify.visits.tables import Registration, RegistrationState
from shared.errors import Conflict, NotFound
from shared.geography import facility
from shared.security.access import open_to_all
from shared.web import forms, pages
from shared.web.dependencies import Now, SessionDep
from shared.web.drafts import DraftCookie
from shared.web.forms import Mistake
from shared.web.languages import READ_BY_FAMILIES, negotiate
from shared.web.origin import origin
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all), READ_BY_FAMILIES])
FORM, OUT = "register", "https://www.buienradar.nl/"
BROWSER = DraftCookie("weerzien_days", "/days")
Posted = Annotated[Answers, Form()]
STEPS = "/days/step"


@router.get("/days/new/{visit_id}")
def begin_page(visit_id: UUID, request: Request, session: SessionDep, now: Now) -> Response:
    """Show the first step for a day, with what was answered there before in this browser. Keeps nothing."""
    day = _open_day(session, visit_id, now)
    draft = _unsent(request, session, now)
    filled = queries.answers_of(draft) if draft else Answers()
    return _step(request, BEGIN, filled, day, _token(None, day, now))


@router.post("/days/new/{visit_id}")
def begin(visit_id: UUID, request: Request, session: SessionDep, now: Now, posted: Posted) -> Response:
    """Begin to register for this day in this browser; who was registering for another chooses this one."""
    forms.check(posted.form, FORM, _of(None, visit_id))
    day, language = _open_day(session, visit_id, now), negotiate(request)
    draft = _unsent(request, session, now)
    posted = posted.switched(language) if posted.switch else posted
    fields = WAY.by_code[BEGIN].fields(posted)
    given = queries.answers_of(draft) if draft else Answers()
    filled = given.taken(BEGIN, fields, posted).model_copy(update={"country": day.visit.country})
    mistakes = [] if posted.switch else WAY.mistakes(filled, WAY.by_code[BEGIN], language)
    if mistakes or posted.switch:
        return _step(request, BEGIN, filled, day, posted.form, mistakes)
    answer = forms.see_other(request, _path(WAY.after(filled, BEGIN, language)))
    token = BROWSER.token_of(request)
    if not commands.answer(session, token, BEGIN, fields, posted, at=now, visit=day.visit):
        BROWSER.keep(request, answer, commands.begin(session, visit_id, filled, at=now))
    return answer


@router.get("/days/leave")
def leave(request: Request, session: SessionDep, now: Now) -> Response:
    """Let go of what was typed, and lead out of the site. It works by a link, so without JavaScript too."""
    commands.leave(session, BROWSER.token_of(request), at=now)
    page = f'<!doctype html><title>.</title><a href="{OUT}" rel="noreferrer">.</a>'
    answer = HTMLResponse(page, headers={"Refresh": f"0; url={OUT}"})
    BROWSER.drop(request, answer)
    return answer


@router.get(f"{STEPS}/{CHECK}")
def check_page(request: Request, session: SessionDep, now: Now) -> Response:
    draft = _unsent(request, session, now)
    if draft is None:
        return _ended(request)
    filled = queries.answers_of(draft)
    if (first := WAY.leads_to(filled, CHECK, negotiate(request))) != CHECK:
        return forms.see_other(request, _path(first))
    return _check(request, session, draft, filled, now)


@router.post(f"{STEPS}/{CHECK}")
def send(request: Request, session: SessionDep, now: Now, posted: Posted) -> Response:
    """Register the family. A second press leads to the same receipt, for ten minutes."""
    draft = queries.of_browser(session, BROWSER.token_of(request), at=now)
    if draft is None or not forms.is_ours(posted.form, FORM, _of(draft, draft.visit_day_id)):
        return _ended(request)
    if draft.registration_id is not None:
        return forms.see_other(request, "/days/sent")
    filled, language = queries.answers_of(draft), negotiate(request)
    if (first := WAY.leads_to(filled, CHECK, language)) != CHECK:
        return forms.see_other(request, _path(first))
    if posted.switch:
        return _check(request, session, draft, filled, now)
    return _sent(request, session, filled, language, now, waits=posted.waits == YES)


def _sent(
    request: Request, session: Session, filled: Answers, language: str, now: Any, *, waits: bool
) -> Response:
    token, where = BROWSER.token_of(request), origin(request)
    try:
        done = commands.send(session, token, filled, language=language, origin=where, at=now, waits=waits)
    except Conflict:
        # The last place went to another family meanwhile, or the day is off.
        session.rollback()
        draft = _unsent(request, session, now)
        return _check(request, session, draft, filled, now, gone=True) if draft else _ended(request)
    if done is None:
        return _ended(request)
    answer = forms.see_other(request, "/days/sent")
    BROWSER.keep_a_moment(request, answer, token, commands.PRESSED_AGAIN.total_seconds())
    return answer


@router.get("/days/sent")
def sent_page(request: Request, session: SessionDep, now: Now) -> Response:
    """Show what happens now, for ten minutes. Nothing of it tells whether somebody was known before."""
    draft = queries.of_browser(session, BROWSER.token_of(request), at=now)
    if draft is None or draft.registration_id is None:
        return _ended(request)
    pair = visits.with_visit(session, [draft.registration_id]).get(draft.registration_id)
    if pair is None:
        return _ended(request)
    registration, visit = pair
    # A link that is not told by a text or a mail is told here, to who registered just now in this browser.
    token = None if registration.channel.written else private_links.page_token(registration)
    context = {
        "waits": registration.state is RegistrationState.WAITING,
        "visit": visit,
        "key": _told(registration),
        "page": f"{private_links.PAGE}/{token}" if token else "",
    }
    return pages.render(request, "families/sent.html", context)


def _told(registration: Registration) -> str:
    return "letter" if registration.address else registration.channel


@router.get(f"{STEPS}/{{step}}")
def step_page(step: str, request: Request, session: SessionDep, now: Now) -> Response:
    """Show a step with what was answered there, or the one that has to be answered first."""
    _known(step)
    draft = _unsent(request, session, now)
    day = queries.day(session, draft.visit_day_id, now) if draft else None
    if draft is None or day is None:
        return _ended(request)
    filled = queries.answers_of(draft)
    if (first := WAY.leads_to(filled, step, negotiate(request))) != step:
        return forms.see_other(request, _path(first))
    return _step(request, step, filled, day, _token(draft, day, now))


@router.post(f"{STEPS}/{{step}}")
def answer(step: str, request: Request, session: SessionDep, now: Now, posted: Posted) -> Response:
    """Keep the answers of one step and lead to the next, or show it again with what to correct.

    A change of language only shows it again, with what was typed.
    """
    _known(step)
    draft, language = _unsent(request, session, now), negotiate(request)
    day = queries.day(session, draft.visit_day_id, now) if draft else None
    if draft is None or day is None or not forms.is_ours(posted.form, FORM, _of(draft, day.visit.id)):
        return _ended(request)
    given, posted = queries.answers_of(draft), posted.switched(language) if posted.switch else posted
    fields = WAY.by_code[step].fields(given)
    filled = given.taken(step, fields, posted)
    mistakes = [] if posted.switch else WAY.mistakes(filled, WAY.by_code[step], language)
    if mistakes or posted.switch:
        return _step(request, step, filled, day, posted.form, mistakes)
    kept = commands.answer(session, BROWSER.token_of(request), step, fields, posted, at=now)
    return forms.see_other(request, _path(WAY.after(kept, step, language))) if kept else _ended(request)


def _known(step: str) -> None:
    if step not in WAY.by_code:
        raise NotFound("There is no such step.")


def _path(step: str) -> str:
    return f"{STEPS}/{step}"


def _unsent(request: Request, session: Session, now: Any) -> FamilyDraft | None:
    """Return what is being filled in in this browser."""
    draft = queries.of_browser(session, BROWSER.token_of(request), at=now)
    return draft if draft is not None and draft.answers is not None else None


def _open_day(session: Session, visit_id: UUID, now: Any) -> Day:
    """Return a day that one can register for, or wait for a place on. Raises NotFound."""
    day = queries.day(session, visit_id, now)
    if day is None:
        raise NotFound("There is no such day.")
    return day


def _of(draft: FamilyDraft | None, visit_id: UUID) -> str:
    """Return what a form is made for: a page of another day that is still open somewhere sends nothing."""
    return f"{draft.id if draft else ''}:{visit_id}"


def _token(draft: FamilyDraft | None, day: Day, now: Any) -> str:
    return forms.new_token(FORM, _of(draft, day.visit.id), at=now)


def _step(
    request: Request,
    step: str,
    filled: Answers,
    day: Day,
    token: str,
    mistakes: list[Mistake] | None = None,
) -> Response:
    language = negotiate(request)
    context = {
        "step": step,
        "action": request.url.path,
        "filled": filled,
        "token": token,
        "mistakes": mistakes or [],
        "fields": WAY.by_code[step].fields(filled),
        "choices": summary.choices(language),
        "bands": {name: str(band) for name, band in BANDS.items()},
        **_around(filled, step, day),
    }
    return pages.render(request, "families/step.html", context, status=400 if mistakes else 200)


def _around(filled: Answers, step: str, day: Day) -> Mapping[str, Any]:
    at, of = WAY.place(filled, step)
    place = facility(day.visit.facility)
    return {"day": day, "at": at, "of": of, "place": finding.code_of(place.id) if place else ""}


def _check(
    request: Request,
    session: Session,
    draft: FamilyDraft,
    filled: Answers,
    now: Any,
    *,
    gone: bool = False,
) -> Response:
    """Show all answers, where each can be changed, and what happens once they are sent."""
    day = queries.day(session, draft.visit_day_id, now)
    language = negotiate(request)
    if day is None:
        return _ended(request)
    mistakes = [Mistake("other", sentence("days-gone", language))] if gone else []
    context = {
        "step": CHECK,
        "action": _path(CHECK),
        "token": _token(draft, day, now),
        "mistakes": mistakes,
        "rows": summary.rows(filled, language),
        "expires": filled.papers is not None and filled.papers < day.visit.visit_date,
        "told": filled.channel,
        "escort": filled.escort == YES,
        **_around(filled, CHECK, day),
    }
    return pages.render(request, "families/check.html", context, status=409 if mistakes else 200)


def _ended(request: Request) -> Response:
    """Say that there is nothing here any more, or never was in this browser."""
    return pages.render(request, "families/ended.html", {}, status=410)
