"""Calls for programs: a list without a number in it, and a call that is logged from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime, Field
from sqlmodel import Session, col, select

from services.intake.calls.commands import ring
from services.intake.calls.tables import Call, CallBack, CallState
from shared.database.paging import Order, Page, Slice, page_of
from shared.desk.access import desk_key
from shared.errors import NotFound
from shared.ids import new_id
from shared.security.keystore import ApiKey
from shared.web.dependencies import Now, SessionDep, SliceDep
from shared.web.schemas import ApiInput, ApiList, ApiModel, Utc

router = APIRouter()
NEWEST = Order("calls", [col(Call.at), col(Call.id)], descending=True)
Desk = Annotated[ApiKey, Depends(desk_key)]
# A moment from before calendars as we know them is none that a database knows.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
Code = Annotated[str, Field(min_length=1, max_length=100)]


class CallOut(ApiModel):
    """A call, and never who called. `callBackId`: somebody who is to be called back, or was."""

    id: UUID
    call_id: str | None
    at: Utc
    state: CallState
    call_back_id: UUID | None


class CallIn(ApiInput):
    """A call that rings: `callId` as the exchange names it, `from` in any notation, left out where hidden.

    `at`: when it rang, where that was before.
    """

    call_id: Code | None = Field(default=None, alias="callId")
    from_: Annotated[str, Field(max_length=100)] | None = Field(default=None, alias="from")
    to: Annotated[str, Field(max_length=100)] | None = None
    at: Annotated[AwareDatetime, Field(ge=EARLIEST)] | None = None


@router.get("/v1/calls")
def list_calls(session: SessionDep, wanted: SliceDep, key: Desk) -> ApiList[CallOut]:
    """List the calls, the newest first."""
    return ApiList.of(_calls(session, wanted))


@router.post("/v1/calls", status_code=201)
def log_call(call: CallIn, session: SessionDep, now: Now, key: Desk, response: Response) -> dict[str, str]:
    """Note that a call rings. The same `callId` again is the same call."""
    made = ring(session, call.call_id or str(new_id()), call.from_, call.to, min(call.at or now, now))
    response.headers["Location"] = f"/v1/calls/{made.id}"
    return {"id": str(made.id)}


@router.get("/v1/calls/{call_id}")
def read_call(call_id: UUID, session: SessionDep, key: Desk) -> CallOut:
    """Return one call."""
    found = session.execute(_with_call_back().where(col(Call.id) == call_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such call.")
    return _out(found)


def _calls(session: Session, wanted: Slice) -> Page[CallOut]:
    return page_of(session, _with_call_back(), NEWEST, wanted).each(_out)


def _with_call_back() -> Any:
    return select(Call, CallBack.id).outerjoin(CallBack, col(CallBack.of_call) == col(Call.id))


def _out(row: Any) -> CallOut:
    call, back = row[0], row[1]
    return CallOut(
        id=call.id, call_id=call.call_id, at=call.at, state=call.state, call_back_id=back or call.call_back_id
    )
