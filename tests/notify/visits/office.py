"""A prison's visit office and the families that it serves, as the API sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi.testclient import TestClient
from sqlmodel import select

from services.notify.channels.port import Inbound
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.channels.tables import Posted
from services.notify.contacts.rules import Keyword
from services.notify.messages import commands as messages
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.messages.tables import Message, MessageState, Purpose
from services.notify.replies.commands import receive
from services.notify.visits import commands, tasks
from services.notify.visits.recipients import Families
from shared.clock import FixedClock
from tests.notify import senders

ZONE = ZoneInfo("Europe/Amsterdam")
PRISON = "nl-pi-vught"
# Those that the office of these tests publishes visits for.
FACILITIES = (PRISON, "be-gevangenis-gent")
NUMBER, ADDRESS = "+31612345678", "oma@voorbeeld.nl"


def at(text: str) -> datetime:
    """Return a local time in Amsterdam as a moment."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass
class Office:
    client: TestClient
    runtime: Runtime
    clock: FixedClock
    desk: Mapping[str, str]
    prison: Mapping[str, str]

    def post_day(self, **changed: Any) -> Any:
        body = {
            "facility": PRISON,
            "date": "2026-12-17",
            "startTime": "14:00",
            "endTime": "15:30",
            "capacity": 10,
            "kind": "child-visit",
        }
        return self.client.post("/v1/visit-days", json=body | changed, headers=self.prison)

    def publish(self, **changed: Any) -> str:
        answer = self.post_day(**changed)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def post_family(self, day: str, *, by: str = "desk", **changed: Any) -> Any:
        body: dict[str, Any] = {
            "name": "Fatima el Amrani",
            "phone": "06-12345678",
            "channel": "sms",
            "language": "nl",
            "adults": 1,
            "childAgeBands": ["4-7"],
        }
        body |= {"numberConfirmed": True} if by == "desk" else {}
        headers = self.desk if by == "desk" else self.prison
        return self.client.post(f"/v1/visit-days/{day}/registrations", json=body | changed, headers=headers)

    def register(self, day: str, *, by: str = "desk", **changed: Any) -> str:
        answer = self.post_family(day, by=by, **changed)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def change(self, day: str, **changes: Any) -> Any:
        return self.client.patch(f"/v1/visit-days/{day}", json=changes, headers=self.prison)

    def cancel(self, day: str) -> Any:
        return self.client.delete(f"/v1/visit-days/{day}?reason=te weinig personeel", headers=self.prison)

    def day(self, day: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v1/visit-days/{day}", headers=self.prison).json()
        return found

    def family(self, day: str, registration: str) -> dict[str, Any]:
        path = f"/v1/visit-days/{day}/registrations/{registration}"
        found: dict[str, Any] = self.client.get(path, headers=self.prison).json()
        return found

    def reminders(self, day: str, *, version: int | None = None) -> list[tuple[str, str, str]]:
        """Return step, local moment and state of each reminder."""
        answer = self.client.get(f"/v1/visit-days/{day}/reminders", headers=self.prison)
        assert answer.status_code == 200, answer.text
        return [
            (
                one["step"],
                f"{datetime.fromisoformat(one['dueAt']).astimezone(ZONE):%m-%d %H:%M}",
                one["state"],
            )
            for one in answer.json()["items"]
            if version in (None, one["visitVersion"])
        ]

    def messages(self, state: MessageState = MessageState.PLANNED) -> list[Message]:
        with self.runtime.sessions() as session:
            return list(session.exec(select(Message).where(Message.state == state).order_by("created_at")))

    def wanted(self) -> list[str]:
        return [str(message.purpose) for message in self.messages()]

    def message(self, purpose: Purpose) -> Message:
        (message,) = [message for message in self.messages() if message.purpose is purpose]
        return message

    def send_all(self) -> None:
        """Mark every planned message as accepted by a provider."""
        with self.runtime.sessions() as session:
            for message in session.exec(select(Message).where(Message.state == MessageState.PLANNED)):
                message.state = MessageState.ACCEPTED
            session.commit()

    def remind(self) -> int:
        """Do what the dispatcher and the worker do with the steps that are due now."""
        with self.runtime.sessions() as session:
            due = commands.claim_due(session, self.clock.now(), 100)
            session.commit()
        tasks.remind(self.runtime, due)
        return len(due)

    def reply(self, keyword: Keyword, number: str = NUMBER) -> bool:
        with self.runtime.sessions() as session:
            handled = commands.answer(session, number, keyword, at=self.clock.now())
            session.commit()
        return handled

    def told(self, message: Message) -> Recipient | Nobody:
        """Return who the message would go to, and what it would say, if it were sent now."""
        return Families().resolve(self.runtime, [message])[message.id]


def items(office: Office) -> list[dict[str, Any]]:
    answer = office.client.get("/v1/work-items", headers=office.desk)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def settle(office: Office, item: str, action: str) -> int:
    path = f"/v1/work-items/{item}/resolutions"
    status: int = office.client.post(path, json={"action": action}, headers=office.desk).status_code
    return status


def errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {one["pointer"]: one["code"] for one in answer.json()["errors"]}


class Telephone:
    """The texts that came to the postbus, once everything that is due has been sent."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def texts(self) -> list[str]:
        now = self.office.clock.now()
        self.office.remind()
        with self.office.runtime.sessions() as session:
            due = messages.claim_due(session, now, 100)
            session.commit()
        senders.sender_for(self.office.runtime).send(due)
        with self.office.runtime.sessions() as session:
            return [row.text for row in session.exec(select(Posted).order_by("sent_at"))]

    def says(self, body: str, number: str = NUMBER) -> None:
        with self.office.runtime.sessions() as session:
            sid = f"SM{len(body)}{self.office.clock.now().timestamp():.0f}"
            receive(session, Inbound(sid, number, body), at=self.office.clock.now())
