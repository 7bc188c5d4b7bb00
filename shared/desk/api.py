from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict

from shared.desk.access import desk_key
from shared.desk.actions import DeskActions
from shared.desk.commands import carry_out
from shared.desk.items import WorkItem, item, open_items
from shared.security.keystore import ApiKey
from shared.web.dependencies import Now, SessionDep, SliceDep
from shared.web.schemas import ApiInput, ApiList, ApiModel, Utc

router = APIRouter()


class QuestionOut(ApiModel):
    """A member that an action takes: one of `choices`, or a day up to today where there are none."""

    name: str
    choices: list[str]


class WorkItemOut(ApiModel):
    """`POST .../resolutions` takes one of `actions`; for those in `needs` it takes that member as well.

    For those in `asks` it takes each of these members too.
    """

    id: UUID
    kind: str
    reason: str
    subject_id: UUID
    details: dict[str, Any]
    text: str | None
    opened_at: Utc
    resolved_at: Utc | None
    resolution: str | None
    actions: list[str]
    needs: dict[str, str]
    asks: dict[str, list[QuestionOut]]


class Resolution(ApiInput):
    """`action` is one of the item's actions; beside it comes what that action needs, such as `serviceId`."""

    model_config = ConfigDict(extra="allow")

    action: str

    def parameters(self) -> dict[str, str]:
        return {name: str(value) for name, value in (self.model_extra or {}).items()}


@router.get("/v1/work-items")
def list_work_items(
    request: Request,
    session: SessionDep,
    key: Annotated[ApiKey, Depends(desk_key)],
    wanted: SliceDep,
    kind: str | None = None,
) -> ApiList[WorkItemOut]:
    """List what waits for a person: danger now before all else, then the oldest first."""
    page = open_items(session, wanted, kind=kind)
    return ApiList.of(page.each(partial(_out, request.app.state.desk)))


@router.get("/v1/work-items/{item_id}")
def read_work_item(
    item_id: UUID, request: Request, session: SessionDep, key: Annotated[ApiKey, Depends(desk_key)]
) -> WorkItemOut:
    """Return one item, also after it was resolved; `resolution` then says how."""
    return _out(request.app.state.desk, item(session, item_id))


@router.post("/v1/work-items/{item_id}/resolutions", status_code=201)
def resolve_work_item(
    item_id: UUID,
    resolution: Resolution,
    request: Request,
    session: SessionDep,
    now: Now,
    key: Annotated[ApiKey, Depends(desk_key)],
    response: Response,
) -> dict[str, str]:
    """Do what the person decided. Responds with 409 if the item was resolved before."""
    carry_out(
        session,
        request.app.state.desk,
        item_id,
        resolution.action,
        resolution.parameters(),
        at=now,
        by=key.name,
    )
    response.headers["Location"] = f"/v1/work-items/{item_id}"
    return {"id": str(item_id), "action": resolution.action}


def _out(desk: DeskActions, row: WorkItem) -> WorkItemOut:
    kind = desk.kind(row.kind)
    return WorkItemOut(
        id=row.id,
        kind=row.kind,
        reason=row.reason,
        subject_id=row.subject_id,
        details=row.details,
        text=row.text,
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        resolution=row.resolution,
        actions=list(kind.actions),
        needs=dict(kind.parameter),
        asks={
            action: [QuestionOut(name=one.name, choices=list(one.choices)) for one in questions]
            for action, questions in kind.asks.items()
        },
    )
