"""The desk in a browser: sign in with a key, see what waits and why, and decide.

The templates and their variables (besides `t`, `language` and what every page has):

- `desk/sign_in.html`: `mistakes`
- `desk/list.html`: `name`, `form_token`, `service`, `page` (of WorkItem), `groups` (of Group), `danger`
  (the reason of those in danger now)
- `desk/group.html`: `name`, `form_token`, `service`, `group`, `page` (of WorkItem), `until`, `actions` (those
  for many), `carried` (what became of the last one, or None), `again` (the action that is asked a second
  time, with the number it is for, or None)
- `desk/item.html`: `name`, `form_token`, `service`, `item`, `view` (facts, choices), `asker` (facts about
  the asker, held by another service), `actions` (in order), `needs` (action to parameter name), `asks`
  (action to its questions), `said` (what was sent and refused), `problem` (a sentence, or None)
- `desk/done.html`: `name`, `form_token`, `service`, `item`, `action`

All but the first also get `why`, `decision` and `value`: codes in words (`shared.desk.words`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from shared import ceilings
from shared.crypto import blind_index
from shared.database.paging import FIRST, Slice
from shared.desk import words
from shared.desk.access import LIFE, cookie, desk_session, sign_in, sign_out
from shared.desk.commands import AskAgain, Carried, carry_out, carry_out_all
from shared.desk.items import DANGER_NOW, group_with_key, groups, item, items_of_group, open_items
from shared.errors import Forbidden, Invalid, Problem, RuleBroken, Unauthorized
from shared.security.access import open_to_all
from shared.web import forms, pages, sentences
from shared.web.dependencies import FormDep, Now, SessionDep, SliceDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate
from shared.web.origin import UNKNOWN, origin

router = APIRouter(include_in_schema=False)

FORM = "desk"
TRIES, TRIES_WINDOW = 10, 600
SURE = "yes"
AtDesk = Annotated[str, Depends(desk_session)]


@router.get("/desk/sign-in", dependencies=[Depends(open_to_all)])
def sign_in_page(request: Request) -> Response:
    return pages.render(request, "desk/sign_in.html", {"mistakes": []})


@router.post("/desk/sign-in", dependencies=[Depends(open_to_all)])
def sign_in_form(
    request: Request, session: SessionDep, now: Now, key: Annotated[str, Form()] = ""
) -> Response:
    """Sign in. A right key always passes, whoever tried wrong ones before from the same place."""
    try:
        token = sign_in(session, key, at=now)
    except (Unauthorized, Forbidden) as refusal:
        _count_wrong_key(session, origin(request), at=now)
        return pages.render(
            request, "desk/sign_in.html", _key_refused(request, refusal), status=refusal.status
        )
    answer = forms.see_other(request, "/desk")
    kept = cookie(request)
    answer.set_cookie(
        kept.name,
        token,
        max_age=int(LIFE.total_seconds()),
        path=kept.path,
        secure=kept.secure,
        httponly=True,
        samesite="strict",
    )
    return answer


def _count_wrong_key(session: Session, origin: str, *, at: datetime) -> None:
    """Count a wrong key for this origin; an unknown origin is nobody's. Commits. Raises TooMany.

    Ten in ten minutes are enough for typing errors.
    """
    if origin != UNKNOWN:
        bucket = f"desk-sign-in:{blind_index('origin', origin).hex()}"
        ceilings.count(session, bucket, TRIES_WINDOW, TRIES, at)
        session.commit()


def _key_refused(request: Request, refusal: Unauthorized | Forbidden) -> dict[str, Any]:
    code = "key-unknown" if isinstance(refusal, Unauthorized) else "key-not-for-desk"
    return {"mistakes": [Mistake("key", pages.texts().text(negotiate(request), f"desk.{code}"))]}


@router.post("/desk/sign-out")
def sign_out_form(
    request: Request, session: SessionDep, name: AtDesk, form: Annotated[str, Form()] = ""
) -> Response:
    forms.check(form, FORM, request.state.desk_token)
    sign_out(session, request.state.desk_token)
    answer = forms.see_other(request, "/desk/sign-in")
    kept = cookie(request)
    answer.delete_cookie(kept.name, path=kept.path, secure=kept.secure, httponly=True, samesite="strict")
    return answer


@router.get("/desk")
def work_list(request: Request, session: SessionDep, wanted: SliceDep, name: AtDesk) -> Response:
    """Show what waits: danger on top, also what is grouped of it, then the oldest; below them the groups.

    Each group is one line, and on every page: at most a hundred, the others as these are dealt with.
    """
    context = {
        "page": open_items(session, wanted, alone=True),
        "groups": groups(session),
        "danger": DANGER_NOW,
    }
    return pages.render(request, "desk/list.html", _context(request, name) | context)


@router.get("/desk/groups/{key}")
def group_of_items(
    key: str, request: Request, session: SessionDep, wanted: SliceDep, now: Now, name: AtDesk
) -> Response:
    """Show the items of a group, each with its own page, and what can be done with all of them at once."""
    return _group_page(request, session, key, wanted, name)


@router.post("/desk/groups/{key}")
def decide_for_all(
    key: str, request: Request, session: SessionDep, now: Now, name: AtDesk, form: FormDep
) -> Response:
    """Do what the desk decided with all items that it saw in this group, and show what is left.

    Where people may be in danger, ask once more before anything is done.
    """
    forms.check(form.get("form", ""), FORM, request.state.desk_token)
    desk, action, until = request.app.state.desk, form.get("action", ""), _moment(form.get("until", ""))
    sure = form.get("sure") == SURE
    try:
        carried = carry_out_all(session, desk, key, action, until, at=now, by=name, sure=sure)
    except AskAgain as question:
        again = {"action": action, "number": question.number, "until": until.isoformat()}
        return _group_page(request, session, key, FIRST, name, again=again)
    return _group_page(request, session, key, FIRST, name, carried)


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
    key: str,
    wanted: Slice,
    name: str,
    carried: Carried | None = None,
    again: Mapping[str, Any] | None = None,
) -> Response:
    page, group = items_of_group(session, key, wanted), group_with_key(session, key)
    context = {
        "group": group,
        "page": page,
        # Whatever comes after what is shown now is not decided on.
        "until": group.newest.isoformat() if group else "",
        "actions": request.app.state.desk.kind(group.kind).for_many if group else [],
        "carried": carried,
        "again": again,
    }
    return pages.render(request, "desk/group.html", _context(request, name) | context)


@router.get("/desk/items/{item_id}")
def work_item(item_id: UUID, request: Request, session: SessionDep, name: AtDesk) -> Response:
    return _item_page(request, session, item_id, name)


@router.post("/desk/items/{item_id}")
def decide(
    item_id: UUID, request: Request, session: SessionDep, now: Now, name: AtDesk, form: FormDep
) -> Response:
    """Do what the desk decided; if that fails, the item's page says why and the item stays on the list."""
    forms.check(form.pop("form", ""), FORM, request.state.desk_token)
    action = form.pop("action", "")
    try:
        done = carry_out(session, request.app.state.desk, item_id, action, form, at=now, by=name)
    except (Problem, RuleBroken) as refusal:
        session.rollback()
        problem, status = _refused(request, refusal)
        return _item_page(request, session, item_id, name, problem, status, {"action": action} | form)
    return pages.render(request, "desk/done.html", _context(request, name) | {"item": done, "action": action})


