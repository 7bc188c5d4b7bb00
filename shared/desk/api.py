from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import ConfigDict

from shared.desk.access import desk_key
from shared.desk.actions import DeskActions
from shared.desk.commands import settle
from shared.desk.items import WorkItem, open_items
from shared.security.keystore import ApiKey
from shared.web.dependencies import Now, SessionDep
from shared.web.schemas import ApiList, ApiModel, Utc

router = APIRouter()


class WorkItemOut(ApiModel):
    """`actions` are what `POST .../resolutions` takes; those in `needs` want that member as well."""

    id: UUID
    kind: str
    reason: str
    subject_id: UUID
    details: dict[str, Any]
    text: str | None
    opened_at: Utc
    actions: list[str]
    needs: dict[str, str]


class Resolution(ApiModel):
    """`action` is one of the item's actions; beside it stands what that action needs, such as `serviceId`."""

    model_config = ConfigDict(extra="allow")

    action: str

    def parameters(self) -> dict[str, str]:
        return {name: str(value) for name, value in (self.model_extra or {}).items()}


@router.get("/v1/work-items")
def list_work_items(
    request: Request,
    session: SessionDep,
    key: Annotated[ApiKey, Depends(desk_key)],
    kind: str | None = None,
) -> ApiList[WorkItemOut]:
    """What waits here for a person, the longest first."""
    return ApiList(items=[_out(request.app.state.desk, item) for item in open_items(session, kind=kind)])


@router.post("/v1/work-items/{item_id}/resolutions", status_code=201)
def resolve_work_item(
    item_id: UUID,
    resolution: Resolution,
    request: Request,
    session: SessionDep,
    now: Now,
    key: Annotated[ApiKey, Depends(desk_key)],
) -> dict[str, str]:
    """Do what the person decided; the second time answers 409."""
    settle(
        session,
        request.app.state.desk,
        item_id,
        resolution.action,
        resolution.parameters(),
        at=now,
        by=key.name,
    )
    return {"id": str(item_id), "action": resolution.action}


def _out(desk: DeskActions, item: WorkItem) -> WorkItemOut:
    kind = desk.kind(item.kind)
    return WorkItemOut(
        id=item.id,
        kind=item.kind,
        reason=item.reason,
        subject_id=item.subject_id,
        details=item.details,
        text=item.text,
        opened_at=item.opened_at,
        actions=list(kind.actions),
        needs=dict(kind.parameter),
    )
