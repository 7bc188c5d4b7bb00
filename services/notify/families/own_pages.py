"""A family's own page, behind the link that it was sent: what is registered, and all that it can change.

Looking changes nothing. A link that is wrong and one that was ended are answered alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.notify.contacts.queries import is_suppressed
from services.notify.families import calendars, commands_own, finding, own_forms, queries
from services.notify.families.answers import BANDS, Answers
from services.notify.families.steps import REACH, WAY, WHO
from services.notify.families.summary import choices
from services.notify.visits import commands as visits
from services.notify.visits import private_links, rules
from services.notify.visits import queries as visit_queries
from services.notify.visits.private_links import PAGE
from services.notify.visits.tables import COMING, Registration, RegistrationState, VisitDay
from shared.errors import Conflict, NotFound
from shared.geography import facility
from shared.languages import FOR_FAMILIES, text_language
from shared.security.access import open_to_all
from shared.web import forms, pages
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import FilledForm, Mistake, Text
from shared.web.languages import READ_BY_FAMILIES, asked_for
from shared.web.steps import Step

router = APIRouter(
    prefix=f"{PAGE}/{{token}}",
    include_in_schema=False,
    dependencies=[Depends(open_to_all), READ_BY_FAMILIES],
)
FORM = "family-page"
Posted = Annotated[Answers, Form()]
ENDED = "This link works no more."
# Why something that was pressed could not be done, where the page has words for it.
WHY = ("visit-full", "visit-cancelled", "visit-past", "registered-already")


class Pressed(FilledForm):
    """A button of the page; `which` is one of those that stand together."""

    form: Text = ""
    which: Text = ""


Button = Annotated[Pressed, Form()]


@dataclass(frozen=True)
class Own:
    """The registration that a link leads to, and its visit."""

    token: str
    registration: Registration
    visit: VisitDay

    @property
    def path(self) -> str:
        return f"{PAGE}/{self.token}"

    @property
    def form(self) -> str:
        """Return what its forms are made for: of another link's page none is taken."""
        return f"{self.registration.id}:{self.registration.link_generation}"


def own_of(token: str, session: SessionDep) -> Own:
    """Raises NotFound, alike for a link that is wrong, was ended, or is of a number of somebody else."""
    found = visits.registration_of(session, token)
    if found is None or found.erased_at or found.state is RegistrationState.REFUSED:
        raise NotFound(ENDED)
    return Own(token, found, visit_queries.visit_day(session, found.visit_day_id))


Owned = Annotated[Own, Depends(own_of)]


@router.get("")
def own_page(own: Owned, request: Request, session: SessionDep, now: Now) -> Response:
    return _page(request, session, own, now)


@router.post("")
def comes(own: Owned, request: Request, session: SessionDep, now: Now, posted: Button) -> Response:
    """Say that the family comes, also after it said that it would not. Idempotent."""
    forms.check(posted.form, FORM, own.form)
    return _done(request, session, own, now, lambda: _says(session, own, RegistrationState.CONFIRMED, now))


@router.get("/cancel")
def cancel_page(own: Owned, request: Request, session: SessionDep, now: Now) -> Response:
    return _part(request, session, own, now, "cancel")


@router.post("/cancel")
def cancel(own: Owned, request: Request, session: SessionDep, now: Now, posted: Button) -> Response:
    """Cancel the visit. The page then shows the way back, and other days. Idempotent."""
    forms.check(posted.form, FORM, own.form)
    return _done(request, session, own, now, lambda: _says(session, own, RegistrationState.CANCELLED, now))


@router.get("/who")
def who_page(own: Owned, request: Request, session: SessionDep, now: Now) -> Response:
    return _form(request, session, own, now, WHO, own_forms.filled(own.registration, own.visit))


@router.post("/who")
def change_who(own: Owned, request: Request, session: SessionDep, now: Now, posted: Posted) -> Response:
    """Change who comes. The same once more changes nothing."""
    forms.check(posted.form, FORM, own.form)
    return _changed(request, session, own, now, WHO, posted)


