"""Which channels a process uses: the provider that the settings name, otherwise the postbus."""

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
    """Return one channel for each name; the settings have made sure that each goes somewhere."""
    postbuses: dict[ChannelName, Channel] = {name: Postbus(name, sessions, clock) for name in ChannelName}
    return postbuses | {name: provider.connect(settings) for name, provider in in_use(settings).items()}


def in_use(settings: ChannelSettings) -> Mapping[ChannelName, Provider]:
    """Return the provider of each channel; a channel that goes to the postbus is left out."""
    set_up = [provider for provider in PROVIDERS if provider.reached_at(settings) is not None]
    return {provider.channel: provider for provider in reversed(set_up)}


def reports_to(settings: ChannelSettings, channel: ChannelName) -> str | None:
    """Return the address at which the channel's provider reports how a text fares, or None if none does."""
    provider = in_use(settings).get(channel)
    path = provider.path if provider else None
    return f"{settings.public_url('notify')}{path}/status" if path else None
