"""Which channel a process uses: a provider where settings name one, else the postbus where it is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlmodel import Session

from services.notify.channels.port import Channel, ChannelName
from services.notify.channels.postbus import Postbus
from services.notify.channels.provider import Provider
from services.notify.channels.providers import PROVIDERS
from services.notify.channels.settings import ChannelSettings
from shared.clock import Clock


def channels(
    settings: ChannelSettings, sessions: Callable[[], Session], clock: Clock
) -> Mapping[ChannelName, Channel]:
    """One for each name. The settings have refused to exist where a channel would go nowhere."""
    found: dict[ChannelName, Channel] = {name: Postbus(name, sessions, clock) for name in ChannelName}
    return found | {name: one.connect(settings) for name, one in in_use(settings).items()}


def in_use(settings: ChannelSettings) -> Mapping[ChannelName, Provider]:
    """The provider of each channel; a channel that goes to the postbus is left out."""
    set_up = [one for one in PROVIDERS if one.reached_at(settings) is not None]
    return {one.channel: one for one in reversed(set_up)}


def reports_to(settings: ChannelSettings, channel: ChannelName) -> str | None:
    """The address under which the channel's provider tells how a text fares; None where none does."""
    provider = in_use(settings).get(channel)
    path = provider.path if provider else None
    return f"{settings.public_url('notify')}{path}/status" if path else None
