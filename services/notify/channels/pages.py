from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.notify.channels.access import postbus_reader
from services.notify.channels.postbus import newest
from shared.web import pages
from shared.web.dependencies import SessionDep, SliceDep

router = APIRouter(include_in_schema=False)


@router.get("/postbus", dependencies=[Depends(postbus_reader)])
def postbus(request: Request, session: SessionDep, wanted: SliceDep) -> Response:
    """Show what would have been sent if there were a provider, the newest first. Local mode only."""
    return pages.render(request, "postbus/list.html", {"page": newest(session, wanted)})
