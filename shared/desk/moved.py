"""Where the desk of this service was: there is one desk now, and it is intake's."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse

from shared.security.access import open_to_all

router = APIRouter(include_in_schema=False)


@router.get("/desk", dependencies=[Depends(open_to_all)])
@router.get("/desk/{rest:path}", dependencies=[Depends(open_to_all)])
def moved(request: Request) -> RedirectResponse:
    """Lead whoever kept the old address to the desk."""
    site = request.app.state.runtime.settings.public_url("intake")
    return RedirectResponse(f"{site}/desk", status_code=303)
