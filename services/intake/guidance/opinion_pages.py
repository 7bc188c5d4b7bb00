"""Whether a page was of use, as readers say at its foot. Nothing is kept of who it was."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.intake.guidance import commands
from services.intake.guidance.pages import FORM, page_shown
from services.intake.guidance.reader import opened, shelf_of
from services.intake.guidance.rules import Standing
from shared.errors import NotFound
from shared.security.access import open_to_all
from shared.web import forms, pages
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.forms import Mistake

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all)])
LONGEST = 1_000
ANSWERS = {"yes": True, "no": False}


@router.post("/guidance/{slug}/useful")
def say(slug: str, request: Request, session: SessionDep, now: Now, form: FormDep) -> Response:
    """Keep what somebody says of a page, and show the page with thanks."""
    forms.check(form.get("form", ""), FORM)
    shelf = shelf_of(request)
    found = opened(request, shelf, slug, now)
    if found.standing is Standing.GONE:
        raise NotFound("There is no page with this name.")
    useful, words = form.get("useful", ""), form.get("words", "").replace("\r\n", "\n").strip()
    wrong = {"useful": useful not in ANSWERS, "words": len(words) > LONGEST}
    if any(wrong.values()):
        said = pages.texts().to_a_child if found.page.is_for_children else pages.texts().text
        sentences = {
            "useful": said(found.reader, "guidance.useful-missing"),
            "words": said(found.reader, "guidance.words-too-long", most=LONGEST),
        }
        mistakes = [Mistake(name, sentences[name]) for name, is_wrong in wrong.items() if is_wrong]
        return page_shown(request, shelf, found, filled=form, mistakes=mistakes)
    commands.say(session, found.page, useful=ANSWERS[useful], words=words, sent=form["form"], at=now)
    keeps = f"lang={found.keeps}&" if found.keeps else ""
    return RedirectResponse(f"/guidance/{found.page.slug}?{keeps}thanks=yes", status_code=303)
