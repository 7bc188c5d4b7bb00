"""The routes by which intake, which has the desk, asks about work items and the audit here, and has items
dealt with."""

from __future__ import annotations

from collections.abc import Callable
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
    AskItem,
    AskLines,
    AskPage,
    AskShow,
)
from shared.security.access import in_name_of
from shared.security.service_tokens import Acting
from shared.web.dependencies import Now, SessionDep

Q = TypeVar("Q", bound=Ask)
router = APIRouter(include_in_schema=False)


def _answer(kind: type[Q], do: Callable[..., Any]) -> None:
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


_answer(AskLines, looking.lines)
_answer(AskItem, looking.found)
_answer(AskPage, looking.page)
_answer(AskShow, looking.show)
_answer(AskAct, looking.act)
_answer(AskActOnAll, looking.act_on_all)
_answer(AskAudit, auditing.entries)
