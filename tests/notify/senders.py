"""The sender that a test's worker uses: the usual one, or another that a test has put in its place."""

from __future__ import annotations

from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages.sender import Sender
from services.notify.service import RECIPIENTS

_installed: Sender | None = None


def install(sender: Sender) -> None:
    global _installed
    _installed = sender


def sender_for(runtime: Runtime) -> Sender:
    if _installed is None or _installed.runtime is not runtime:
        install(usual(runtime))
    assert _installed is not None
    return _installed


def usual(runtime: Runtime) -> Sender:
    return Sender.of(runtime, RECIPIENTS)
