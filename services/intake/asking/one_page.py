"""The page of the version before, with all questions at once: who had it open loses nothing they typed.

The next version takes this away.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from services.intake.asking import browser, commands
from services.intake.asking.answers import Answers
from services.intake.asking.steps import BY_CODE, CHECK
from services.intake.requests.form import YES
from shared.security.access import open_to_all
from shared.web import forms
from shared.web.dependencies import Now, SessionDep
from shared.web.origin import origin

router = APIRouter(include_in_schema=False)
FORM = "public-form"
# More than any answer may hold, so that what is too long is still seen to be.
LONGEST = 4_001


@router.post("/", dependencies=[Depends(open_to_all)])
def take_over(
    request: Request, session: SessionDep, now: Now, posted: Annotated[Answers, Form()]
) -> Response:
    """Lead to the last look with everything that was typed, or to the step where something is missing."""
    if not forms.is_ours(posted.form, FORM):
        return forms.see_other(request, "/ask")
    answer = forms.see_other(request, f"/ask/{CHECK}")
    token = commands.begin(session, _answers(posted), origin=origin(request), at=now)
    browser.keep(request, answer, token)
    return answer


def _answers(posted: Answers) -> Answers:
    """Return what was typed as answers to the steps; safe times are for whom somebody must not find out."""
    typed = {name: value[:LONGEST] for name, value in posted.model_dump().items() if isinstance(value, str)}
    secret = YES if posted.safe_days else "no"
    steps = {"who": posted.audience, "secret": secret, "done": list(BY_CODE)}
    return posted.model_copy(update=typed | steps)
