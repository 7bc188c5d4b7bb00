"""A planner who calls off or moves many days, and the worker that tells their families."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from services.notify.messages.commands import claim_first
from services.notify.visits.mass import commands, tasks
from shared.messaging.work import Claim
from tests.notify import senders
from tests.notify.visits.office import PRISON, Office

Headers = Any


@dataclass
class Strike:
    office: Office
    colleague: Headers

    def post(self, by: Headers = None, **changed: Any) -> Any:
        body = {
            "facility": PRISON,
            "from": "2026-12-10",
            "until": "2026-12-20",
            "action": "cancel",
            "reason": "staking",
        }
        body = {name: value for name, value in (body | changed).items() if value is not ...}
        return self.office.client.post("/v1/mass-changes", json=body, headers=by or self.office.prison)

    def preview(self, by: Headers = None, **changed: Any) -> dict[str, Any]:
        answer = self.post(by, **changed)
        assert answer.status_code == 201, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def confirm(self, change: str, by: Headers = None, **body: Any) -> Any:
        path = f"/v1/mass-changes/{change}/confirmations"
        return self.office.client.post(path, json=body, headers=by or self.office.prison)

    def done(self, **changed: Any) -> str:
        """Preview and confirm; return the id."""
        change = str(self.preview(**changed)["id"])
        answer = self.confirm(change)
        assert answer.status_code == 201, answer.text
        return change

    def undo(self, change: str, by: Headers = None) -> Any:
        path = f"/v1/mass-changes/{change}"
        return self.office.client.delete(path, headers=by or self.office.prison)

    def seen(self, change: str) -> dict[str, Any]:
        answer = self.office.client.get(f"/v1/mass-changes/{change}", headers=self.office.prison)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def progress(self, change: str) -> tuple[str, int, int, int, int, int, int]:
        one = self.seen(change)
        return (
            one["state"],
            one["families"],
            one["suppressed"],
            one["handedOver"],
            one["reached"],
            one["reachedBeforeDeparture"],
            one["callList"],
        )

    def work(self) -> None:
        """Do what falls due now: families are told, texts go to the postbus, it is seen who was reached."""
        runtime, now = self.office.runtime, self.office.clock.now()
        works: list[tuple[Claim, Callable[[Sequence[UUID]], None]]] = [
            (commands.claim_to_tell, partial(tasks.tell, runtime)),
            (commands.claim_queues, partial(tasks.tell_queues, runtime)),
            (claim_first, senders.sender_for(runtime).send),
            (commands.claim_to_follow, partial(tasks.follow, runtime)),
        ]
        for claim, do in works:
            with runtime.sessions() as session:
                due = claim(session, now, 500)
                session.commit()
            do(due)

    def a_minute_later(self) -> None:
        self.office.clock.advance(timedelta(minutes=1))
        self.work()