@router.get("/reach")
def reach_page(own: Owned, request: Request, session: SessionDep, now: Now) -> Response:
    shown = own_forms.without_reach(own_forms.filled(own.registration, own.visit))
    return _form(request, session, own, now, REACH, shown)


@router.post("/reach")
def change_reach(own: Owned, request: Request, session: SessionDep, now: Now, posted: Posted) -> Response:
    """Change how the family is reached; another number or address is asked first whether it is theirs."""
    forms.check(posted.form, FORM, own.form)
    return _changed(request, session, own, now, REACH, posted)


@router.get("/days")
def days_page(own: Owned, request: Request, session: SessionDep, now: Now) -> Response:
    """Show the other days at the same place, with the places left."""
    days = queries.days_ahead(session, own.visit.facility, now)
    others = [day for day in days if day.visit.id != own.visit.id]
    place = facility(own.visit.facility)
    more = {"days": others, "place": finding.code_of(place.id) if place else ""}
    return _part(request, session, own, now, "days", more)


@router.get("/days/{visit_id}")
def day_page(visit_id: UUID, own: Owned, request: Request, session: SessionDep, now: Now) -> Response:
    """Ask whether it is to be this day in place of the one before."""
    return _part(request, session, own, now, "day", {"day": _day(session, visit_id, now)})


@router.post("/days/{visit_id}")
def choose(
    visit_id: UUID, own: Owned, request: Request, session: SessionDep, now: Now, posted: Button
) -> Response:
    """Take this day in place of the one before, and lead to its page."""
    forms.check(posted.form, FORM, own.form)
    _day(session, visit_id, now)
    try:
        made = commands_own.chooses(session, own.registration, visit_id, at=now)
    except Conflict as problem:
        session.rollback()
        return _page(request, session, own, now, problem=problem)
    return forms.see_other(request, private_links.private_link(made, ""))


@router.get("/stop")
def stop_page(own: Owned, request: Request, session: SessionDep, now: Now) -> Response:
    return _part(request, session, own, now, "stop")


@router.post("/stop")
def stop(own: Owned, request: Request, session: SessionDep, now: Now, posted: Button) -> Response:
    """Write nothing more to this family. Idempotent."""
    forms.check(posted.form, FORM, own.form)
    return _done(request, session, own, now, lambda: commands_own.stops(session, own.registration, at=now))


@router.get("/link")
def link_page(own: Owned, request: Request, session: SessionDep, now: Now) -> Response:
    return _part(request, session, own, now, "link")


@router.post("/link")
def end_link(own: Owned, request: Request, session: SessionDep, now: Now, posted: Button) -> Response:
    """End this link. The new one goes to the family's number or address, or, where it has none, is opened."""
    forms.check(posted.form, FORM, own.form)
    if commands_own.ends_link(session, own.registration, own.visit, at=now):
        return forms.see_other(request, "/days/asked")
    return forms.see_other(request, private_links.private_link(own.registration, ""))


@router.get("/visit.ics")
def visit_file(own: Owned, request: Request) -> Response:
    """Return the visit for a calendar, under a title that says nothing."""
    pair = (own.registration, own.visit)
    return _file(calendars.calendar([pair], _language(request, own.registration)))


@router.get("/calendar.ics")
def feed(token: str, request: Request, session: SessionDep, now: Now) -> Response:
    """Return all visits of this family for a calendar that follows them. This link opens no page."""
    found = visits.registration_of_feed(session, token)
    if found is None or found.erased_at or found.state is RegistrationState.REFUSED:
        raise NotFound(ENDED)
    own = (found, visit_queries.visit_day(session, found.visit_day_id))
    others = queries.registrations_of_family(session, found, now)
    pairs = [own, *(pair for pair in others if pair[0].id != found.id)]
    return _file(calendars.calendar(pairs, text_language(found.language)))