def _refused(request: Request, refusal: Problem | RuleBroken) -> tuple[str, int]:
    """Return why it failed, in the reader's language if the catalogue has the reason, and the HTTP status."""
    if isinstance(refusal, RuleBroken):
        code, sentence, status = "rule-broken", str(refusal), 409
    elif isinstance(refusal, Invalid):
        code, status = refusal.errors[0].code, refusal.status
        error, language = refusal.errors[0], negotiate(request)
        sentence = error.detail or sentences.sentence(code, language, values=error.values)
    else:
        code, sentence, status = refusal.slug, refusal.detail, refusal.status
    key = f"desk-problem.{code}"
    return (pages.texts().text(negotiate(request), key) if pages.texts().has(key) else sentence), status


def _item_page(
    request: Request,
    session: Session,
    item_id: UUID,
    name: str,
    problem: str | None = None,
    status: int = 200,
    said: Mapping[str, str] | None = None,
) -> Response:
    shown = item(session, item_id)
    kind = request.app.state.desk.kind(shown.kind)
    view = kind.describe(session, shown, negotiate(request))
    session.commit()  # the service asked below may be slow, and no transaction may wait for it
    context = _context(request, name) | {
        "item": shown,
        "view": view,
        "asker": view.elsewhere() if view.elsewhere else [],
        "actions": list(kind.actions_of(shown)),
        "needs": kind.parameter,
        "asks": kind.asks,
        "said": said or {},
        "problem": problem,
    }
    return pages.render(request, "desk/item.html", context, status=status)


def _context(request: Request, name: str) -> dict[str, Any]:
    language, reasons = negotiate(request), request.app.state.desk.reasons
    return {
        "why": partial(words.reason, language, forms=reasons),
        "decision": partial(words.decision, language),
        "value": partial(words.value, language, forms=reasons),
        "name": name,
        "service": request.app.state.runtime.service,
        "form_token": forms.new_token(FORM, request.state.desk_token),
    }
