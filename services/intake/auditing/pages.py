"""Who did what to which record, when and why, in all three services: for the auditor alone.

`auditing/list.html` gets `lines` (of Said), `sought`, `people` (id and name), `kinds`, `wrong` (a sentence by
field), `away` (services), `onward` and `file` (addresses).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.auditing import rules
from services.intake.auditing.rules import KINDS, Line, Read, Sought
from services.intake.desk import queries as people
from services.intake.desk.pages import away
from services.intake.desk.showing import desk_of
from services.intake.requests import queries as requests
from services.intake.requests.references import tidy_reference
from services.intake.staff.access import staff
from services.intake.staff.framing import framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.events.auditing import MOST_ENTRIES, Entries
from shared.events.services import SERVICES
from shared.web import pages
from shared.web.dependencies import Now, SessionDep
from shared.web.languages import negotiate
from shared.web.spreadsheets import harmless

router = APIRouter(include_in_schema=False)
Auditor = Annotated[Signed, Depends(staff(Role.AUDITOR))]
# A whole file leaves the house: only for somebody who proved lately that it is they.
AuditorAgain = Annotated[Signed, Depends(staff(Role.AUDITOR, stepped_up=True, back="/desk/audit"))]
ON_A_PAGE = 100
COLUMNS = ("at", "service", "who", "name", "deed", "about", "why")
STAFF = re.compile(r"staff:([0-9a-f-]{36})")


@dataclass(frozen=True)
class Said:
    """An entry in words: `who` is a name where there is one, `record` leads to all about the same record."""

    line: Line
    who: str
    what: str
    service: str
    record: str


@router.get("/desk/audit")
def entries(request: Request, session: SessionDep, now: Now, signed: Auditor) -> Response:
    """Show the newest entries that were asked for; that somebody looked is an entry as well."""
    sought = Sought.of(request.query_params)
    wanted = _wanted(session, sought, request.query_params.get("cursor", ""), ON_A_PAGE)
    names, language = people.names(session), negotiate(request)
    session.commit()  # the others may be slow, and no transaction may wait for them
    answers: dict[str, Entries | None] = {}
    if not wanted.wrong:
        answers = desk_of(request, signed, now).ask_all(SERVICES, wanted.asked, Entries)
    lines, more = rules.together(answers, ON_A_PAGE)
    filled = sought.filled | _language(request)
    context = {
        "lines": [_said(one, names, language) for one in lines],
        "sought": sought,
        "people": sorted(names.items(), key=lambda pair: pair[1].lower()),
        "kinds": KINDS,
        "wrong": {name: _text(language, code) for name, code in wanted.wrong.items()},
        "away": [name for name, one in answers.items() if one is None],
        "onward": _link(filled | {"cursor": rules.mark_of(lines[-1].entry)}) if more and lines else "",
        "file": f"/desk/audit.csv?{urlencode(sought.filled)}",
    }
    return framed(request, "auditing/list.html", signed, context, status=400 if wanted.wrong else 200)


@router.get("/desk/audit.csv")
def as_file(request: Request, session: SessionDep, now: Now, signed: AuditorAgain) -> Response:
    """Return what was asked for, the newest ten thousand of it; nothing at all while a service is away."""
    sought = Sought.of(request.query_params)
    wanted = _wanted(session, sought, "", MOST_ENTRIES)
    names = people.names(session)
    session.commit()
    if wanted.wrong:
        return entries(request, session, now, signed)
    asked = wanted.asked.model_copy(update={"as_file": True})
    answers = desk_of(request, signed, now).ask_all(SERVICES, asked, Entries)
    if missing := next((name for name, one in answers.items() if one is None), None):
        return away(request, signed, missing)
    lines, _ = rules.together(answers, MOST_ENTRIES)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"}
    return Response(_csv(lines, names), media_type="text/csv; charset=utf-8", headers=headers)


def _wanted(session: Session, sought: Sought, mark: str, limit: int) -> Read:
    return rules.read(sought, _record(session, sought.record), mark, limit=limit)


def _record(session: Session, written: str) -> UUID | None:
    """Return the id of a record: as it was written, or that of the advice request with this reference."""
    reference = tidy_reference(written)
    found = requests.by_reference(session, reference) if reference else None
    return found.id if found else rules.uuid_of(written.rpartition(":")[2])


def _said(line: Line, names: Mapping[UUID, str], language: str) -> Said:
    entry = line.entry
    record = entry.about.rpartition(":")[2]
    return Said(
        line,
        _name(line, names, language),
        _text(language, f"deed-{entry.deed}", entry.deed),
        _text(language, f"service-{line.service}", line.service),
        record if rules.uuid_of(record) else "",
    )


def _name(line: Line, names: Mapping[UUID, str], language: str) -> str:
    """Return what somebody is called: a person who works here, a key, or a code that is nobody's."""
    who = line.entry.who
    if match := STAFF.fullmatch(who):
        return names.get(UUID(match[1]), who)
    kind, _, id = who.partition(":")
    return _text(language, f"who-{kind}", who, name=line.entry.called or id)


def _text(language: str, key: str, otherwise: str = "", **values: str) -> str:
    key = f"auditing.{key}"
    return pages.texts().text(language, key, **values) if pages.texts().has(key) else otherwise


def _language(request: Request) -> dict[str, str]:
    asked = request.query_params.get("lang", "")
    return {"lang": asked} if asked else {}


def _link(params: Mapping[str, str]) -> str:
    return f"/desk/audit?{urlencode(params)}"


def _csv(lines: Iterable[Line], names: Mapping[UUID, str]) -> str:
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    for line in lines:
        one = line.entry
        match = STAFF.fullmatch(one.who)
        name = names.get(UUID(match[1]), "") if match else one.called
        at = one.at.isoformat()
        rows.writerow(map(harmless, (at, line.service, one.who, name, one.deed, one.about, one.why)))
    return written.getvalue()
