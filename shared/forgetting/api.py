"""Lets another service of ours ask that a person be erased here too."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from shared.events.erasure import CALLERS, PATH, Whom
from shared.forgetting.erasing import Counts, Eraser, erase
from shared.security.access import only
from shared.web.dependencies import Now, SessionDep


def router(eraser: Eraser) -> APIRouter:
    made = APIRouter(include_in_schema=False, dependencies=[Depends(only(*CALLERS))])

    @made.post(PATH)
    def erase_here(whom: Whom, session: SessionDep, now: Now) -> Counts:
        """Erase, and answer how many of what. Of a dry run nothing stays."""
        counts = erase(session, eraser, whom, at=now)
        if whom.dry_run:
            session.rollback()
        else:
            session.commit()
        return counts

    return made
