from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.notify.messages import queries
from services.notify.messages.schemas import MessageOut
from shared.security.access import requires
from shared.web.dependencies import SessionDep, SliceDep
from shared.web.schemas import ApiList

router = APIRouter()
READ = [Depends(requires("messages:read"))]


@router.get("/v1/messages", dependencies=READ)
def list_messages(
    session: SessionDep, wanted: SliceDep, cause_id: Annotated[UUID, Query(alias="causeId")]
) -> ApiList[MessageOut]:
    """List the messages about an advice request, referral, registration or offer, in the order they are due.

    An id that no message is about gives an empty list.
    """
    return ApiList.of(queries.about(session, cause_id, wanted).each(MessageOut.of))


@router.get("/v1/messages/{message_id}", dependencies=READ)
def read_message(message_id: UUID, session: SessionDep) -> MessageOut:
    return MessageOut.of(queries.one(session, message_id))
