"""The hours of the telephone and its closures, for whoever sets them.

`hours/hours.html` gets `weeks` (country, and of each weekday its name and what is written), `closures`,
`closure` (what was filled in), `spoken` (languages of the reasons), `told` (what people are told now) and
`by_shifts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.hours import commands, queries, rules
from services.intake.hours.rules import Part
from services.intake.hours.telling import HoursTold
from services.intake.staff.access import staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.countries import COUNTRIES, DEFAULT
from shared.errors import NotFound
from shared.languages import FOR_PAGES, language_name, weekday
from shared.web import forms
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False)
PATH = "/desk/hours"
Keeper = Annotated[Signed, Depends(staff(Role.SUPERVISOR, Role.OPERATOR, back=PATH))]
LONGEST_WHY, LONGEST_DAY = 200, 100


@router.get(PATH)
def hours_page(request: Request, session: SessionDep, signed: Keeper, now: Now) -> Response:
    return _page(request, session, signed, now)


@router.post(f"{PATH}/closures")
def close(request: Request, session: SessionDep, signed: Keeper, now: Now, sent: FormDep) -> Response:
    """Close the desk for a time."""
    check_form(sent.get("form", ""), signed)
    country = sent.get("country") if sent.get("country") in COUNTRIES else None
    first, opens, last, closes = (
        sent.get(name, "") for name in ("from_day", "from_time", "until_day", "until_time")
    )
    span = rules.span_of(first, opens, last, closes, country or DEFAULT.code)
    code = "closure-span" if span is None else "closure-over" if span.ends <= now else None
    if span is None or code:
        mistake = Mistake("from_day", sentence(code or "closure-span", negotiate(request)))
        return _page(request, session, signed, now, mistakes=[mistake], filled=sent)
    commands.close(session, country, span, _why(sent), signed, at=now)
    return _done(request)


@router.post(f"{PATH}/closures/{{closure_id}}/taken-back")
def open_after_all(
    closure_id: UUID, request: Request, session: SessionDep, signed: Keeper, now: Now, sent: FormDep
) -> Response:
    check_form(sent.get("form", ""), signed)
    commands.open_after_all(session, closure_id, signed, at=now)
    return _done(request)


@router.post(f"{PATH}/{{country}}")
def set_hours(
    country: str, request: Request, session: SessionDep, signed: Keeper, now: Now, sent: FormDep
) -> Response:
    """Set the week of a country."""
    check_form(sent.get("form", ""), signed)
    if country not in COUNTRIES:
        raise NotFound("There is no such country here.")
    parts, mistakes = _week(country, sent, negotiate(request))
    if mistakes:
        return _page(request, session, signed, now, mistakes=mistakes, filled=sent)
    commands.set_hours(session, country, parts, signed, at=now)
    return _done(request)


def _week(country: str, sent: Mapping[str, str], language: str) -> tuple[list[Part], list[Mistake]]:
    parts: list[Part] = []
    mistakes: list[Mistake] = []
    for day in range(7):
        field = f"{country}-{day}"
        read = rules.read_day(day, sent.get(field, "")[:LONGEST_DAY])
        code = "hours-period" if read is None else "hours-overlap" if rules.overlap(read) else None
        parts += read or []
        if code:
            mistakes.append(Mistake(field, sentence(code, language, values={"day": weekday(day, language)})))
    if not parts and not mistakes:
        mistakes.append(Mistake(f"{country}-0", sentence("hours-none", language)))
    return parts, mistakes


def _why(sent: Mapping[str, str]) -> dict[str, str]:
    said = {language: sent.get(f"why-{language}", "").strip()[:LONGEST_WHY] for language in FOR_PAGES}
    return {language: words for language, words in said.items() if words}


def _done(request: Request) -> Response:
    told: HoursTold = request.app.state.hours_told
    told.forget()
    return forms.see_other(request, PATH)


def _page(
    request: Request,
    session: Session,
    signed: Signed,
    now: datetime,
    *,
    mistakes: list[Mistake] | None = None,
    filled: Mapping[str, str] | None = None,
) -> Response:
    language, filled = negotiate(request), filled or {}
    kept = {country: queries.parts(session, country) for country in COUNTRIES}
    context: dict[str, Any] = {
        "weeks": [
            (country, [_day(country, day, kept[country], filled, language) for day in range(7)])
            for country in COUNTRIES
        ],
        "closures": queries.closures(session, now),
        "filled": filled,
        "spoken": [(code, language_name(code)) for code in FOR_PAGES],
        "told": request.app.state.hours_told.lines(request, language),
        "by_shifts": request.app.state.runtime.settings.hours_by_shifts,
        "mistakes": mistakes or [],
    }
    return framed(request, "hours/hours.html", signed, context, status=400 if mistakes else 200)


def _day(
    country: str, day: int, parts: Any, filled: Mapping[str, str], language: str
) -> tuple[str, str, str]:
    field = f"{country}-{day}"
    return field, weekday(day, language), filled.get(field, rules.write_day(parts, day))
