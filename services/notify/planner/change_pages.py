"""Many visit days at once, as in a strike: asked, shown, confirmed by whom it takes, followed, undone, ended.

The templates and their variables (besides those of the frame):

- `planner/changes.html`: `standing_open` (of the change, and where it stands), `done`
- `planner/ask_change.html`: `filled`, `mistakes`, `notice`, `actions`
- `planner/change.html`: `change`, `shown` (as the API shows it), `spent` (in words), `languages_named`,
  `each_spent`, `asked_by`, `own`, `running`, `notice`, `mistakes`, `until`
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from babel.numbers import format_decimal
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError
from sqlmodel import Session

from services.notify.channels.prices import Prices
from services.notify.channels.settings import NotifyRuntime
from services.notify.planner import queries
from services.notify.planner.access import Member, Planning
from services.notify.planner.form import a_date, refused
from services.notify.planner.framing import AT, check_form, framed
from services.notify.visits.mass import commands
from services.notify.visits.mass import queries as mass
from services.notify.visits.mass.commands import By, PreviewChanged
from services.notify.visits.mass.schemas import MassChangeIn, MassChangeOut, Standing, standing
from services.notify.visits.mass.tables import MassChange
from shared.errors import Conflict, FieldError, Invalid
from shared.languages import LANGUAGES
from shared.web import forms, pages
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import At, FilledForm, Mistake, Text, Tick
from shared.web.languages import negotiate
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False)
CHANGES, NEW = f"{AT}/changes", f"{AT}/changes/new"
PATH = "/planner/changes/{change_id}"
FormToken = Annotated[str, Form()]
MOST = {"most": 500}
# What the rules of visits say about a day's new date and times is about those that were asked for.
OF_A_DAY = {"date": "newDate", "startTime": "newStartTime", "endTime": "newEndTime"}


class ChangeForm(FilledForm):
    """What is to happen to all days from one date to another; `further` ticked is until further notice."""

    first_day: Annotated[Text, At("from")] = ""
    last_day: Annotated[Text, At("until")] = ""
    further: Tick = False
    action: Annotated[Text, At("action")] = ""
    new_date: Annotated[Text, At("newDate")] = ""
    new_start: Annotated[Text, At("newStartTime")] = ""
    new_end: Annotated[Text, At("newEndTime")] = ""
    reason: Annotated[Text, At("reason")] = ""

    def read(self, facility: str, language: str) -> tuple[MassChangeIn | None, list[Mistake]]:
        """Return what was meant, or what is to be corrected."""
        if self.further and self.last_day:
            return None, [Mistake("last_day", sentence("until-or-further", language))]
        said: dict[str, Any] = self.body() | {"facility": facility}
        if self.further:
            said["until"] = None
        try:
            return MassChangeIn.model_validate(said), []
        except ValidationError as problem:
            found = problem.errors(include_url=False)
            wrong = [self.mistake(one["loc"], one["type"], language, one.get("ctx", {})) for one in found]
            return None, self.in_order(wrong)

    def wrong(self, errors: list[FieldError], language: str) -> list[Mistake]:
        """Return what the rules of visits and of mass changes say is to be corrected."""
        places = [(OF_A_DAY.get(one.field, one.field), one.code) for one in errors]
        return self.in_order([self.mistake([field], code, language, MOST) for field, code in places])


def path_of(change_id: UUID) -> str:
    return PATH.format(change_id=change_id)


@router.get(CHANGES)
def changes(
    facility: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """List what waits to be confirmed, what families are being told, and what has no end yet."""
    found = mass.still_open(session, facility, now)
    context = {
        "standing_open": [(one, standing(one, mass.progress(session, one.id), now)) for one in found],
        "done": done if done == "withdrawn" else "",
    }
    return framed(request, "planner/changes.html", signed, context, at=facility)


@router.get(NEW)
def ask_page(facility: str, request: Request, signed: Planning) -> Response:
    return _ask(request, signed, facility, ChangeForm(action="cancel"))


@router.post(NEW)
def ask(
    facility: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    filled: Annotated[ChangeForm, Form()],
    form: FormToken = "",
) -> Response:
    """Show what it would do. Nothing is done."""
    check_form(form, signed)
    language = negotiate(request)
    wanted, mistakes = filled.read(facility, language)
    if wanted is None:
        return _ask(request, signed, facility, filled, mistakes)
    try:
        change = commands.preview(session, wanted.wanted(), _by(signed), _prices(request), at=now)
    except Invalid as refusal:
        session.rollback()
        return _ask(request, signed, facility, filled, filled.wrong(list(refusal.errors), language))
    except Conflict as refusal:
        session.rollback()
        return _ask(request, signed, facility, filled, notice=refused(request, refusal))
    return forms.see_other(request, path_of(change.id))


def _ask(
    request: Request,
    signed: Member,
    facility: str,
    filled: ChangeForm,
    mistakes: list[Mistake] | None = None,
    notice: str = "",
) -> Response:
    language = negotiate(request)
    context = {
        "filled": filled,
        "mistakes": mistakes or [],
        "notice": notice,
        "actions": [
            (one, pages.texts().text(language, f"planner.change-{one}")) for one in ("cancel", "move")
        ],
    }
    status = 400 if mistakes else 409 if notice else 200
    return framed(request, "planner/ask_change.html", signed, context, at=facility, status=status)


@router.get(PATH)
def change(change_id: UUID, request: Request, session: SessionDep, now: Now, signed: Planning) -> Response:
    """Show what it would do, or how far telling the families is."""
    return _change(request, session, signed, change_id, now)


@router.post(f"{PATH}/confirm")
def confirm(
    change_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    form: FormToken = "",
    preview: Annotated[str, Form(max_length=9)] = "",
) -> Response:
    """Do what was shown. Where it would no longer do the same, the page shows it anew."""
    check_form(form, signed)
    seen = int(preview) if preview.isascii() and preview.isdigit() else 0
    try:
        commands.confirm(session, change_id, _by(signed), _prices(request), at=now, seen=seen)
    except PreviewChanged as refusal:
        return _change(request, session, signed, change_id, now, notice=refused(request, refusal))
    except (Conflict, Invalid) as refusal:
        session.rollback()
        return _change(request, session, signed, change_id, now, notice=_why_not(request, refusal))
    return forms.see_other(request, path_of(change_id))


@router.post(f"{PATH}/undo")
def undo(
    change_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    form: FormToken = "",
) -> Response:
    """Let go of what nobody confirmed, or undo within the minute what was confirmed."""
    check_form(form, signed)
    was_done = mass.change(session, change_id).confirmed_at is not None
    try:
        undone = commands.undo(session, change_id, _by(signed), at=now)
    except Conflict as refusal:
        session.rollback()
        return _change(request, session, signed, change_id, now, notice=_why_not(request, refusal))
    if was_done:
        return forms.see_other(request, path_of(change_id))
    return forms.see_other(request, f"{CHANGES.format(facility=undone.facility)}?done=withdrawn")


@router.post(f"{PATH}/end")
def end(
    change_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    form: FormToken = "",
    until: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Say until when visits are off that were called off until further notice."""
    check_form(form, signed)
    last, language = a_date(until), negotiate(request)
    if last is None:
        wrong = Mistake("until", sentence("not-a-date", language))
        return _change(request, session, signed, change_id, now, wrong=wrong, until=until)
    try:
        commands.end(session, change_id, last, _by(signed), at=now)
    except Invalid as refusal:
        session.rollback()
        wrong = Mistake("until", sentence(refusal.errors[0].code, language))
        return _change(request, session, signed, change_id, now, wrong=wrong, until=until)
    except Conflict as refusal:
        session.rollback()
        return _change(request, session, signed, change_id, now, notice=_why_not(request, refusal))
    return forms.see_other(request, path_of(change_id))


