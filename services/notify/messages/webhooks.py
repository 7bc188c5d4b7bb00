"""Reports of providers on texts that we sent.

Idempotent: a report may be sent again. A form that we do not understand is accepted too, because the provider
would only repeat it.
"""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends

from services.notify.channels.provider import Form, Webhooks
from services.notify.channels.providers import PROVIDERS
from services.notify.messages.commands import report
from shared.web.dependencies import Now, SessionDep


def routers() -> list[APIRouter]:
    """Return a router for each provider that has webhooks."""
    return [
        _router(provider.path, provider.webhooks())
        for provider in PROVIDERS
        if provider.path and provider.webhooks
    ]


def _router(path: str, webhooks: Webhooks) -> APIRouter:
    router = APIRouter(prefix=path)

    @router.post("/status/{attempt}", status_code=204)
    def status(attempt: UUID, session: SessionDep, now: Now, form: Form = Depends(webhooks.signed)) -> None:
        """Take a report on how a text fares. 404 for an attempt that is not ours.

        A report about another text than the attempt's changes nothing, and is answered as any other.
        """
        if told := webhooks.report(form):
            report(session, attempt, told, at=now)

    return router
