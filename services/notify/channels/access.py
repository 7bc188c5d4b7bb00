"""Who may read the postbus."""

from __future__ import annotations

from fastapi import Request

from services.notify.channels.settings import ChannelSettings
from shared.errors import NotFound
from shared.security.access import Access, KeyWithScope


class PostbusReader(Access):
    """Let anyone in on a machine of its own; elsewhere ask for a key, as these are people's messages.

    Raises NotFound where there is no postbus.
    """

    async def __call__(self, request: Request) -> None:
        settings: ChannelSettings = request.app.state.runtime.settings
        if not settings.postbus_is_on:
            raise NotFound("There is no postbus here: messages go to their providers. See /v1/messages.")
        if not settings.embedded:
            await KeyWithScope("operator")(request)


postbus_reader = PostbusReader()
