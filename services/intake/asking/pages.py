"""The pages on which a question is asked, one thing at a time. None of them needs JavaScript.

No address has anything in it of what is asked, nor whose it is: a cookie leads back to it, in this browser
alone. What ends here, by sending, leaving or waiting for two hours, shows nothing to whoever goes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session

from services.intake.asking import browser, commands, queries, receipt, steps
from services.intake.asking.answers import Answers
from services.intake.asking.choices import choices, prisons
from services.intake.asking.saying import saying
from services.intake.asking.steps import BEGIN, BY_CODE, CHECK
from services.intake.asking.summary import answered, who_sees
from services.intake.asking.tables import Asking
from services.intake.guidance import nearby
from services.intake.guidance.reader import shelf_of
from services.intake.guidance.rules import HelpLine, all_urgent_help, urgent_help
from services.intake.requests import queries as requests
from services.intake.requests.commands import SentForm
from services.intake.requests.references import return_code
from shared.contact.phones import is_good_in_both
from shared.countries import COUNTRIES
from shared.errors import NotFound, TooMany
from shared.languages import FOR_FAMILIES, LANGUAGES
from shared.security.access import open_to_all
from shared.vocabulary import Audience
from shared.web import forms, pages
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import ONLY_FAMILIES, asked_for, negotiate
from shared.web.origin import origin
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all)])
FORM, OUT = "asking", "https://www.buienradar.nl/"
Posted = Annotated[Answers, Form()]


@router.get("/ask")
def begin_page(request: Request, session: SessionDep, now: Now) -> Response:
    """Show the first step, with what was answered there before in this browser."""
    draft = _unsent(request, session, now)
    filled = queries.answers_of(draft) if draft else Answers()
    return _step(request, BEGIN, filled, _token(draft, now), goes_on="who" in filled.done)


@router.post("/ask")
def begin(request: Request, session: SessionDep, now: Now, posted: Posted) -> Response:
    """Begin a question in this browser, or go on with the one that is there."""
    draft, language = _unsent(request, session, now), negotiate(request)
    of_this = draft is not None and forms.is_ours(posted.form, FORM, str(draft.id))
    token, fields = _token(draft, now), BY_CODE[BEGIN].fields(posted)
    given = queries.answers_of(draft) if draft else Answers()
    filled = given.taken(BEGIN, fields, posted)
    if not (of_this or forms.is_ours(posted.form, FORM)):
        stale = Mistake("danger", sentence("form-stale", language))
        return _step(request, BEGIN, filled, token, [stale], 400)
    if posted.switch:
        return _step(request, BEGIN, filled, token)
    if mistakes := steps.mistakes(filled, BY_CODE[BEGIN], language):
        return _step(request, BEGIN, filled, token, mistakes, 400)
    return _begun(request, session, draft, filled, posted, now)


def _begun(
    request: Request, session: Session, draft: Asking | None, filled: Answers, posted: Answers, now: Any
) -> Response:
    """Keep the first step, in a question of its own if there is none yet in this browser, and lead on."""
    fields, path = BY_CODE[BEGIN].fields(filled), _path(steps.after(filled, BEGIN, negotiate(request)))
    answer = forms.see_other(request, path)
    kept = draft and commands.answer(session, browser.token_of(request), BEGIN, fields, posted, at=now)
    if not kept:
        try:
            token = commands.begin(session, filled, origin=origin(request), at=now)
        except TooMany as refusal:
            return pages.render(request, "asking/busy.html", {}, status=429, headers=refusal.headers)
        browser.keep(request, answer, token)
    return answer


@router.post("/ask/anew")
def anew(request: Request, session: SessionDep, now: Now, posted: Posted) -> Response:
    """Let go of what was answered in this browser, and begin again."""
    draft = _unsent(request, session, now)
    if draft is not None and forms.is_ours(posted.form, FORM, str(draft.id)):
        commands.leave(session, browser.token_of(request), at=now)
    answer = forms.see_other(request, "/ask")
    browser.drop(request, answer)
    return answer


@router.get("/ask/leave")
def leave(request: Request, session: SessionDep, now: Now) -> Response:
    """Let go of what was typed, and lead out of the site. It works by a link, so without JavaScript too."""
    commands.leave(session, browser.token_of(request), at=now)
    page = f'<!doctype html><title>.</title><a href="{OUT}" rel="noreferrer">.</a>'
    answer = HTMLResponse(page, headers={"Refresh": f"0; url={OUT}"})
    browser.drop(request, answer)
    return answer


@router.get("/ask/check")
def check_page(request: Request, session: SessionDep, now: Now) -> Response:
    draft = _unsent(request, session, now)
    if draft is None:
        return _ended(request, session, now)
    filled = queries.answers_of(draft)
    if (first := steps.leads_to(filled, CHECK, negotiate(request))) != CHECK:
        return forms.see_other(request, _path(first))
    return _check(request, draft, filled, now)


@router.post("/ask/check")
def send(request: Request, session: SessionDep, now: Now, posted: Posted) -> Response:
    """Take the question in and show its receipt. A second press shows the same one, for ten minutes."""
    draft = queries.of_browser(session, browser.token_of(request), at=now)
    if draft is None or not forms.is_ours(posted.form, FORM, str(draft.id)):
        return _ended(request, session, now)
    if draft.request_id is not None:
        return _received(request, session, draft.request_id, _told_in(request, posted))
    filled, language = queries.answers_of(draft), negotiate(request)
    if (first := steps.leads_to(filled, CHECK, language)) != CHECK:
        return forms.see_other(request, _path(first))
    examined, mistakes = steps.examine(filled, language, store=posted.store)
    if posted.switch or examined is None:
        return _check(request, draft, filled, now, [] if posted.switch else mistakes)
    sent = SentForm(f"asking:{draft.id}", origin(request), draft.began_at, language)
    done = commands.send(session, draft, examined, sent, at=now)
    typed = is_good_in_both(examined.body.contact.phone or "")
    number = examined.reach.phone if typed else None
    return _received(request, session, done.id, _told_in(request, posted), number)


@router.get("/ask/{step}")
def step_page(step: str, request: Request, session: SessionDep, now: Now) -> Response:
    """Show a step with what was answered there, or the one that has to be answered first."""
    _known(step)
    draft = _unsent(request, session, now)
    if draft is None:
        return _ended(request, session, now)
    filled = queries.answers_of(draft)
    if (first := steps.leads_to(filled, step, negotiate(request))) != step:
        return forms.see_other(request, _path(first))
    return _step(request, step, filled, _token(draft, now))


@router.post("/ask/{step}")
def answer(step: str, request: Request, session: SessionDep, now: Now, posted: Posted) -> Response:
    """Keep the answers of one step and lead to the next, or show it again with what to correct.

    A change of language only shows it again, with what was typed.
    """
    _known(step)
    draft, language = _unsent(request, session, now), negotiate(request)
    if draft is None or not forms.is_ours(posted.form, FORM, str(draft.id)):
        return _ended(request, session, now)
    given, posted = queries.answers_of(draft), posted.switched(language) if posted.switch else posted
    fields = BY_CODE[step].fields(given)
    filled = given.taken(step, fields, posted)
    mistakes = [] if posted.switch else steps.mistakes(filled, BY_CODE[step], language)
    if mistakes or posted.switch:
        return _step(request, step, filled, posted.form, mistakes, 400 if mistakes else 200)
    kept = commands.answer(session, browser.token_of(request), step, fields, posted, at=now)
    if kept is None:
        return _ended(request, session, now)
    return forms.see_other(request, _path(steps.after(kept, step, language)))


def _known(step: str) -> None:
    """Raise NotFound for a step that there is not; the first one has an address of its own."""
    if step not in BY_CODE or step == BEGIN:
        raise NotFound("There is no such step.")


def _path(step: str) -> str:
    return "/ask" if step == BEGIN else f"/ask/{step}"


def _unsent(request: Request, session: Session, now: Any) -> Asking | None:
    """Return the question that is being filled in in this browser."""
    draft = queries.of_browser(session, browser.token_of(request), at=now)
    return draft if draft is not None and draft.answers is not None else None


def _token(draft: Asking | None, now: Any) -> str:
    return forms.new_token(FORM, str(draft.id) if draft else "", at=now)


def _step(
    request: Request,
    step: str,
    filled: Answers,
    token: str,
    mistakes: list[Mistake] | None = None,
    status: int = 200,
    **more: Any,
) -> Response:
    """Show a step as it was filled in, with what is to be corrected."""
    language = negotiate(request)
    at, of = steps.place(filled, step)
    context = {
        "step": step,
        "action": _path(step),
        "filled": filled,
        "token": token,
        "mistakes": mistakes or [],
        "fields": steps.BY_CODE[step].fields(filled),
        "choices": choices(filled, language),
        "wanted": asked_for(request) or language,
        "at": at,
        "of": of,
        "goes_on": False,
        "near": [],
        **_beside(request, step, filled, language),
        **more,
    }
    return _render(request, "asking/step.html", filled, context, status)


def _beside(request: Request, step: str, filled: Answers, language: str) -> Mapping[str, Any]:
    """Return what stands beside the question of a step: whom to call, what to read, where prisons are."""
    if step == BEGIN:
        return _whom_to_call(language) | _not_in_their_own(request)
    if step == "child":
        return {"lines": {one: _for_children(one, language) for one in COUNTRIES}}
    if step == "words":
        shelf, now = shelf_of(request), request.app.state.runtime.clock.now()
        return {"near": nearby.near(shelf, filled.audience, filled.needs, language, now)}
    return {"prisons": prisons(filled.country, language)} if step == "parent" else {}


def _whom_to_call(language: str) -> dict[str, Any]:
    """Return whom to call in danger: what is the same in every country once, and then each country's own."""
    urgent = {one: urgent_help(one, language=language) for one in COUNTRIES}
    first, *others = urgent.values()
    everywhere = [line for line in first if all(line in lines for lines in others)]
    own = {one: [line for line in lines if line not in everywhere] for one, lines in urgent.items()}
    return {"everywhere": everywhere, "urgent": own}


