"""SMS by Twilio, through its own SDK.

Answers are read as Twilio documents them: a 429 "is never processed and is always safe to retry" (error
20429), and any other 4xx says why nothing was created. Of a 5xx Twilio says only that it is temporary.
Messages have no idempotency key, so after a 5xx, as after a broken connection, the text may be on its way.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.base.values import unset
from twilio.rest import Client
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from services.notify.channels import twilio_codes
from services.notify.channels.port import (
    Accepted,
    ChannelName,
    Fault,
    Missing,
    NotSent,
    Outcome,
    Outgoing,
    Perhaps,
    ProviderStatus,
    Rejected,
    Seen,
    StillKept,
)
from services.notify.channels.twilio_http import Busy, NoWayOut, TwilioHttp

TIMEOUT_SECONDS = 15.0
REFUSED_WAIT_SECONDS = 900
SEEN_AT_MOST = 1000
CALLS_AT_ONCE = 40
# Twilio takes 1 to 36,000 seconds (error 90007), and keeps a text that names none for as long.
LONGEST_VALIDITY_SECONDS = 36_000
NEVER_LEFT = (ConnectTimeoutError, NewConnectionError, NameResolutionError)


@dataclass(frozen=True)
class TwilioAccount:
    """An account. `sender` is a number or a sender's name; a messaging service chooses one by itself."""

    sid: str
    token: str
    base_url: str = "https://api.twilio.com"
    sender: str | None = None
    messaging_service: str | None = None


class TwilioSms:
    name = ChannelName.SMS
    calls_at_once = CALLS_AT_ONCE

    def __init__(
        self, account: TwilioAccount, *, timeout: float = TIMEOUT_SECONDS, connections: int = CALLS_AT_ONCE
    ) -> None:
        """`connections`: how many calls may run at once, over all threads of the process."""
        self._account = account
        url = account.base_url.rstrip("/")
        http = TwilioHttp(url, timeout=timeout, connections=connections)
        self._client = Client(account.sid, account.token, http_client=http)
        self._client.api.base_url = url

    def send(self, outgoing: Outgoing) -> Outcome:
        try:
            message = self._client.messages.create(
                to=outgoing.to,
                body=outgoing.body,
                from_=self._account.sender or unset,
                messaging_service_sid=self._account.messaging_service or unset,
                status_callback=outgoing.status_callback or unset,
                validity_period=_validity(outgoing.valid_for),
            )
        except Busy as busy:
            return NotSent(
                "provider-queue-is-full" if busy.queue_is_full else "provider-is-busy", busy.retry_after
            )
        except NoWayOut:
            return NotSent("provider-cannot-be-reached", REFUSED_WAIT_SECONDS)
        except TwilioRestException as refusal:
            return refused(refusal.status, str(refusal.code))
        except TwilioServiceException as refusal:
            return refused(refusal.status, str(refusal.code))
        except HTTPError as problem:
            return broken(problem)
        except (TwilioException, json.JSONDecodeError, KeyError, TypeError, ValueError):
            return Perhaps("provider-answer-unreadable")
        if not message.sid:
            return Perhaps("provider-answer-unreadable")
        return Accepted(message.sid, _status(message.status))

    def look(self, since: datetime, until: datetime, attempts: Collection[UUID]) -> Sequence[Seen | Missing]:
        """Look by time alone: a number has no place in a URL. Empty if Twilio cannot be asked."""
        try:
            messages = self._client.messages.list(
                date_sent_after=since, date_sent_before=until, limit=SEEN_AT_MOST
            )
        except (Busy, NoWayOut, TwilioException, HTTPError, ValueError):
            return []
        return [_seen(message) for message in messages if str(message.direction).startswith("outbound")]

    def forget(self, sid: str) -> StillKept | None:
        """Delete the message at Twilio: its number, its words, and that it was."""
        try:
            self._client.messages(sid).delete()
        except Busy as busy:
            return StillKept("provider-is-busy", busy.retry_after)
        except NoWayOut:
            return StillKept("provider-cannot-be-reached", REFUSED_WAIT_SECONDS)
        except (TwilioRestException, TwilioServiceException) as refusal:
            return None if refusal.status == HTTPStatus.NOT_FOUND else still_kept(refusal.status)
        except HTTPError:
            return StillKept("provider-cannot-be-reached")
        except (TwilioException, ValueError):
            return StillKept("provider-cannot-be-reached")
        return None

    def trouble(self) -> str | None:
        """Ask for the account itself, with the credentials that are used for sending."""
        try:
            account = self._client.api.v2010.accounts(self._account.sid).fetch()
        except Busy:
            return None
        except NoWayOut:
            return (
                "the proxy (HTTPS_PROXY) or the authorities (REQUESTS_CA_BUNDLE) that the environment names "
                "for Twilio cannot be used: correct them, or take them out"
            )
        except (TwilioRestException, TwilioServiceException) as refusal:
            return _why_refused(refusal.status)
        except (TwilioException, HTTPError, ValueError) as problem:
            return f"Twilio cannot be reached ({type(problem).__name__}): is the way out open?"
        status = str(getattr(account.status, "value", account.status))
        return None if status == "active" else f"the account at Twilio is {status}: look in Twilio's console"


def _why_refused(status: int) -> str:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
        return (
            "Twilio refuses TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN: copy both anew from Twilio's console"
        )
    return f"Twilio answers {status} when it is asked for the account: look at its status page"


def refused(status: int, code: str) -> Outcome:
    """Return the outcome for an answer other than "created"."""
    if status >= 500:
        return Perhaps(f"provider-error-{status}")
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return Perhaps("provider-timed-out")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) and code.startswith("20"):
        return NotSent("provider-refuses-our-key", REFUSED_WAIT_SECONDS, ours=True)
    return Rejected(code, twilio_codes.fault(code) if status == 400 else Fault.OURS)


def still_kept(status: int) -> StillKept:
    """Return why a text was not deleted. One that is not finished yet is refused with 409."""
    if status == HTTPStatus.CONFLICT:
        return StillKept("provider-still-sends-it")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return StillKept("provider-refuses-our-key", REFUSED_WAIT_SECONDS)
    return StillKept(f"provider-error-{status}")


def broken(problem: HTTPError) -> Outcome:
    """Return the outcome for no answer: surely not sent only if there was no connection to send it over."""
    reason = problem.original_error if isinstance(problem, ProxyError) else problem
    if isinstance(reason, NEVER_LEFT):
        return NotSent("provider-cannot-be-reached")
    if isinstance(reason, SSLError) and "certificate verify failed" in str(reason):
        return NotSent("provider-certificate-refused", REFUSED_WAIT_SECONDS)
    return Perhaps("connection-broke")


def _validity(seconds: int | None) -> Any:
    return unset if seconds is None else min(max(seconds, 1), LONGEST_VALIDITY_SECONDS)


def _status(word: Any) -> ProviderStatus:
    return twilio_codes.STATUSES.get(str(getattr(word, "value", word)), ProviderStatus.QUEUED)


def _seen(message: Any) -> Seen:
    code = str(message.error_code) if message.error_code else None
    return Seen(
        sid=message.sid,
        to=message.to,
        status=_status(message.status),
        error_code=code,
        fault=twilio_codes.fault(code) if code else None,
        created_at=(message.date_created or datetime.now(UTC)).astimezone(UTC),
    )
