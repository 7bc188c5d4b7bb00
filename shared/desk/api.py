from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict
from sqlmodel import Session

from shared import audit
from shared.database.paging import Slice
from shared.desk import looking
from shared.desk.access import desk_key
from shared.desk.commands import carry_out
from shared.desk.items import item, open_items
from shared.errors import FieldError, Invalid, Problem, RuleBroken
from shared.events.desk import Item, Outcome
from shared.security.keystore import ApiKey
from shared.security.service_tokens import Acting
from shared.web.dependencies import Now, SessionDep, SliceDep
from shared.web.schemas import ApiInput, ApiList, ApiModel, Utc

router = APIRouter()
Key = Annotated[ApiKey, Depends(desk_key)]


class QuestionOut(ApiModel):
    """A member that an action takes: one of `choices`, or a day up to today where there are none."""

    name: str
    choices: list[str]


class WorkItemOut(ApiModel):
    """`POST .../resolutions` takes one of `actions`; for those in `needs` it takes that member as well.

    For those in `asks` it takes each of these members too. `service` is the one in which it waits.
    """

    id: UUID
    service: str
    kind: str
    reason: str
    subject_id: UUID
    details: dict[str, Any]
    text: str | None
    opened_at: Utc
    due_at: Utc | None
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
    request: Request, session: SessionDep, now: Now, key: Key, wanted: SliceDep, kind: str | None = None
) -> ApiList[WorkItemOut]:
    """List what waits for a person: danger now before all else, then the oldest first."""
    return listed(request, session, key, wanted, kind, now)


def listed(
    request: Request, session: Session, key: ApiKey, wanted: Slice, kind: str | None, now: Now
) -> ApiList[WorkItemOut]:
    """Return a page of the items of this service, and note that their words were read."""
    page = open_items(session, wanted, kind=kind)
    if any(one.text for one in page):
        audit.record(session, acting_of(key).who, "reveal.words", "work-items", at=now, why="list")
        session.commit()
    state = request.app.state
    return ApiList.of(page.each(lambda one: out(state.runtime.service, looking.in_full(state.desk, one))))


@router.get("/v1/work-items/{item_id}")
def read_work_item(item_id: UUID, request: Request, session: SessionDep, key: Key) -> WorkItemOut:
    """Return one item, also after it was resolved; `resolution` then says how."""
    state = request.app.state
    return out(state.runtime.service, looking.in_full(state.desk, item(session, item_id)))


@router.post("/v1/work-items/{item_id}/resolutions", status_code=201)
def resolve_work_item(
    item_id: UUID,
    resolution: Resolution,
    request: Request,
    session: SessionDep,
    now: Now,
    key: Key,
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
        who=acting_of(key).who,
    )
    response.headers["Location"] = f"/v1/work-items/{item_id}"
    return {"id": str(item_id), "action": resolution.action}


def acting_of(key: ApiKey) -> Acting:
    """Return in whose name a program asks: its key's."""
    return Acting(f"key:{key.id}", key.name)


def out(service: str, one: Item) -> WorkItemOut:
    """Return an item of a service as programs read it."""
    return WorkItemOut(
        id=one.id,
        service=service,
        kind=one.kind,
        reason=one.reason,
        subject_id=one.subject_id,
        details=dict(one.details),
        text=one.text,
        opened_at=one.opened_at,
        due_at=one.due_at,
        resolved_at=one.resolved_at,
        resolution=one.resolution,
        actions=list(one.actions),
        needs=dict(one.needs),
        asks={
            action: [QuestionOut(name=asked.name, choices=list(asked.choices)) for asked in questions]
            for action, questions in one.asks.items()
        },
    )


def refuse(outcome: Outcome) -> None:
    """Raise what a service refused. Does nothing if it did what was asked."""
    if outcome.is_done:
        return
    if outcome.slug == "rule-broken":
        raise RuleBroken(outcome.detail)
    if outcome.mistakes:
        raise Invalid(
            [
                FieldError(one.pointer, one.field, one.code, one.detail, values=one.values)
                for one in outcome.mistakes
            ]
        )
    raise Problem(outcome.status, outcome.slug, "It cannot be done", outcome.detail)
