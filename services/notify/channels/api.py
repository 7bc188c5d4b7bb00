from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from services.notify.channels.access import postbus_reader
from services.notify.channels.port import ChannelName
from services.notify.channels.postbus import looked, newest
from shared.security.keystore import ApiKey
from shared.web.dependencies import Now, SessionDep, SliceDep
from shared.web.schemas import ApiList, ApiModel, Utc

router = APIRouter()
Reader = Annotated[ApiKey | None, Depends(postbus_reader)]


class PostedOut(ApiModel):
    """A message that would have been sent. `subject` is null for an SMS."""

    to: str
    channel: ChannelName
    subject: str | None
    text: str
    sent_at: Utc


@router.get("/v1/postbus")
def postbus(session: SessionDep, now: Now, wanted: SliceDep, key: Reader) -> ApiList[PostedOut]:
    """List what would have been sent if there were a provider, the newest first. Local mode only."""
    shown = newest(session, wanted).each(PostedOut.from_row)
    looked(session, key, at=now)
    return ApiList.of(shown)