def _not_in_their_own(request: Request) -> dict[str, Any]:
    """Return what is said, in their own language, to whoever reads one in which the steps are not there."""
    asked = asked_for(request)
    if asked not in ONLY_FAMILIES:
        return {"own": None}
    return {"own": LANGUAGES[asked], "not_in_own": pages.texts().text(asked, "asking.not-in-own")}


def _for_children(country: str, language: str) -> list[HelpLine]:
    lines = all_urgent_help(country, language)
    return [one for one in lines if one.audience == (Audience.CHILD,)]


def _check(
    request: Request, draft: Asking, filled: Answers, now: Any, mistakes: list[Mistake] | None = None
) -> Response:
    """Show all answers, where each can be changed, who will see them, and what is sent where."""
    language = negotiate(request)
    at, of = steps.place(filled, CHECK)
    context = {
        "step": CHECK,
        "action": _path(CHECK),
        "token": _token(draft, now),
        "mistakes": mistakes or [],
        "answered": answered(filled, language, saying(filled, language)),
        "sees": who_sees(filled),
        "told_in": _own_language(filled),
        "at": at,
        "of": of,
    }
    return _render(request, "asking/check.html", filled, context, 400 if mistakes else 200)


def _own_language(given: Answers) -> str:
    """Return the language of whoever will read the receipt, where the steps are not there in it."""
    return given.language if given.language in ONLY_FAMILIES and not given.for_somebody_else else ""


