from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

from services.notify.channels.choice import channels
from services.notify.channels.port import Channel, ChannelName, Remembers, StillKept
from services.notify.channels.settings import NotifyRuntime
from services.notify.erasing import commands_provider as commands
from services.notify.erasing.commands_provider import NOT_FOUND, Told
from shared.messaging import DueWork

log = logging.getLogger(__name__)


class Telling:
    """A worker's task. The channels are made at its first use and keep their connections."""

    def __init__(self) -> None:
        self._channels: Mapping[ChannelName, Channel] | None = None
        self._runtime: NotifyRuntime | None = None

    def tell(self, runtime: NotifyRuntime, ids: Sequence[UUID]) -> None:
        """Have the provider forget these texts. One that fails keeps its lease."""
        for one in ids:
            try:
                self._tell(runtime, one)
            except Exception:
                log.exception("a text at the provider is left to its lease")

    def _tell(self, runtime: NotifyRuntime, one: UUID) -> None:
        with runtime.sessions() as session:
            told = commands.to_tell(session, one)
        if told is None:
            return
        kept = self._forgotten(runtime, told)
        with runtime.sessions() as session:
            commands.settle(session, one, kept, at=runtime.clock.now())

    def _forgotten(self, runtime: NotifyRuntime, told: Told) -> StillKept | None:
        channel = self._of(runtime)[told.channel]
        if told.nothing_left or not isinstance(channel, Remembers):
            return None
        return channel.forget(told.sid) if told.sid else NOT_FOUND

    def _of(self, runtime: NotifyRuntime) -> Mapping[ChannelName, Channel]:
        if self._channels is None or self._runtime is not runtime:
            self._channels = channels(runtime.settings, runtime.sessions, runtime.clock)
            self._runtime = runtime
        return self._channels


DUE = (DueWork("notify.erasing.tell", commands.claim, Telling().tell, wakes=True),)
