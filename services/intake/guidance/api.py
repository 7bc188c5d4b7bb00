from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from services.intake.guidance.articles import Article
from services.intake.guidance.finding import Wanted, found, sliced
from services.intake.guidance.reader import shelf_of, words_of_pages
from shared.errors import FieldError, Invalid
from shared.languages import DEFAULT, is_language
from shared.security.access import open_to_all
from shared.vocabulary import Audience, Stage, is_need
from shared.web.dependencies import Now, SessionDep, SliceDep
from shared.web.schemas import ApiList, ApiModel

router = APIRouter()


class GuidanceOut(ApiModel):
    """A page of guidance: its address is in the language of the list. `checkedOn` is a date."""

    slug: str
    title: str
    summary: str
    url: str
    checked_on: str


@router.get("/v1/guidance", dependencies=[Depends(open_to_all)])
def list_guidance(
    request: Request,
    session: SessionDep,
    now: Now,
    wanted: SliceDep,
    audience: Annotated[Audience | None, Query()] = None,
    stage: Annotated[Stage | None, Query()] = None,
    need: Annotated[str | None, Query(max_length=40)] = None,
    language: Annotated[str, Query(max_length=10)] = DEFAULT,
    q: Annotated[str, Query(max_length=200)] = "",
) -> ApiList[GuidanceOut]:
    """List pages of guidance by title, or those that answer `q`, the best first.

    `need` finds pages about needs below it as well.
    """
    _check(need, language)
    shelf = shelf_of(request)
    chosen = Wanted(language, audience, stage, need, q)
    pages = found(session, shelf, words_of_pages(request), chosen, at=now).pages
    base = request.app.state.runtime.settings.public_url("intake")
    return ApiList.of(sliced(pages, wanted).each(lambda one: _out(one, base)))


def _check(need: str | None, language: str) -> None:
    """Raises Invalid with both at once."""
    wrong: Sequence[tuple[str, bool]] = (
        ("need", need is not None and not is_need(need)),
        ("language", not is_language(language)),
    )
    if errors := [FieldError("", name, f"{name}-unknown", location="query") for name, bad in wrong if bad]:
        raise Invalid(errors)


def _out(page: Article, base: str) -> GuidanceOut:
    return GuidanceOut(
        slug=page.slug,
        title=page.title,
        summary=page.in_short,
        url=f"{base}/guidance/{page.slug}?lang={page.language}",
        checked_on=page.checked_on.isoformat(),
    )
