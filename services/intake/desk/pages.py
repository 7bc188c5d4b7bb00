"""The list of all that is to be done, in all services, and what is left of it today.

The templates and their variables (besides what every page of people who work here has):

- `desk/list.html`: `rows` (of Said), `total`, `open` (with those in bundles), `dangers` and `overdue` (how
  many), `bundles` (service, Bundle; `bundles_total` of them, `groups.before`, `groups.onward`), `wanted`,
  `services`, `away` (services), `more` (those with more than is shown), `kinds` and `spoken` (code, words),
  `before` and `onward` (addresses)
- `desk/today.html`: `today`, `rows`, `bundles` as on the list, `away`, `more`, `before`, `onward`,
  `closing`, `at` (now)
- `desk/group.html`: `service`, `key`, `bundle`, `rows`, `before`, `onward`, `until`, `actions`, `carried`,
  `again` (the action that is asked a second time, with the number it is for, or None)
- `desk/away.html`: `service`, `acted`, `item_id`

All but the last also get `why`, `decision` and `value`: codes in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated, Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.desk import queries, rules, sights
from services.intake.desk.asking import known
from services.intake.desk.rules import OPENING
from services.intake.desk.showing import desk_of, kind_in_words, said, words_of
from services.intake.desk.sights import Sight, Wanted
from services.intake.staff.access import staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.countries import DEFAULT
from shared.desk.api import refuse
from shared.errors import Forbidden, NotFound
from shared.events.desk import AT_MOST, AskActOnAll, AskLines, Bundle, Carried, Lines
from shared.events.services import SERVICES
from shared.languages import language_in
from shared.peers import PeerUnavailable
from shared.web import forms, pages
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.languages import negotiate

T = TypeVar("T")
router = APIRouter(include_in_schema=False)
AtDesk = Annotated[Signed, Depends(staff(Role.ADVISER, Role.SENIOR))]
ON_A_PAGE = 100
ASK_AGAIN = "ask-again"
PLACE = ZoneInfo(DEFAULT.zone)


@dataclass(frozen=True)
class Gathered:
    """What all services said; `away` did not answer, and of `more` there is more than is shown."""

    found: list[Sight]
    bundles: list[tuple[str, Bundle]]
    away: list[str]
    more: list[str]
    came: int
    forms: Mapping[str, str]


def gather(
    request: Request,
    session: Session,
    signed: Signed,
    now: datetime,
    services: tuple[str, ...] = SERVICES,
    since: datetime | None = None,
) -> Gathered:
    """Ask each of these services once, side by side, and put what they say together."""
    asked = AskLines(since=since, in_table=True)
    answers = desk_of(request, signed, now).ask_all(services, asked, Lines)
    marks = queries.marks(session)
    there, found = {}, list[Sight]()
    for name, answer in answers.items():
        with suppress(ValueError):
            found += sights.sights(name, answer, marks[name], OPENING) if answer is not None else ()
            there[name] = answer
    told = [(name, one) for name, one in there.items() if one is not None]
    return Gathered(
        found,
        [(name, one) for name, answer in told for one in answer.bundles],
        [name for name in answers if there.get(name) is None],
        [name for name, answer in told if answer.total > AT_MOST or len(answer.bundles) == AT_MOST],
        sum(answer.came for _, answer in told),
        {form: text for _, answer in told for form, text in answer.reasons.items()},
    )


@router.get("/desk")
def work_list(request: Request, session: SessionDep, now: Now, signed: AtDesk) -> Response:
    """Show what is to be done: danger first, then what is overdue or due, then the oldest."""
    wanted, closing = Wanted.of(request.query_params), OPENING.closing(now)
    services = (wanted.service,) if known(wanted.service) else SERVICES
    found = gather(request, session, signed, now, services)
    ordered = sights.in_order(wanted.those(found.found, signed.id, now, closing), now, closing)
    language = negotiate(request)
    is_everything = wanted.whose != "mine" and wanted.when in ("now", "all") and not wanted.language
    bundles = _of_kind(found.bundles, wanted.kind) if is_everything else []
    context = _page_of(request, session, found, ordered, now) | {
        "total": len(ordered),
        "open": len(ordered) + sum(one.number for _, one in bundles),
        "dangers": sum(one.is_danger for one in ordered) + _in_danger(bundles),
        "overdue": sights.count_overdue(ordered, now),
        **_groups_of(request, bundles),
        "wanted": wanted,
        "services": [(one, pages.texts().text(language, f"one-desk.service-{one}")) for one in SERVICES],
        "kinds": _kinds(found, language),
        "spoken": _spoken(found.found, language),
    }
    return framed(request, "desk/list.html", signed, context)


def _page_of(
    request: Request, session: Session, found: Gathered, ordered: Sequence[Sight], now: datetime
) -> dict[str, Any]:
    """Return what a page shows of a list: those on it, in words, and where the others are."""
    language, names = negotiate(request), queries.names(session)
    shown, around = _part(request, ordered)
    return words_of(request, found.forms, names) | {
        "rows": [said(sights.row(one), language, found.forms, names, now) for one in shown],
        "away": found.away,
        "more": found.more,
        **around,
    }


def _groups_of(request: Request, bundles: Iterable[tuple[str, Bundle]]) -> dict[str, Any]:
    """Return the groups that this page shows, danger first, then the oldest, and where the others are."""
    ordered = sorted(bundles, key=lambda pair: (pair[1].reason != rules.DANGER_NOW, pair[1].oldest))
    shown, around = _part(request, ordered, "groups")
    return {"bundles": shown, "bundles_total": len(ordered), "groups": around}


def _part(request: Request, ordered: Sequence[T], name: str = "page") -> tuple[Sequence[T], dict[str, str]]:
    """Return the part that this page shows, and the addresses of the page before and of the next."""
    number = _page_number(request, name)
    is_more = number * ON_A_PAGE < len(ordered)
    around = {
        "before": _link(request, name, number - 1) if number > 1 else "",
        "onward": _link(request, name, number + 1) if is_more else "",
    }
    return ordered[(number - 1) * ON_A_PAGE : number * ON_A_PAGE], around


def _page_number(request: Request, name: str) -> int:
    written = request.query_params.get(name, "")
    return max(1, int(written)) if written.isascii() and written.isdigit() and len(written) < 6 else 1


def _link(request: Request, name: str, number: int) -> str:
    return f"{request.url.path}?{request.url.include_query_params(**{name: number}).query}"


def _in_danger(bundles: list[tuple[str, Bundle]]) -> int:
    return sum(one.number for _, one in bundles if one.reason == rules.DANGER_NOW)


def _of_kind(bundles: list[tuple[str, Bundle]], kind: str) -> list[tuple[str, Bundle]]:
    return [(service, one) for service, one in bundles if kind in ("", one.kind)]


def _kinds(found: Gathered, language: str) -> list[tuple[str, str]]:
    codes = sights.codes(found.found, sights.KIND) | {one.kind for _, one in found.bundles}
    return sorted(((code, kind_in_words(language, code)) for code in codes), key=lambda pair: pair[1])


def _spoken(found: Iterable[Sight], language: str) -> list[tuple[str, str]]:
    codes = sights.codes(found, sights.LANGUAGE)
    return sorted(((code, language_in(code, language)) for code in codes), key=lambda pair: pair[1])


@router.get("/desk/today")
def left_today(request: Request, session: SessionDep, now: Now, signed: AtDesk) -> Response:
    """Show what came today or is due by closing time and is not done: the oldest first, with how many."""
    began = datetime.combine(now.astimezone(PLACE).date(), time.min, PLACE)
    found, closing = gather(request, session, signed, now, since=began), OPENING.closing(now)
    today = sights.left_today(found.found, found.bundles, found.came, began, closing, OPENING)
    context = _page_of(request, session, found, today.left, now) | {
        **_groups_of(request, today.bundles),
        "today": today,
        "closing": closing,
        "at": now,
    }
    return framed(request, "desk/today.html", signed, context)


@router.get("/desk/groups/{service}/{key}")
def group_of_items(
    service: str, key: str, request: Request, session: SessionDep, now: Now, signed: AtDesk
) -> Response:
    """Show the items of a group, each with its own page, and what can be done with all of them at once."""
    return _group_page(request, session, service, key, signed, now)


@router.post("/desk/groups/{service}/{key}")
def decide_for_all(
    service: str, key: str, request: Request, session: SessionDep, now: Now, signed: AtDesk, form: FormDep
) -> Response:
    """Do what somebody decided with all items that they saw in this group, and show what is left.

    Where people may be in danger, ask once more before anything is done.
    """
    check_form(form.get("form", ""), signed)
    _must_be_known(service)
    until, action = _moment(form.get("until", "")), form.get("action", "")
    asked = AskActOnAll(group=key, action=action, until=until, sure=form.get("sure") == "yes")
    try:
        carried = desk_of(request, signed, now).ask(service, asked, Carried)
    except PeerUnavailable:
        return away(request, signed, service, acted=True)
    if carried.outcome is not None and carried.outcome.slug == ASK_AGAIN:
        again = {"action": action, "until": until.isoformat(), "number": carried.left}
        return _group_page(request, session, service, key, signed, now, again)
    if carried.outcome is not None:
        refuse(carried.outcome)
    told = f"done={carried.done}&refused={carried.refused}&left={carried.left}"
    return forms.see_other(request, f"/desk/groups/{service}/{key}?{told}")


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise Forbidden("This form is out of date. Open the page again and send it once more.") from None
    if moment.tzinfo is None:
        raise Forbidden("This form is out of date. Open the page again and send it once more.")
    return moment


def _group_page(
    request: Request,
    session: Session,
    service: str,
    key: str,
    signed: Signed,
    now: datetime,
    again: Mapping[str, Any] | None = None,
) -> Response:
    _must_be_known(service)
    desk = desk_of(request, signed, now)
    answer = desk.ask_all([service], AskLines(group=key), Lines)[service]
    if answer is None:
        return away(request, signed, service)
    bundle = next(iter(answer.bundles), None)
    names, language = queries.names(session), negotiate(request)
    lines, around = _part(request, answer.lines)
    rows = [rules.row(service, line, OPENING) for line in lines]
    context = words_of(request, answer.reasons, names) | {
        "service": service,
        "key": key,
        "bundle": bundle,
        "rows": [said(one, language, answer.reasons, names, now) for one in rows],
        # Whatever comes after what is shown now is not decided on.
        "until": bundle.newest.isoformat() if bundle else "",
        **around,
        "actions": answer.for_many,
        "carried": _carried(request.query_params),
        "again": again,
    }
    return framed(request, "desk/group.html", signed, context)


def _carried(params: Mapping[str, str]) -> Carried | None:
    """Return what became of the last press on this group, if there was one."""
    told = [params.get(name, "") for name in ("done", "refused", "left")]
    if not all(one.isascii() and one.isdigit() and len(one) < 6 for one in told):
        return None
    done, refused, left = map(int, told)
    return Carried(done=done, refused=refused, left=left)


def away(
    request: Request, signed: Signed, service: str, *, acted: bool = False, item_id: UUID | None = None
) -> Response:
    """Say that a service does not answer now, and so that it is not known whether something was done."""
    context: dict[str, Any] = {"service": service, "acted": acted, "item_id": item_id}
    return framed(request, "desk/away.html", signed, context, status=503)


def _must_be_known(service: str) -> None:
    if not known(service):
        raise NotFound("There is no such part of the desk.")
