"""Around every request: size, NUL bytes, headers, correlation, one log line, one count."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from prometheus_client import Counter, Histogram
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.clock import monotonic
from shared.errors import Problem
from shared.telemetry import caused_by, correlation_id
from shared.web import bounds, forms, problems

log = logging.getLogger("weerzien.access")

# A JSON escape; after an escaped backslash the same letters are plain text.
NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
API_VERSION = "1.0.0"
REQUESTS = Counter(
    "weerzien_http_requests_total", "Requests by route and status", ["service", "method", "route", "status"]
)
DURATION = Histogram("weerzien_http_seconds", "Time to answer", ["service", "route"])
# Cached: the library looks each up anew, under a lock.
requests_of, duration_of = lru_cache(maxsize=None)(REQUESTS.labels), lru_cache(maxsize=None)(DURATION.labels)
Header = tuple[bytes, bytes]
SECURITY_HEADERS: list[Header] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
VERSIONED: list[Header] = [(b"api-version", API_VERSION.encode())]
UNSTORED: list[Header] = [(b"cache-control", b"no-store")]
# What is no page of ours is none in a browser either, whatever somebody got into it.
NO_PAGE: list[Header] = [
    (
        b"content-security-policy",
        b"default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    )
]
# A browser that came by https once never asks without it again, for a year.
STRICT: list[Header] = [(b"strict-transport-security", b"max-age=31536000; includeSubDomains")]
READ_BY_ALL: list[Header] = [(b"access-control-allow-origin", b"*")]
NUL_BYTE = Problem(
    400,
    "nul-byte",
    "The text holds a NUL character (U+0000)",
    "The text holds a NUL character (U+0000). Leave it out.",
)
NOT_JSON = Problem(
    415,
    "unsupported-media-type",
    "Unsupported media type",
    "Send the body as JSON, with `Content-Type: application/json`.",
)
FOREIGN = Problem(
    403,
    "foreign-form",
    "Sent from another site",
    "This was sent from another site. Open the page here and send it again.",
)
SAFE = ("GET", "HEAD", "OPTIONS")


class TooLarge(Exception):
    pass


class Incomplete(Exception):
    """The sender is gone, and what came of the body may lack its end."""


class Guard:
    """Reads the whole body, so that what is too much or unreadable is refused before any work begins.

    `public_url` is where people reach the service; at an https address every response says so.
    """

    def __init__(
        self,
        app: ASGIApp,
        service: str,
        public_url: str,
        passed_on: tuple[str, ...] = (),
        from_anywhere: tuple[str, ...] = (),
    ) -> None:
        self._app, self._service, self._public_url = app, service, public_url
        self._from_anywhere = tuple(f"{path}/" for path in from_anywhere)
        self._passed_on = tuple(f"{path}/" for path in passed_on)
        self._everywhere = SECURITY_HEADERS + (STRICT if public_url.startswith("https://") else [])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        with caused_by(None):
            scope.setdefault("state", {})
            watch = _Watch(self._service, scope, send, self._everywhere)
            try:
                body = await _body(headers, receive)
            except TooLarge:
                await _refuse(scope, receive, watch, bounds.TOO_LARGE)
            except Incomplete:
                await _refuse(scope, receive, watch, bounds.TOO_SLOW)
            else:
                await self._safely(scope, headers, body, receive, watch)
            watch.done()

    async def _safely(
        self, scope: Scope, headers: Headers, body: bytes, receive: Receive, watch: _Watch
    ) -> None:
        """Turn an unforeseen error into a response with our headers, in the log and in the count."""
        try:
            await self._judge(scope, headers, body, receive, watch)
        except Exception as problem:
            if watch.begun:
                raise
            await problems.unforeseen(Request(scope), problem)(scope, receive, watch.send)

    async def _judge(
        self, scope: Scope, headers: Headers, body: bytes, receive: Receive, watch: _Watch
    ) -> None:
        if body and scope["path"].startswith("/v1") and "json" not in headers.get("content-type", ""):
            await _refuse(scope, receive, watch, NOT_JSON)
        elif problem := await bounds.beyond(scope, headers, body):
            await _refuse(scope, receive, watch, problem)
        elif holds_nul(scope, headers, body, self._passed_on):
            await _refuse(scope, receive, watch, NUL_BYTE)
        elif scope["method"] not in SAFE and self._is_foreign_form(scope, headers):
            await _refuse(scope, receive, watch, FOREIGN)
        else:
            await self._hand_on(scope, body, receive, watch)

    def _is_foreign_form(self, scope: Scope, headers: Headers) -> bool:
        """Pages alone are asked: a program comes with a key or a signature, from wherever it likes."""
        if self._from_anywhere and scope["path"].startswith(self._from_anywhere):
            return False
        return problems.is_page(scope) and forms.is_foreign(headers, self._public_url)

    async def _hand_on(self, scope: Scope, body: bytes, receive: Receive, watch: _Watch) -> None:
        # HEAD is handled as GET; the server leaves the body out.
        asked = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        await self._app(asked, _replay(body, receive), watch.send)
        scope["route"] = asked.get("route")


class _Watch:
    """Adds our headers to the response, and remembers its status for the log line and the count."""

    def __init__(self, service: str, scope: Scope, send: Send, everywhere: list[Header]) -> None:
        self._service, self._scope, self._send, self._everywhere = service, scope, send, everywhere
        self._status, self._begun = 500, monotonic()
        self.begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            self._status = message["status"]
            given: list[Header] = list(message.get("headers", []))
            message["headers"] = [*given, *self._ours(given)]
        await self._send(message)

    def _ours(self, given: list[Header]) -> list[Header]:
        correlation = correlation_id.get() or ""
        ours = [*self._everywhere, (b"x-correlation-id", correlation.encode())]
        path: str = self._scope["path"]
        if path.startswith("/v1"):
            ours += VERSIONED
        # Only our own files are the same for everybody; whatever else may be about somebody.
        names = {name for name, _ in given}
        if b"content-security-policy" not in names:
            ours += NO_PAGE
        if b"cache-control" not in names and not path.startswith("/static/"):
            ours += UNSTORED
        return ours + READ_BY_ALL if path == "/v1/openapi.json" else ours

    def done(self) -> None:
        route = route_of(self._scope)
        seconds = monotonic() - self._begun
        method = self._scope["method"]
        requests_of(self._service, method, route, self._status).inc()
        duration_of(self._service, route).observe(seconds)
        log.info(
            "request",
            extra={"method": method, "route": route, "status": self._status, "ms": round(seconds * 1000, 1)},
        )


def route_of(scope: MutableMapping[str, Any]) -> str:
    """Return the route's pattern: a path may hold a token or a reference, which no log or metric may show."""
    return str(getattr(scope.get("route"), "path", "(none)"))


