"""What intake asks while somebody at the desk types to a family."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.notify.wording.own import check
from shared.events.desk import CALLERS, AskWording
from shared.security.access import in_name_of
from shared.security.service_tokens import Acting

router = APIRouter(include_in_schema=False)


@router.post(AskWording.path)
def check_wording(asked: AskWording, acting: Annotated[Acting, Depends(in_name_of(*CALLERS))]) -> Response:
    """Say what is wrong with somebody's own words; nothing of them is kept."""
    said = check(asked.text, asked.channel, asked.language)
    return Response(said.model_dump_json(by_alias=True), media_type="application/json")
