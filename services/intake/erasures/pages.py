"""Erasing whoever asks for it, at the desk: first what there is, then whether that is what is meant.

`erasures/ask.html` has: `typed`, `problem`. `erasures/preview.html`: `typed`, `counts` (words, number),
`problem`. `erasures/done.html`: `counts`. What somebody is known by stands on a page, and in no address but
their reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.desk import commands_search
from services.intake.erasures import commands
from services.intake.erasures.rules import Known, kind_of, known_by
from services.intake.erasures.tables import Erasure
from services.intake.staff.access import staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.errors import Invalid, NotFound, TooMany
from shared.peers import PeerUnavailable
from shared.web import forms, pages, sentences
from shared.web.dependencies import FormDep, Now, RuntimeDep, SessionDep
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
# Who answers for it, and proved lately that it is they: what is erased does not come back.
Senior = Annotated[Signed, Depends(staff(Role.SENIOR, stepped_up=True))]
LONGEST = 320


@router.get("/desk/erase")
def ask(request: Request, signed: Senior) -> Response:
    """Ask who is to be erased."""
    return _ask(request, signed)


@router.get("/desk/erase/{reference}")
def ask_about(reference: str, request: Request, signed: Senior) -> Response:
    """Ask whether it is the person of this reference who is to be erased."""
    return _ask(request, signed, reference[:LONGEST])


@router.post("/desk/erase")
def preview(
    request: Request, session: SessionDep, runtime: RuntimeDep, now: Now, signed: Senior, form: FormDep
) -> Response:
    """Show how many of what would go. Nothing is changed."""
    check_form(form.get("form", ""), signed)
    typed = form.get("who", "").strip()
    return _carried(request, session, runtime, signed, now, typed, dry_run=True)


@router.post("/desk/erase/carried")
def carry_out(
    request: Request, session: SessionDep, runtime: RuntimeDep, now: Now, signed: Senior, form: FormDep
) -> Response:
    """Erase the person everywhere, once somebody is sure of it. Again is harmless."""
    check_form(form.get("form", ""), signed)
    typed, is_sure = form.get("who", "").strip(), form.get("sure") == "yes"
    return _carried(request, session, runtime, signed, now, typed, dry_run=not is_sure, again=not is_sure)


@router.get("/desk/erased/{erasure_id}")
def done(erasure_id: UUID, request: Request, session: SessionDep, signed: Senior) -> Response:
    """Show how many of what went."""
    erasure = session.get(Erasure, erasure_id)
    if erasure is None:
        raise NotFound("There is no such erasure.")
    context = {"counts": _in_words(request, erasure.counts)}
    return framed(request, "erasures/done.html", signed, context)


def _carried(
    request: Request,
    session: Session,
    runtime: Any,
    signed: Signed,
    now: datetime,
    typed: str,
    *,
    dry_run: bool,
    again: bool = False,
) -> Response:
    try:
        known = _known(typed)
        who = f"staff:{signed.id}"
        if dry_run:
            commands_search.bound(session, signed, at=now)
        elsewhere = runtime.peers.erase
        carried = commands.carry_out(session, known, elsewhere, at=now, by=who, who=who, dry_run=dry_run)
    except Invalid as problem:
        return _ask(request, signed, typed, _sentence(request, problem), 400)
    except NotFound:
        return _ask(request, signed, typed, _text(request, "erase.nobody"), 404)
    except TooMany:
        return _ask(request, signed, typed, _text(request, "desk-search.too-many"), 429)
    except PeerUnavailable:
        key = "erase.not-everywhere" if not dry_run else "erase.cannot-look"
        return _ask(request, signed, typed, _text(request, key), 503)
    if not dry_run:
        return forms.see_other(request, f"/desk/erased/{carried.id}")
    context = {
        "typed": typed,
        "counts": _in_words(request, carried.counts),
        "problem": _text(request, "erase.not-sure") if again else "",
    }
    return framed(request, "erasures/preview.html", signed, context, status=400 if again else 200)


def _known(typed: str) -> Known:
    """Raises Invalid."""
    return known_by(kind_of(typed), typed[:LONGEST])


def _ask(request: Request, signed: Signed, typed: str = "", problem: str = "", status: int = 200) -> Response:
    context = {"typed": typed, "problem": problem}
    return framed(request, "erasures/ask.html", signed, context, status=status)


def _in_words(request: Request, counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return how many of what, in words; what there is none of is left out."""
    texts, language = pages.texts(), negotiate(request)
    return [
        (texts.text(language, f"erased.{kind}") if texts.has(f"erased.{kind}") else kind, number)
        for kind, number in sorted(counts.items())
        if number
    ]


def _sentence(request: Request, problem: Invalid) -> str:
    code = problem.errors[0].code
    key = f"erase.{code}"
    if pages.texts().has(key):
        return _text(request, key)
    return sentences.sentence(code, negotiate(request))


def _text(request: Request, key: str) -> str:
    return pages.texts().text(negotiate(request), key)