def holds_nul(scope: Scope, headers: Headers, body: bytes, passed_on: tuple[str, ...] = ()) -> bool:
    address = scope.get("raw_path", b"") + b"?" + scope.get("query_string", b"")
    if b"%00" in address or b"\x00" in body:
        return True
    kind = headers.get("content-type", "")
    if "json" in kind:
        return b"\\u0000" in body and NUL_ESCAPE.search(body) is not None
    # What is passed on is a person's words: its route removes NUL from them.
    return "x-www-form-urlencoded" in kind and b"%00" in body and not scope["path"].startswith(passed_on)


async def _body(headers: Headers, receive: Receive) -> bytes:
    """Return the whole body. Raises TooLarge, or Incomplete if its end never came."""
    if bounds.is_too_long(headers):
        raise TooLarge
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Incomplete
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > bounds.MAX_BODY:
            raise TooLarge
        more = message.get("more_body", False)
    return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(scope: Scope, receive: Receive, watch: _Watch, problem: Problem) -> None:
    """Respond with problem details for programs, or a page in the reader's language for people."""
    request = Request(scope)
    if problems.is_page(scope):
        # A page may ask the database what it tells of the desk: not on the loop that everybody waits for.
        answer = await run_in_threadpool(problems.answer, request, problem)
    else:
        answer = problems.answer(request, problem)
    await answer(scope, receive, watch.send)