def _file(content: bytes) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="weerzien.ics"'}
    return Response(content, media_type=calendars.MEDIA_TYPE, headers=headers)


def _day(session: Session, visit_id: UUID, now: Any) -> queries.Day:
    day = queries.day(session, visit_id, now)
    if day is None:
        raise NotFound("There is no such day.")
    return day


def _says(session: Session, own: Own, state: RegistrationState, now: Any) -> None:
    commands_own.says(session, own.registration, state, at=now)


def _done(request: Request, session: Session, own: Own, now: Any, deed: Callable[[], None]) -> Response:
    """Do it and lead back to the page, which shows what is so now; or say there why it cannot be."""
    try:
        deed()
    except Conflict as problem:
        session.rollback()
        return _page(request, session, own, now, problem=problem)
    return forms.see_other(request, own.path)


def _changed(
    request: Request, session: Session, own: Own, now: Any, step: Step[Answers], posted: Answers
) -> Response:
    """Store what was changed, or show it again with what is to be corrected."""
    language = _language(request, own.registration)
    before = own_forms.filled(own.registration, own.visit)
    filled = own_forms.changed(before, posted, step.fields(posted), language)
    if mistakes := WAY.mistakes(filled, step, language):
        return _form(request, session, own, now, step, filled, mistakes)
    amendment = filled.who() if step is WHO else own_forms.reach(filled, own.registration)
    return _done(
        request,
        session,
        own,
        now,
        lambda: commands_own.changes(session, own.registration, amendment, at=now),
    )


def _form(
    request: Request,
    session: Session,
    own: Own,
    now: Any,
    step: Step[Answers],
    filled: Answers,
    mistakes: list[Mistake] | None = None,
) -> Response:
    language = _language(request, own.registration)
    more = {
        "filled": filled,
        "mistakes": mistakes or [],
        "choices": choices(language),
        "bands": {name: str(band) for name, band in BANDS.items()},
    }
    return _part(request, session, own, now, step.code, more, 400 if mistakes else 200)


def _page(
    request: Request, session: Session, own: Own, now: Any, *, problem: Conflict | None = None
) -> Response:
    if problem is not None:
        session.refresh(own.registration)
        session.refresh(own.visit)
    feed_token = private_links.feed_token(own.registration)
    site = request.app.state.runtime.settings.public_url("notify")
    more = {
        "others": [
            one for one in queries.visits_of_family(session, own.registration, now) if one.id != own.visit.id
        ],
        "feed": f"{site}{PAGE}/{feed_token}/calendar.ics",
        "problem": (problem.slug if problem.slug in WHY else "other") if problem else "",
    }
    return _part(request, session, own, now, "own", more, 409 if problem else 200)


def _part(
    request: Request,
    session: Session,
    own: Own,
    now: Any,
    part: str,
    more: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    one, visit = own.registration, own.visit
    place = facility(visit.facility)
    language = _language(request, one)
    context = {
        "part": part,
        "path": own.path,
        "token": forms.new_token(FORM, own.form, at=now),
        "one": one,
        "visit": visit,
        "place_name": place.called(language) if place else visit.place,
        "ahead": rules.still_to_come(visit, now),
        "comes": one.state in COMING,
        "ages": own_forms.counted_ages(one.child_age_bands),
        "reached": own_forms.reached(one),
        "proven": rules.may_be_written_to(one),
        "stopped": is_suppressed(session, one.channel, one.contact_index),
        "expires": one.papers_until is not None and one.papers_until < visit.visit_date,
        "mistakes": [],
        **(more or {}),
    }
    return pages.render(request, "families/own.html", context, status=status, language=language)


def _language(request: Request, registration: Registration) -> str:
    """Return the language that the address asks for, or the one in which the family is written to."""
    asked = asked_for(request)
    return asked if asked in FOR_FAMILIES else text_language(registration.language)
