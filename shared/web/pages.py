"""Pages: templates and texts of the shared folders and of every room that has some.

A room's templates are found under `templates/` and its texts under `texts/`. Every template is given `t` (a
text in the page's language), `link` (an address that keeps it), `language`, its `direction`, `languages`,
`weekday` (the name of `mon`, `tue`, ...), `request`, `here` (the path of the page), `status` (of the answer)
and `hours_lines` (what the service tells of the hours of its desk: sentences, none where it has no desk).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.contact.phones import in_full
from shared.countries import DEFAULT
from shared.errors import Problem
from shared.languages import FOR_PAGES, LANGUAGES, weekday
from shared.vocabulary import Weekday
from shared.web.languages import Catalogue, asked_for, catalogue, negotiate, offered

ROOT = Path(__file__).parents[2]
Refused = Callable[[Request, Problem], HTMLResponse | None]
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}


def render(
    request: Request,
    name: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    language: str | None = None,
    headers: Mapping[str, str] | None = None,
    to_a_child: bool = False,
) -> HTMLResponse:
    """Render the page in the language asked for, or in the one given. No cache may keep it.

    `to_a_child`: who reads it is a child, and is spoken to as one.
    """
    chosen = language or negotiate(request)
    shown = _context(request, chosen, to_a_child=to_a_child) | {"status": status} | dict(context)
    html = environment().get_template(name).render(shown)
    sent = HEADERS | {"Content-Language": chosen, "Vary": "Accept-Language"} | dict(headers or {})
    return HTMLResponse(html, status_code=status, headers=sent)


def prepare(*names: str) -> None:
    """Read what the first reader would wait for: the texts, these templates, and how a day is said."""
    texts()
    for name in names:
        environment().get_template(name)
    for language in FOR_PAGES:
        local_day(date.min, language)


def problem_page(request: Request, problem: Problem) -> HTMLResponse:
    """Render a refusal in words, in the reader's language if we have them for this kind.

    A service may have a frame of its own for some of its pages (`app.state.refused`).
    """
    own: Refused | None = getattr(request.app.state, "refused", None)
    if own and (answer := own(request, problem)) is not None:
        return answer
    key = f"problem.{problem.slug}"
    return render(
        request,
        "error.html",
        {"problem": problem, "key": key if texts().has(f"{key}.title") else "problem.other"},
        status=problem.status,
        headers=problem.headers,
    )


def keeping_language(request: Request, path: str) -> str:
    """Return an address of this site that keeps the language that was asked for, if any.

    Also through a page that is not there in it, for the way back to one that is.
    """
    if "lang" not in request.query_params:
        return path
    return f"{path}{'&' if '?' in path else '?'}lang={asked_for(request) or negotiate(request)}"


def local_time(moment: datetime, language: str, zone: str = DEFAULT.zone) -> str:
    """Return a moment on the wall clock of a zone, in words."""
    row = LANGUAGES[language]
    return format_datetime(moment.astimezone(ZoneInfo(zone)), row.moment, locale=row.locale)


def short_time(moment: datetime, language: str, now: datetime, zone: str = DEFAULT.zone) -> str:
    """Return a moment for a list: of today only the time, of another day which day as well."""
    there, today = moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    time = f"{there:%H:%M}"
    return time if there.date() == today else f"{short_day(there.date(), language)} {time}"


def local_span(begins: datetime, ends: datetime, language: str, zone: str = DEFAULT.zone) -> str:
    """Return from when until when, in words; of one day, the day is said once."""
    row, first, last = LANGUAGES[language], begins.astimezone(ZoneInfo(zone)), ends.astimezone(ZoneInfo(zone))
    if first.date() != last.date():
        return f"{local_time(begins, language, zone)} – {local_time(ends, language, zone)}"
    day = format_date(first.date(), "EEEE d MMMM y", locale=row.locale)
    return f"{day}, {first:%H:%M}–{last:%H:%M}"


def local_day(day: date, language: str) -> str:
    return format_date(day, "long", locale=LANGUAGES[language].locale)


@lru_cache(maxsize=4096)
def short_day(day: date, language: str) -> str:
    return format_date(day, "EEE d MMM", locale=LANGUAGES[language].locale)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the environment of all rooms; a name that a template lacks is an error, not a blank."""
    made = Environment(
        loader=FileSystemLoader(_folders("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["local_time"] = local_time
    made.filters["local_span"] = local_span
    made.filters["local_day"] = local_day
    made.filters["short_time"] = short_time
    made.filters["short_day"] = short_day
    made.filters["in_full"] = in_full
    made.filters["items_by_field"] = lambda mistakes: {one.field: one.sentence for one in mistakes}
    return made


@lru_cache(maxsize=1)
def texts() -> Catalogue:
    return catalogue(*_folders("texts"), *_folders("texts/families"))


@lru_cache(maxsize=4)
def _folders(kind: str) -> list[Path]:
    return [path for part in ("shared/*", "services/*/*") for path in sorted(ROOT.glob(f"{part}/{kind}"))]


def _context(request: Request, language: str, *, to_a_child: bool = False) -> dict[str, Any]:
    said = texts().to_a_child if to_a_child else texts().text

    def t(key: str, /, **values: object) -> str:
        return said(language, key, **values)

    def hours_lines() -> list[str]:
        told = getattr(request.app.state, "hours_told", None)
        return told.lines(request, language) if told else []

    def link(path: str) -> str:
        return keeping_language(request, path)

    def word(kind: str, code: str) -> str:
        """Return the word for a code of the desk, or the code itself if no catalogue has it."""
        key = f"desk-{kind}.{code}"
        return t(key) if texts().has(key) else code

    return {
        "t": t,
        "word": word,
        "link": link,
        "hours_lines": hours_lines,
        "weekday": lambda day: weekday(Weekday(day).number, language),
        "language": language,
        "direction": LANGUAGES[language].direction,
        "languages": [LANGUAGES[code] for code in offered(request)],
        "request": request,
        "here": request.url.path,
    }
