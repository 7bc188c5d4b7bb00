"""What the rest of the program must know of a provider: somebody else at the far end of a channel.

A provider is one value in a file of its own, and `providers.py` lists them. Little is imported here: commands
that only ask which settings there are need no library of any provider.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.notify.channels.port import ChannelName, Inbound, RemoteChannel, Report

if TYPE_CHECKING:
    from services.notify.channels.settings import ChannelSettings
    from shared.security.access import Access

Form = dict[str, str]


@dataclass(frozen=True)
class Webhooks:
    """How to read what a provider tells us. Where a form is not understood the answer is None.

    `signed` is the dependency of a route that gives the form once its signature was found right. `answer` and
    `media_type` are what the provider wants to hear about a text that was passed on.
    """

    signed: Access
    report: Callable[[Form], Report | None]
    inbound: Callable[[Form], Inbound | None]
    answer: str
    media_type: str


@dataclass(frozen=True)
class Provider:
    """`settings` are the names of its own settings in the environment; the first puts it to use.

    `address` names the one that says where it is reached, at which a stand-in on this machine may be put;
    `reached_at` answers where that is, and None where the provider is not in use. `reasons` are the forms of
    the reasons that carry a code of the provider (a pattern with a group `code`), each with the text of the
    desk for it. `path` is where its webhooks are: `PATH/status/{attempt}` and `PATH/inbound`.
    """

    name: str
    channel: ChannelName
    settings: tuple[str, ...]
    address: str
    reached_at: Callable[[ChannelSettings], str | None]
    connect: Callable[[ChannelSettings], RemoteChannel]
    is_well: str
    reasons: Mapping[str, str] = field(default_factory=dict)
    path: str | None = None
    webhooks: Callable[[], Webhooks] | None = None

    @property
    def switch(self) -> str:
        return self.settings[0]
