from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, ConfigDict, PlainSerializer, StrictBool
from sqlmodel import Session

from shared import audit
from shared.database.paging import Slice
from shared.desk import looking
from shared.desk.access import desk_key
from shared.desk.actions import DeskActions
from shared.desk.commands import carry_out, carry_out_all
from shared.desk.items import Group, group_with_key, groups, item, open_items
from shared.errors import FieldError, Invalid, NotFound, Problem, RuleBroken
from shared.events.desk import Item, Outcome
from shared.security.keystore import ApiKey
from shared.security.service_tokens import Acting
from shared.web.dependencies import Now, SessionDep, SliceDep
from shared.web.schemas import ApiInput, ApiList, ApiModel, Utc

router = APIRouter()
# At each service also where the desk is, whose own routes list the items of all three.
in_groups = APIRouter()
# To the microsecond: it is compared with when an item came on the list.
Exact = Annotated[datetime, PlainSerializer(lambda at: at.astimezone(UTC).isoformat(), return_type=str)]
Key = Annotated[ApiKey, Depends(desk_key)]


class QuestionOut(ApiModel):
    """A member that an action takes: one of `choices`, own `words`, or a day up to today."""

    name: str
    choices: list[str]
    words: bool = False


class WorkItemOut(ApiModel):
    """`POST .../resolutions` takes one of `actions`; for those in `needs` it takes that member as well.

    For those in `asks` it takes each of these members too. `service` is the one in which it waits, and
    `group` the key of the group that it belongs to.
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
    group: str | None


class GroupOut(ApiModel):
    """Open items that belong together. `actions`: those that can be done with all of them at once.

    `until`: when the newest of them came; what comes later is not decided on. `askedAgain`: the actions that
    need `sure` beside them.
    """

    key: str
    kind: str
    reason: str
    number: int
    oldest: Utc
    until: Exact
    actions: list[str]
    asked_again: list[str]


class Resolution(ApiInput):
    """`action` is one of the item's actions; beside it comes what that action needs, such as `serviceId`."""

    model_config = ConfigDict(extra="allow")

    action: str

    def parameters(self) -> dict[str, str]:
        return {name: str(value) for name, value in (self.model_extra or {}).items()}


class ResolutionOfMany(ApiInput):
    """`until` is that of the group as you saw it. `sure`: you were asked again, and say yes."""

    action: str
    until: AwareDatetime
    sure: StrictBool = False


class CarriedOut(ApiModel):
    """`done`, `refused` because something had changed, and `left`: send it again for those."""

    done: int
    refused: int
    left: int


@router.get("/v1/work-items")
def list_work_items(
    request: Request,
    session: SessionDep,
    now: Now,
    key: Key,
    wanted: SliceDep,
    kind: str | None = None,
    group: str | None = None,
    alone: bool = False,
) -> ApiList[WorkItemOut]:
    """List what waits for a person: danger now before all else, then the oldest first.

    `group`: only what belongs to this group. `alone`: only what belongs to none.
    """
    return listed(request, session, key, wanted, now, kind=kind, group=group, alone=alone)


def listed(
    request: Request, session: Session, key: ApiKey, wanted: Slice, now: datetime, **which: Any
) -> ApiList[WorkItemOut]:
    """Return a page of the items of this service, and note that their words were read."""
    page = open_items(session, wanted, **which)
    if any(one.text for one in page):
        audit.record(session, acting_of(key).who, "reveal.words", "work-items", at=now, why="list")
        session.commit()
    state = request.app.state
    return ApiList.of(page.each(lambda one: out(state.runtime.service, looking.in_full(state.desk, one))))


@router.get("/v1/work-items/{item_id}")
def read_work_item(item_id: UUID, request: Request, session: SessionDep, now: Now, key: Key) -> WorkItemOut:
    """Return one item, also after it was resolved; `resolution` then says how."""
    state, found = request.app.state, item(session, item_id)
    if found.text:
        looking.note_reading(session, found, acting_of(key), now)
    return out(state.runtime.service, looking.in_full(state.desk, found))


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


@in_groups.get("/v1/work-item-groups")
def list_groups(request: Request, session: SessionDep, key: Key, wanted: SliceDep) -> ApiList[GroupOut]:
    """List the groups of items that belong together: danger now first, then those that wait longest."""
    return ApiList.of(groups(session, wanted).each(partial(_group, request.app.state.desk)))


@in_groups.post("/v1/work-item-groups/{group}/resolutions")
def resolve_group(
    group: str,
    resolution: ResolutionOfMany,
    request: Request,
    session: SessionDep,
    now: Now,
    key: Key,
) -> CarriedOut:
    """Do what the person decided with all items of the group that they saw, 500 at most.

    Responds with 409 where people may be in danger and `sure` is not there yet.
    """
    if group_with_key(session, group) is None:
        raise NotFound("There is no such group on this list.")
    desk, at = request.app.state.desk, resolution.until
    carried = carry_out_all(
        session,
        desk,
        group,
        resolution.action,
        at,
        at=now,
        by=key.name,
        who=acting_of(key).who,
        sure=resolution.sure,
    )
    return CarriedOut.from_row(carried)


def _group(desk: DeskActions, found: Group) -> GroupOut:
    kind = desk.kind(found.kind)
    return GroupOut(
        key=found.key,
        kind=found.kind,
        reason=found.reason,
        number=found.number,
        oldest=found.oldest,
        until=found.newest,
        actions=list(kind.for_many),
        asked_again=list(kind.asked_again),
    )


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
            action: [
                QuestionOut(name=asked.name, choices=list(asked.choices), words=asked.words)
                for asked in questions
            ]
            for action, questions in one.asks.items()
        },
        group=one.group,
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
