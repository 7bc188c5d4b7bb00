from __future__ import annotations

from fastapi import APIRouter, Depends

from services.notify.channels.access import postbus_reader
from services.notify.channels.port import ChannelName
from services.notify.channels.postbus import newest
from shared.web.dependencies import SessionDep, SliceDep
from shared.web.schemas import ApiList, ApiModel, Utc

router = APIRouter()


class PostedOut(ApiModel):
    """A message that would have been sent. `subject` is null for an SMS."""

    to: str
    channel: ChannelName
    subject: str | None
    text: str
    sent_at: Utc


@router.get("/v1/postbus", dependencies=[Depends(postbus_reader)])
def postbus(session: SessionDep, wanted: SliceDep) -> ApiList[PostedOut]:
    """List what would have been sent if there were a provider, the newest first. Local mode only."""
    return ApiList.of(newest(session, wanted).each(PostedOut.from_row))
