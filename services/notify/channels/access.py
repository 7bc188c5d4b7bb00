"""Who may read the postbus."""

from __future__ import annotations

from fastapi import Request

from services.notify.channels.settings import ChannelSettings
from shared.errors import NotFound
from shared.security.access import Access, KeyWithScope
from shared.security.keystore import ApiKey
from shared.web.proxies import is_from_here


class PostbusReader(Access):
    """Let in whoever sits at a machine of its own; others need a key, as these are people's messages.

    A machine is its own where nothing on it reaches people: no channel has a real provider, and every public
    address is the machine itself. Raises NotFound where there is no postbus.
    """

    async def __call__(self, request: Request) -> ApiKey | None:
        """Return the key that opened it, if one had to."""
        settings: ChannelSettings = request.app.state.runtime.settings
        if not settings.postbus_is_on:
            raise NotFound("There is no postbus here: messages go to their providers. See /v1/messages.")
        if not (settings.is_on_its_own and is_from_here(request)):
            return await KeyWithScope("operator")(request)
        return None


postbus_reader = PostbusReader()
