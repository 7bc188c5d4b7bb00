"""Texts to our number, as a provider passes them on.

Idempotent: a text may be sent again. A form that we do not understand is accepted too, because the provider
would only repeat it.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from services.notify.channels.provider import Form, Webhooks
from services.notify.channels.providers import PROVIDERS
from services.notify.replies.commands import receive
from shared.web.dependencies import Now, SessionDep


def routers() -> list[APIRouter]:
    """Return a router for each provider that passes texts on."""
    return [
        _router(provider.path, provider.webhooks())
        for provider in PROVIDERS
        if provider.path and provider.webhooks
    ]


def _router(path: str, webhooks: Webhooks) -> APIRouter:
    router = APIRouter(prefix=path)

    @router.post("/inbound")
    def inbound(session: SessionDep, now: Now, form: Form = Depends(webhooks.signed)) -> Response:
        """Take in a text. The response is empty: our answer, if any, is a message of its own."""
        if text := webhooks.inbound(form):
            receive(session, text, at=now)
        return Response(webhooks.answer, media_type=webhooks.media_type)

    return router