def _change(
    request: Request,
    session: Session,
    signed: Member,
    change_id: UUID,
    now: datetime,
    *,
    notice: str = "",
    wrong: Mistake | None = None,
    until: str = "",
) -> Response:
    found, language = mass.change(session, change_id), negotiate(request)
    shown = MassChangeOut.of(found, mass.progress(session, change_id), [], now)
    context = {
        "change": found,
        "shown": shown,
        "spent": _money(shown.cost, language),
        "each_spent": [_money(one.cost, language) for one in shown.texts],
        "languages_named": {code: one.name for code, one in LANGUAGES.items()},
        "asked_by": queries.name_of_planner(session, found.asked_by),
        "own": _needs_another(shown, found, signed),
        "notice": notice,
        "mistakes": [wrong] if wrong else [],
        "until": until,
        "running": shown.state in (Standing.CONFIRMED, Standing.HANDING_OVER, Standing.HANDED_OVER),
    }
    status = 400 if wrong else 409 if notice else 200
    return framed(request, "planner/change.html", signed, context, at=found.facility, status=status)


def _needs_another(shown: MassChangeOut, change: MassChange, signed: Member) -> bool:
    """Whether a colleague has to confirm it, and not who looks at it now."""
    return shown.confirmable_by == "another-person" and change.asked_by == signed.who


def _money(cost: float, language: str) -> str:
    return str(format_decimal(cost, "#,##0.00", locale=language))


def _why_not(request: Request, refusal: Conflict | Invalid) -> str:
    if isinstance(refusal, Conflict):
        return refused(request, refusal)
    return pages.texts().text(negotiate(request), "planner.refused-cannot-move")


def _by(signed: Member) -> By:
    """As the audit names a planner: their name is kept where it goes when they do."""
    return By(signed.who, signed.who)


def _prices(request: Request) -> Prices:
    runtime: NotifyRuntime = request.app.state.runtime
    return runtime.settings.prices
