"""A stand-in for Twilio's message API: answers like it, misbehaves on command, and keeps a ledger.

In a test: `with TwilioStandIn() as twilio: ...`. As a process:
`python -m tests.kit.twilio_standin --port 9099 --sid AC... --token ...`, steered by POST /control, /callbacks
and /inbound, read by GET /ledger.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
from twilio.request_validator import RequestValidator

from tests.kit.twilio_ledger import (
    MEANINGS,
    OK,
    SENDER,
    SID,
    TOKEN,
    Entry,
    Ledger,
    entry_of,
    listing,
    new_sid,
    resource,
    wrong,
)


class _Server(ThreadingHTTPServer):
    # How many connections may wait at once; with the usual five, some of a crowd are turned away.
    request_queue_size = 256


class TwilioStandIn:
    """The server, with everything a test wants to tell or ask it."""

    def __init__(
        self, *, sid: str = SID, token: str = TOKEN, port: int = 0, ledger: Path | None = None
    ) -> None:
        self.sid, self.token = sid, token
        self.ledger = Ledger(ledger)
        self.stopping = threading.Event()
        self.answering = threading.Event()
        """A text that was taken in mode `held` is answered once this is set."""
        self._validator = RequestValidator(token)
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def sent(self) -> list[Entry]:
        return list(self.ledger.entries.values())

    def environment(self) -> dict[str, str]:
        """The settings with which Weerzien talks to this stand-in."""
        return {
            "TWILIO_ACCOUNT_SID": self.sid,
            "TWILIO_AUTH_TOKEN": self.token,
            "TWILIO_FROM": SENDER,
            "TWILIO_API_BASE_URL": self.url,
        }

    def __enter__(self) -> TwilioStandIn:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def behave(self, mode: str = OK, *next_modes: str, automatic: Iterable[str] = ()) -> None:
        """Behave like `mode` after one call for each of `next_modes`; report `automatic` statuses at once."""
        self.ledger.mode, self.ledger.next_modes = mode, deque(next_modes)
        self.ledger.automatic = tuple(automatic)

    def to(self, number: str) -> list[Entry]:
        return [entry for entry in self.sent if entry.to == number]

    def signature(self, url: str, form: dict[str, str]) -> str:
        return str(self._validator.compute_signature(url, form))

    def status_form(self, entry: Entry, status: str, error_code: int | None = None) -> dict[str, str]:
        form = {
            "AccountSid": self.sid,
            "ApiVersion": "2010-04-01",
            "From": entry.sender or SENDER,
            "MessageSid": entry.sid,
            "MessageStatus": status,
            "SmsSid": entry.sid,
            "SmsStatus": status,
            "To": entry.to,
        }
        return form | ({"ErrorCode": str(error_code)} if error_code else {})

    def inbound_form(self, sender: str, body: str, sid: str | None = None) -> dict[str, str]:
        sid = sid or new_sid()
        self.ledger.inbound.add(sid)
        return {
            "AccountSid": self.sid,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": sender,
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": SENDER,
        }

    def call_back(
        self, entry: Entry, statuses: Sequence[str], *, error_code: int | None = None, times: int = 1
    ) -> list[int]:
        """Report these statuses in this order, each `times` times; return the HTTP statuses answered."""
        if entry.status_callback is None:
            raise ValueError("this message asked for no status callback")
        answers = []
        for status in statuses:
            code = error_code if status in ("failed", "undelivered") else None
            entry.status, entry.error_code = status, code
            form = self.status_form(entry, status, code)
            for _ in range(times):
                answers.append(self.post(entry.status_callback, form))
                entry.callbacks.append({"status": status, "answer": answers[-1]})
        return answers

    def text_in(self, url: str, sender: str, body: str, *, sid: str | None = None) -> int:
        """Pass a text on to the webhook, and return the HTTP status that it answered."""
        return self.post(url, self.inbound_form(sender, body, sid))

    def post(self, url: str, form: dict[str, str]) -> int:
        headers = {"X-Twilio-Signature": self.signature(url, form), "User-Agent": "TwilioProxy/1.1"}
        try:
            return httpx.post(url, data=form, headers=headers, timeout=10, trust_env=False).status_code
        except httpx.HTTPError:
            return 0


def _handler(twilio: TwilioStandIn) -> type[BaseHTTPRequestHandler]:
    messages = re.compile(r"/2010-04-01/Accounts/([^/]+)/Messages(?:/([^/]+))?\.json")
    account = re.compile(r"/2010-04-01/Accounts/([^/]+)\.json")
    ledger = twilio.ledger

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            """Log nothing: a request's URL and body belong in no log."""

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/ledger":
                return self._answer(200, ledger.as_json())
            if asked := account.fullmatch(parts.path):
                return self._account(asked[1])
            match = messages.fullmatch(parts.path)
            if not match or not self._known(match[1]):
                return self._refuse(20404 if not match else 20003)
            if match[2]:
                entry = ledger.entries.get(match[2])
                return self._answer(200, resource(twilio.sid, entry)) if entry else self._refuse(20404)
            return self._answer(200, listing(twilio.sid, twilio.sent, parse_qs(parts.query), self.path))

        def _account(self, sid: str) -> None:
            if not self._known(sid):
                return self._refuse(20003)
            return self._answer(200, {"sid": sid, "status": ledger.account_status, "type": "Full"})

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            path = urlsplit(self.path).path
            if path in ("/control", "/callbacks", "/inbound"):
                return self._answer(200, _command(twilio, path, json.loads(raw or "{}")))
            match = messages.fullmatch(path)
            if not match or match[2]:
                return self._refuse(20404)
            return self._create(match[1], dict(parse_qsl(raw, keep_blank_values=True)))

        def do_DELETE(self) -> None:
            match = messages.fullmatch(urlsplit(self.path).path)
            if not match or not match[2] or not self._known(match[1]):
                return self._refuse(20404 if not match or not match[2] else 20003)
            mode = ledger.take_mode()
            refused = {"429": 20429, "500": 20500}.get(mode) or ledger.delete(match[2])
            if refused:
                return self._refuse(refused)
            return self._deleted()

        def _deleted(self) -> None:
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _create(self, account: str, form: dict[str, str]) -> None:
            mode = ledger.take_mode()
            if mode == "drop":
                return self._close()
            if not self._known(account):
                return self._refuse(20003)
            code = {"429": 20429, "500": 20500}.get(mode) or (int(mode) if mode.isdigit() else wrong(form))
            if code:
                return self._refuse(code)
            entry = entry_of(form, mode)
            ledger.add(entry)
            return self._after_taking(entry, mode)

        def _after_taking(self, entry: Entry, mode: str) -> None:
            if ledger.automatic and entry.status_callback:
                threading.Thread(target=twilio.call_back, args=(entry, ledger.automatic), daemon=True).start()
            if mode == "hang":
                twilio.stopping.wait(120)
                return self._close()
            if mode == "drop-after":
                return self._close()
            if mode == "500-after":
                return self._refuse(20500)
            if mode == "held":
                twilio.answering.wait(120)
            if mode == "slow":
                time.sleep(ledger.slow_seconds)
            return self._answer(201, resource(twilio.sid, entry))

        def _known(self, account: str) -> bool:
            given = base64.b64encode(f"{twilio.sid}:{twilio.token}".encode()).decode()
            return account == twilio.sid and self.headers.get("Authorization") == f"Basic {given}"

        def _close(self) -> None:
            self.close_connection = True

        def _refuse(self, code: int) -> None:
            status, message = MEANINGS.get(code, (400, "Refused"))
            more = f"https://www.twilio.com/docs/errors/{code}"
            self._answer(status, {"code": code, "message": message, "more_info": more, "status": status})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                if status == 429 or body.get("code") == 21611:
                    self.send_header("Retry-After", str(ledger.retry_after))
                self.end_headers()
                self.wfile.write(raw)
            except OSError:  # the caller hung up, as callers of a slow server do
                self._close()

    return Handler


