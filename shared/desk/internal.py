"""The routes by which intake, which has the desk, asks about work items and the audit here, and has items
dealt with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from shared.desk import auditing, looking
from shared.events.auditing import AskAudit
from shared.events.desk import (
    CALLERS,
    Ask,
    AskAct,
    AskActOnAll,
    AskErased,
    AskItem,
    AskLines,
    AskLoud,
    AskPage,
    AskShow,
)
from shared.security.access import in_name_of
from shared.security.service_tokens import Acting
from shared.web.dependencies import Now, SessionDep

Q = TypeVar("Q", bound=Ask)


def answering(done: Mapping[Any, Callable[..., Any]]) -> APIRouter:
    """Return routes for what the desk asks: for intake alone, in the name of who works there."""
    own = APIRouter(include_in_schema=False)
    for kind, do in done.items():
        _answer(own, kind, do)
    return own


def _answer(router: APIRouter, kind: type[Q], do: Callable[..., Any]) -> None:
    def answer(
        asked: Q,
        request: Request,
        session: SessionDep,
        now: Now,
        acting: Annotated[Acting, Depends(in_name_of(*CALLERS))],
    ) -> Response:
        said = do(session, request.app.state.desk, asked, acting, now)
        return Response(said.model_dump_json(by_alias=True), media_type="application/json")

    answer.__annotations__["asked"] = kind
    router.add_api_route(kind.path, answer, methods=["POST"])


router = answering(
    {
        AskLines: looking.lines,
        AskLoud: looking.loud,
        AskErased: looking.erased,
        AskItem: looking.found,
        AskPage: looking.page,
        AskShow: looking.show,
        AskAct: looking.act,
        AskActOnAll: looking.act_on_all,
        AskAudit: auditing.entries,
    }
)
