"""Gives other services the detail behind an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic_core import to_json
from sqlmodel import Session

from shared.events.details import D
from shared.runtime import Runtime
from shared.security.access import only
from shared.web.dependencies import RuntimeDep, SessionDep
from shared.web.schemas import Ids

Find = Callable[[Session, Runtime, Sequence[UUID]], Iterable[D]]


def answer_details(router: APIRouter, kind: type[D], find: Find[D]) -> None:
    """Add the route of this kind of detail, for the services that may ask. It leaves unknown ids out."""

    def answer(asked: Ids, session: SessionDep, runtime: RuntimeDep) -> Response:
        items = list(find(session, runtime, asked.ids))
        return Response(to_json({"items": items}, by_alias=True), media_type="application/json")

    router.add_api_route(
        kind.path,
        answer,
        methods=["POST"],
        dependencies=[Depends(only(*kind.callers))],
        include_in_schema=False,
    )
