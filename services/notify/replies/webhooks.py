"""What families text to our number, as a provider passes it on.

A text is answered at once and can be sent again. A form that we do not understand is answered too: the
provider would only repeat it.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from services.notify.channels.provider import Form, Webhooks
from services.notify.channels.providers import PROVIDERS
from services.notify.replies.commands import receive
from shared.web.dependencies import Now, SessionDep


def routers() -> list[APIRouter]:
    """One for each provider that passes texts on."""
    return [_router(one.path, one.webhooks()) for one in PROVIDERS if one.path and one.webhooks]


def _router(path: str, webhooks: Webhooks) -> APIRouter:
    router = APIRouter(prefix=path)

    @router.post("/inbound")
    def inbound(session: SessionDep, now: Now, form: Form = Depends(webhooks.signed)) -> Response:
        """Take in a text. The answer is empty: what we have to say goes its own way."""
        if text := webhooks.inbound(form):
            receive(session, text, at=now)
        return Response(webhooks.answer, media_type=webhooks.media_type)

    return router
