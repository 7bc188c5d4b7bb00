"""What is told to us of a text: the answer to our call, a report, and what a person decides."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.notify.channels.port import Fault, Outcome, Outgoing, ProviderStatus, Report
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages import commands
from services.notify.service import SERVICE
from shared.desk.commands import carry_out
from tests.notify.messages.family import NUMBER, on_the_list, send_what_is_due


def handed_over(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Outgoing:
    """Hand over the one text that is due without writing down the answer, and return what was handed over."""
    kept: list[Outgoing] = []
    with monkeypatch.context() as patch:
        patch.setattr(commands, "finish", lambda _, answers, at: kept.extend(one for one, _ in answers))
        send_what_is_due(runtime)
    [outgoing] = kept
    return outgoing


def written_down(runtime: Runtime, outgoing: Outgoing, outcome: Outcome) -> None:
    with runtime.sessions() as session:
        commands.finish(session, [(outgoing, outcome)], at=runtime.clock.now())


def reported(
    runtime: Runtime,
    attempt_id: UUID,
    status: ProviderStatus,
    *,
    sid: str = "SM1",
    error_code: str | None = None,
    fault: Fault | None = None,
) -> None:
    told = Report(sid, NUMBER, status, error_code, fault)
    with runtime.sessions() as session:
        commands.report(session, attempt_id, told, at=runtime.clock.now())


def a_person_sends_it_again(runtime: Runtime) -> None:
    [item] = on_the_list(runtime)
    with runtime.sessions() as session:
        carry_out(session, SERVICE.desk, item.id, "send-again", {}, at=runtime.clock.now(), by="desk")