def _told_in(request: Request, posted: Answers) -> str:
    """Return the language of the receipt: what happens next is told in it too, where we write to families."""
    wanted = posted.language or asked_for(request)
    return wanted if wanted in FOR_FAMILIES else negotiate(request)


def _received(
    request: Request, session: Session, request_id: Any, language: str, number: str | None = None
) -> Response:
    [row] = requests.by_ids(session, [request_id])
    context = receipt.shown(row, return_code(row.id), number=number)
    if language != negotiate(request):
        context |= {"link": lambda path: f"{path}?lang={language}"}
    page = pages.render(
        request,
        "requests/received.html",
        context,
        language=language,
        to_a_child=receipt.is_to_a_child(row),
    )
    moment = commands.PRESSED_AGAIN.total_seconds()
    browser.keep_a_moment(request, page, browser.token_of(request), moment)
    return page


def _ended(request: Request, session: Session, now: Any) -> Response:
    """Say that there is nothing here any more, or never was in this browser."""
    draft = queries.of_browser(session, browser.token_of(request), at=now)
    sent = draft is not None and draft.request_id is not None
    return pages.render(request, "asking/ended.html", {"sent": sent}, status=410)


def _render(
    request: Request, name: str, filled: Answers, context: Mapping[str, Any], status: int
) -> Response:
    told = {"say": saying(filled, negotiate(request)), **context}
    return pages.render(request, name, told, status=status, to_a_child=filled.is_child)
