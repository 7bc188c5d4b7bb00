"""A family in tests: what intake knows of it, and what was written to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notify.channels.port import ChannelName
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages import queries
from services.notify.messages.commands import Wanted, claim_due, claim_unknown, want
from services.notify.messages.tables import Attempt, Message, Purpose
from shared.desk.items import WorkItem, open_items
from tests.kit.details import contact_point
from tests.kit.past import set_back
from tests.kit.peers import fake
from tests.notify.senders import sender_for

NUMBER = "+31612345678"


class Family:
    def __init__(self, runtime: Runtime, request_id: UUID, *, phone: str = NUMBER, **contact: Any) -> None:
        self.runtime, self.request_id, self.phone = runtime, request_id, phone
        self.is_now(**contact)

    def is_now(self, **changed: Any) -> None:
        """Let intake know the family with these changes from now on."""
        known = contact_point(self.request_id, **{"phone": self.phone} | changed)
        fake(self.runtime, "intake").learn(known)

    def wants(self, purpose: Purpose = Purpose.REQUEST_RECEIVED, **given: Any) -> UUID:
        """Plan a text to the family and return its id."""
        at = self.runtime.clock.now()
        known: dict[str, Any] = {
            "purpose": purpose,
            "cause_id": self.request_id,
            "request_id": self.request_id,
            "recipient_id": self.request_id,
            "channel": ChannelName.SMS,
            "language": "nl",
            "due_at": at,
            "windowed": False,
            "dedupe_key": str(uuid4()),
        }
        with self.runtime.sessions() as session:
            message_id = want(session, Wanted(**(known | given)), at=at)
            session.commit()
        assert message_id is not None
        return message_id


def claim(runtime: Runtime) -> Sequence[UUID]:
    with runtime.sessions() as session:
        ids = claim_due(session, runtime.clock.now(), 1000)
        session.commit()
    return ids


def send_what_is_due(runtime: Runtime) -> None:
    """Do what the dispatcher and a worker do together."""
    sender_for(runtime).send(claim(runtime))


def look_for_what_is_unknown(runtime: Runtime) -> None:
    with runtime.sessions() as session:
        ids = claim_unknown(session, runtime.clock.now(), 1000)
        session.commit()
    sender_for(runtime).look(ids)


def read(runtime: Runtime, message_id: UUID) -> Message:
    with runtime.sessions() as session:
        return queries.one(session, message_id)


def attempts(runtime: Runtime, message_id: UUID) -> Sequence[Attempt]:
    with runtime.sessions() as session:
        return queries.attempts(session, message_id)


def on_the_list(runtime: Runtime, kind: str | None = None) -> list[WorkItem]:
    with runtime.sessions() as session:
        return open_items(session, kind=kind)


def lease_runs_out(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        set_back(connection, "messages", "leased_until", timedelta(seconds=1))


def while_intake_is_asked(
    runtime: Runtime, deed: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Do this, once, just before intake answers the next time that it is asked."""
    intake = fake(runtime, "intake")
    ask = intake.lookup

    def ask_slowly(*asked: Any) -> Any:
        monkeypatch.setattr(intake, "lookup", ask)
        deed()
        return ask(*asked)

    monkeypatch.setattr(intake, "lookup", ask_slowly)
