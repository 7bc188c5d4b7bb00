"""What the stand-in for Twilio knows: the messages it took, how it will behave, and the shape of its answers.

It follows Twilio's OpenAPI description and error pages, and holds no text of theirs.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

SID = "AC" + "0" * 31 + "1"
TOKEN = "stand-in-token-of-no-account"
SENDER = "+3197010000000"
DATE = "%Y-%m-%dT%H:%M:%SZ"

# Twilio's own magic numbers for tests, and what they are for.
MAGIC = {"+15005550001": 21211, "+15005550002": 21612, "+15005550003": 21408, "+15005550004": 21610}
MAGIC |= {"+15005550009": 21614}
MEANINGS = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20009: (409, "Message is not finished and cannot be deleted"),
    20429: (429, "Too many requests"),
    20500: (500, "An internal server error has occurred"),
    21211: (400, "Invalid 'To' phone number"),
    21408: (400, "Permission to send an SMS has not been enabled for the region"),
    21602: (400, "Message body is required"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21612: (400, "The 'To' phone number is not currently reachable"),
    21611: (400, "This 'From' number has exceeded the maximum number of queued messages"),
    21624: (400, "Invalid validity period value"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
}

# What the next call meets: `ok`, `slow` (takes the message late), `hang` (takes it, never answers), `held`
# (takes it, answers once `answering` is set), `drop` (closes without taking it), `drop-after` (takes it,
# closes), `500` (refuses), `500-after` (takes it, answers 500), `429`, or a code such as 21211.
OK = "ok"


@dataclass
class Entry:
    """A message that the stand-in took."""

    sid: str
    to: str
    body: str
    sender: str | None
    messaging_service: str | None
    status_callback: str | None
    created_at: str
    status: str = "queued"
    error_code: int | None = None
    mode: str = OK
    callbacks: list[dict[str, Any]] = field(default_factory=list)
    validity: int | None = None


class Ledger:
    """The messages taken, the number of calls, and how the next calls will go. May be kept in a file."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._path = path
        self.entries: dict[str, Entry] = {}
        self.calls = 0
        self.mode = OK
        self.next_modes: deque[str] = deque()
        self.slow_seconds = 0.5
        self.retry_after: int | str = 1
        self.account_status = "active"
        # The texts that came in, by their ids here; and what was deleted, in order.
        self.inbound: set[str] = set()
        self.deleted: list[str] = []
        self.automatic: tuple[str, ...] = ()
        if path and path.exists():
            for line in path.read_text().splitlines():
                entry = Entry(**json.loads(line))
                self.entries[entry.sid] = entry

    def take_mode(self) -> str:
        with self._lock:
            self.calls += 1
            return self.next_modes.popleft() if self.next_modes else self.mode

    def add(self, entry: Entry) -> None:
        with self._lock:
            self.entries[entry.sid] = entry
            if self._path:
                with self._path.open("a") as file:
                    file.write(json.dumps(asdict(entry)) + "\n")

    def delete(self, sid: str) -> int | None:
        """Delete a message; return the code with which that is refused, or None. One on its way stays."""
        with self._lock:
            entry = self.entries.get(sid)
            if entry is None and sid not in self.inbound:
                return 20404
            if entry is not None and entry.status in ("queued", "sending"):
                return 20009
            self.entries.pop(sid, None)
            self.inbound.discard(sid)
            self.deleted.append(sid)
            return None

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            return {"calls": self.calls, "messages": [asdict(entry) for entry in self.entries.values()]}


def new_sid() -> str:
    return "SM" + secrets.token_hex(16)


def wrong(form: dict[str, str]) -> int | None:
    """Return the code with which Twilio refuses this form, or None if it accepts it."""
    to = form.get("To", "")
    if not to:
        return 21604
    if not form.get("From") and not form.get("MessagingServiceSid"):
        return 21603
    if not form.get("Body"):
        return 21602
    if len(form["Body"]) > 1600:
        return 21617
    if not 1 <= int(form.get("ValidityPeriod", "36000")) <= 36000:
        return 21624
    return MAGIC.get(to) or (None if re.fullmatch(r"\+[1-9]\d{6,14}", to) else 21211)


def entry_of(form: dict[str, str], mode: str) -> Entry:
    return Entry(
        sid=new_sid(),
        to=form["To"],
        body=form["Body"],
        sender=form.get("From"),
        messaging_service=form.get("MessagingServiceSid"),
        status_callback=form.get("StatusCallback"),
        created_at=datetime.now(UTC).strftime(DATE),
        mode=mode,
        validity=int(form["ValidityPeriod"]) if "ValidityPeriod" in form else None,
    )


def resource(account: str, entry: Entry) -> dict[str, Any]:
    """Return a message as Twilio's `api.v2010.account.message`."""
    moment = format_datetime(datetime.strptime(entry.created_at, DATE).replace(tzinfo=UTC))
    uri = f"/2010-04-01/Accounts/{account}/Messages/{entry.sid}"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": entry.body,
        "date_created": moment,
        "date_sent": None if entry.status == "queued" else moment,
        "date_updated": moment,
        "direction": "outbound-api",
        "error_code": entry.error_code,
        "error_message": None,
        "from": entry.sender,
        "messaging_service_sid": entry.messaging_service,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": entry.sid,
        "status": entry.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": entry.to,
        "uri": f"{uri}.json",
    }


def listing(account: str, entries: Sequence[Entry], query: dict[str, list[str]], path: str) -> dict[str, Any]:
    """Return a list of messages, the newest first. As at Twilio, a filter by date leaves out unsent ones."""
    after, before = query.get("DateSent>", [""])[0], query.get("DateSent<", ["9"])[0]
    dated = any(name.startswith("DateSent") for name in query)
    wanted = [
        entry
        for entry in reversed(entries)
        if after <= entry.created_at <= before
        and not (dated and entry.status == "queued")
        and entry.to == query.get("To", [entry.to])[0]
    ]
    return {
        "messages": [resource(account, entry) for entry in wanted],
        "start": 0,
        "end": max(0, len(wanted) - 1),
        "page": 0,
        "page_size": 1000,
        "uri": path,
        "first_page_uri": path,
        "next_page_uri": None,
        "previous_page_uri": None,
    }
