from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.intake.erasures import commands
from services.intake.erasures.schemas import ErasureIn, ErasureOut
from services.intake.erasures.tables import Erasure
from shared.errors import NotFound, Problem
from shared.peers import PeerUnavailable
from shared.security.access import requires
from shared.security.keystore import ApiKey, Scope
from shared.web.dependencies import Now, RuntimeDep, SessionDep

router = APIRouter()
Desk = Annotated[ApiKey, Depends(requires(Scope.DESK))]


@router.post("/v1/erasures", status_code=202)
def erase(
    asked: ErasureIn, session: SessionDep, runtime: RuntimeDep, now: Now, key: Desk, response: Response
) -> ErasureOut:
    """Erase a person everywhere, by reference, number or address. Idempotent.

    Responds with 503 while another service is away: send it again. Texts at the provider follow.
    """
    try:
        known, who = asked.known(), f"key:{key.id}"
        done = commands.carry_out(session, known, runtime.peers.erase, at=now, by=key.name, who=who)
    except PeerUnavailable:
        raise Problem(
            503,
            "not-everywhere-yet",
            "Not erased everywhere yet",
            "A part of the system does not answer. What was erased stays so; please send this again.",
            headers={"Retry-After": "30"},
        ) from None
    response.headers["Location"] = f"/v1/erasures/{done.id}"
    return ErasureOut.of(done)


@router.get("/v1/erasures/{erasure_id}")
def read_erasure(erasure_id: UUID, session: SessionDep, key: Desk) -> ErasureOut:
    """Return what went, for as long as the journal of erasures is kept."""
    erasure = session.get(Erasure, erasure_id)
    if erasure is None:
        raise NotFound("There is no such erasure.")
    return ErasureOut.of(erasure)
