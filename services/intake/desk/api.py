"""The work items of all services, for programs: by key of scope `desk`."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from itsdangerous import BadData, URLSafeSerializer
from pydantic import TypeAdapter

from services.intake.desk import allowed, queries
from services.intake.desk.asking import ME, Desk
from shared.crypto import derive_all
from shared.database.paging import BAD_CURSOR, Slice
from shared.desk.access import desk_key
from shared.desk.api import Resolution, WorkItemOut, acting_of, listed, out, refuse
from shared.desk.looking import position
from shared.errors import Conflict, Invalid, NotFound, Problem
from shared.events.desk import AskAct, AskItem, AskPage, Found, Item, Outcome, PageOf, Position
from shared.events.details import DeskCallDetail
from shared.events.services import SERVICES
from shared.languages import DEFAULT
from shared.peers import PeerUnavailable
from shared.security.keystore import ApiKey
from shared.web.dependencies import Now, SessionDep, SliceDep
from shared.web.details import answer_details
from shared.web.schemas import ApiList

router = APIRouter()
answer_details(
    router,
    DeskCallDetail,
    lambda session, runtime, ids: [
        DeskCallDetail(
            id=call.id,
            email=person.email,
            language=DEFAULT,
            url=f"{runtime.settings.public_url(ME)}/desk",
            waits=waits,
            phone=person.telephone,
        )
        for call, person, waits in queries.calls_by_ids(session, ids)
    ],
)
Key = Annotated[ApiKey, Depends(desk_key)]
Which = Literal["all", "intake", "referral", "notify"]
POSITIONS = TypeAdapter(dict[str, Position])


class WorkItems(ApiList[WorkItemOut]):
    """`away`: services that do not answer now; their items are not among these."""

    away: list[str] = []


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
    service: Which = "intake",
) -> WorkItems:
    """List what waits for a person, here or (`all`) in all services: danger now first, then the oldest.

    `group` (only what belongs to this group) and `alone` (only what belongs to none) are for what waits here.
    """
    if service == ME:
        page = listed(request, session, key, wanted, now, kind=kind, group=group, alone=alone)
        return WorkItems(items=page.items, total=page.total, next=page.next)
    services = SERVICES if service == "all" else (service,)
    return _of_several(_desk(request, key, now), services, wanted, kind)


def _of_several(desk: Desk, services: tuple[str, ...], wanted: Slice, kind: str | None) -> WorkItems:
    """Return the next items of several lists, as if they were one. Each goes on where it was left."""
    places = _read(wanted.cursor)
    pages: dict[str, PageOf | None] = {}
    for after in {places.get(name) for name in services}:
        same = [name for name in services if places.get(name) == after]
        pages |= desk.ask_all(same, AskPage(kind=kind, after=after, limit=wanted.limit + 1), PageOf)
    there = {name: page for name, page in pages.items() if page is not None}
    ordered = sorted(
        ((name, one) for name, page in there.items() for one in page.items), key=lambda pair: _place(pair[1])
    )
    taken = ordered[: wanted.limit]
    places |= {name: position(one) for name, one in taken}
    return WorkItems(
        items=[out(name, one) for name, one in taken],
        total=sum(page.total for page in there.values()),
        next=_written(places) if len(ordered) > len(taken) else None,
        away=[name for name in services if name not in there],
    )


def _place(one: Item) -> tuple[object, ...]:
    at = position(one)
    return at.calm, at.below, at.opened_at, at.id


@router.get("/v1/work-items/{item_id}")
def read_work_item(item_id: UUID, request: Request, now: Now, key: Key) -> WorkItemOut:
    """Return one item of any service, also after it was resolved; `resolution` then says how."""
    service, found = _find(_desk(request, key, now), item_id, read=True)
    return out(service, found)


@router.post("/v1/work-items/{item_id}/resolutions", status_code=201)
def resolve_work_item(
    item_id: UUID, resolution: Resolution, request: Request, now: Now, key: Key, response: Response
) -> dict[str, str]:
    """Do what the person decided, in whichever service. Responds with 409 if the item was resolved before."""
    desk = _desk(request, key, now)
    service, found = _find(desk, item_id)
    if resolution.action in found.actions:
        with request.app.state.runtime.sessions() as session:
            if resolution.action not in allowed.narrowed(session, found).actions:
                raise Conflict("This action is not there for this asker.", slug="not-for-this-asker")
    asked = AskAct(id=item_id, action=resolution.action, params=resolution.parameters())
    try:
        outcome = desk.ask(service, asked, Outcome)
    except PeerUnavailable:
        raise _away(service) from None
    refuse(outcome)
    response.headers["Location"] = f"/v1/work-items/{item_id}"
    return {"id": str(item_id), "action": resolution.action}


def _find(desk: Desk, item_id: UUID, *, read: bool = False) -> tuple[str, Item]:
    """Return the item and whose it is: here first, then the others side by side. Raises NotFound."""
    asked = AskItem(id=item_id, read=read)
    found = desk.ask(ME, asked, Found)
    if found.items:
        return ME, found.items[0]
    others = desk.ask_all([name for name in SERVICES if name != ME], asked, Found)
    for name, answer in others.items():
        if answer is not None and answer.items:
            return name, answer.items[0]
    for name, answer in others.items():
        if answer is None:
            raise _away(name)
    raise NotFound("There is no such item on this list.")


def _away(service: str) -> Problem:
    return Problem(
        503,
        "not-now",
        "A part does not answer",
        f"{service} does not answer now. Please ask again.",
        headers={"Retry-After": "30"},
    )


def _desk(request: Request, key: ApiKey, now: Now) -> Desk:
    return Desk(request.app.state.runtime, request.app.state.desk, acting_of(key), now)


def _read(cursor: str | None) -> dict[str, Position]:
    if cursor is None:
        return {}
    try:
        return POSITIONS.validate_python(_serializer().loads(cursor))
    except (BadData, ValueError):
        raise Invalid([BAD_CURSOR]) from None


def _written(places: dict[str, Position]) -> str:
    return str(_serializer().dumps(POSITIONS.dump_python(places, mode="json")))


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(derive_all("cursor")[::-1], salt="work-items-of-all")
