"""What the rest of the program must know of a provider, the company or server at the far end of a channel.

A provider is one value in a file of its own, and `providers.py` lists them. Little is imported here, so that
commands that only ask which settings exist load no provider's library.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.notify.channels.port import ChannelName, Inbound, RemoteChannel, Report

if TYPE_CHECKING:
    from services.notify.channels.settings import ChannelSettings
    from shared.security.access import Access

Form = dict[str, str]


@dataclass(frozen=True)
class Webhooks:
    """How to read what a provider sends us. `report` and `inbound` return None for a form they do not know.

    `signed` is the route's dependency that returns the form after checking its signature. `answer` and
    `media_type` are the response that the provider expects to a text that it passes on.
    """

    signed: Access
    report: Callable[[Form], Report | None]
    inbound: Callable[[Form], Inbound | None]
    answer: str
    media_type: str


@dataclass(frozen=True)
class Provider:
    """A provider. `settings` are the names of its settings in the environment; the first one switches it on.

    `address` names the setting with its address, which may point to a stand-in on this machine; `reached_at`
    returns that address, or None if the provider is not in use. `reasons` maps patterns with a group `code`,
    for reasons that carry a code of the provider, to the desk's text for them. `path` is where its webhooks
    are: `PATH/status/{attempt}` and `PATH/inbound`. `opted_out`: its codes for a number whose owner wants no
    texts.
    """

    name: str
    channel: ChannelName
    settings: tuple[str, ...]
    address: str
    reached_at: Callable[[ChannelSettings], str | None]
    connect: Callable[[ChannelSettings], RemoteChannel]
    is_well: str
    reasons: Mapping[str, str] = field(default_factory=dict)
    opted_out: Collection[str] = ()
    path: str | None = None
    webhooks: Callable[[], Webhooks] | None = None

    @property
    def switch(self) -> str:
        return self.settings[0]
