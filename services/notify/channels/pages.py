from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.notify.channels.api import PostedOut, Reader
from services.notify.channels.postbus import looked, newest
from shared.web import pages
from shared.web.dependencies import Now, SessionDep, SliceDep

router = APIRouter(include_in_schema=False)


@router.get("/postbus")
def postbus(request: Request, session: SessionDep, now: Now, wanted: SliceDep, key: Reader) -> Response:
    """Show what would have been sent if there were a provider, the newest first. Local mode only."""
    page = newest(session, wanted).each(PostedOut.from_row)
    looked(session, key, at=now)
    return pages.render(request, "postbus/list.html", {"page": page})
