"""`weerzien doctor`: finds what is misconfigured and says what to do about it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

from services import system
from services.doctor import accounts, addresses, content, database, machine, servers
from services.doctor.finding import Finding
from services.intake.settings import IntakeSettings
from services.notify.channels.settings import ChannelSettings
from shared.events.services import SERVICES
from shared.settings import CommonSettings, SettingsProblem

__all__ = ["Finding", "examine"]


def examine(data: Path, *, running: bool) -> Iterator[Finding]:
    """Yield all that is worth saying. `running`: a system runs on the folder, so its broker must respond."""
    settings = yield from _settings()
    yield from machine.examine(data, here=bool(settings) and settings["notify"].embedded)
    if not settings:
        return
    notify, intake = settings["notify"], settings["intake"]
    assert isinstance(notify, ChannelSettings)
    assert isinstance(intake, IntakeSettings)
    yield from addresses.examine(notify)
    yield from servers.peer_keys(settings)
    expected = running or not notify.embedded
    yield from database.examine(settings, expected=expected)
    if not notify.embedded:
        yield from database.roles(settings)
    if expected:
        yield from servers.brokers(settings.values())
        yield from servers.peers(notify)
    yield from servers.providers(notify)
    yield from accounts.examine(intake)
    yield from content.examine(intake)


def _settings() -> Generator[Finding, None, dict[str, CommonSettings]]:
    """Yield what is wrong with the settings; returns those of every service, or none if any is wrong."""
    settings: dict[str, CommonSettings] = {}
    said: set[str] = set()
    for service in SERVICES:
        try:
            settings[service] = system.settings(service)
        except SettingsProblem as problem:
            said.update(line.strip() for line in str(problem).splitlines()[1:])
    yield from (Finding("wrong", line) for line in sorted(said))
    if said:
        return {}
    yield Finding("good", "the settings are complete")
    return settings