def _command(twilio: TwilioStandIn, path: str, said: dict[str, Any]) -> dict[str, Any]:
    """Obey a command from another process. Callbacks can be late (`delay`, seconds) and doubled (`times`)."""
    if path == "/control":
        twilio.behave(said.get("mode", OK), *said.get("next", []), automatic=said.get("automatic", []))
        twilio.ledger.slow_seconds = said.get("slowSeconds", twilio.ledger.slow_seconds)
        twilio.ledger.retry_after = said.get("retryAfter", twilio.ledger.retry_after)
        return {"mode": twilio.ledger.mode}
    time.sleep(said.get("delay", 0))
    if path == "/inbound":
        return {"answer": twilio.text_in(said["url"], said["from"], said["body"], sid=said.get("sid"))}
    entry = twilio.ledger.entries[said["sid"]]
    code, times = said.get("errorCode"), said.get("times", 1)
    return {"answers": twilio.call_back(entry, said["statuses"], error_code=code, times=times)}


def main() -> None:
    options = argparse.ArgumentParser(description="A stand-in for Twilio's message API.")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--sid", default=SID)
    options.add_argument("--token", default=TOKEN)
    options.add_argument("--ledger", type=Path, help="file that keeps what was taken")
    options.add_argument("--automatic", nargs="*", default=[], help="statuses that are called back at once")
    chosen = options.parse_args()
    with TwilioStandIn(sid=chosen.sid, token=chosen.token, port=chosen.port, ledger=chosen.ledger) as twilio:
        twilio.behave(automatic=chosen.automatic)
        sys.stdout.write(f"ready {twilio.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
