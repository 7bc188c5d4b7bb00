"""What providers tell us of a text that we sent.

A report is answered at once and can be sent again. A form that we do not understand is answered too: the
provider would only repeat it.
"""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends

from services.notify.channels.provider import Form, Webhooks
from services.notify.channels.providers import PROVIDERS
from services.notify.messages.commands import report
from shared.web.dependencies import Now, SessionDep


def routers() -> list[APIRouter]:
    """One for each provider that reports."""
    return [_router(one.path, one.webhooks()) for one in PROVIDERS if one.path and one.webhooks]


def _router(path: str, webhooks: Webhooks) -> APIRouter:
    router = APIRouter(prefix=path)

    @router.post("/status/{attempt}", status_code=204)
    def status(attempt: UUID, session: SessionDep, now: Now, form: Form = Depends(webhooks.signed)) -> None:
        """How a text fares. 404 for an attempt that is not ours."""
        if told := webhooks.report(form):
            report(session, attempt, told.sid, told.status, told.error_code, at=now)

    return router
