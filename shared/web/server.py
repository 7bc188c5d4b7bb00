"""Serves an application, and ends whatever keeps a connection without ever saying something whole."""

from __future__ import annotations

import socket
from asyncio import TimerHandle
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# From the first byte to the last one of headers and body, and from a new connection to its first request.
REQUEST_SECONDS = 20.0
MAX_HEAD, MAX_HEADERS = 64 * 1024, 100
# Each takes a file descriptor, of which a process has 1,024 where nobody gave it more.
MAX_CONNECTIONS = 800
GRACE_SECONDS = 4


class HeadTooLarge(Exception):
    """The headers are longer than any browser's or program's."""


class Punctual(HttpToolsProtocol):
    """One connection, on which a request is here within twenty seconds and its headers have 64 KB at most.

    A deadline for each request would cost each of them a timer, so each connection has one that goes on.
    """

    _since: float | None = None
    _deadline: TimerHandle | None = None
    _head: int | None = None
    _stuck = False
    _too_large = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._since = self.loop.time()
        self._look_again(REQUEST_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # Line breaks alone begin no request, but they end the wait for the next one.
        if self._since is None and (self.cycle is None or self.cycle.response_complete):
            self._since = self.loop.time()
        super().data_received(data)
        if self._head is not None and not self._too_large:
            self._head += len(data)
            if self._head > MAX_HEAD:
                self._refuse_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0
        if self._since is None:
            self._since = self.loop.time()

    def on_headers_complete(self) -> None:
        self._head = None
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MAX_HEAD or len(self.headers) > MAX_HEADERS:
            self._too_large = True
            raise HeadTooLarge
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._since = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, and headers that are too large, which the parser cannot tell apart."""
        if self._too_large:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def _look_again(self, seconds: float) -> None:
        self._deadline = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        before, self._stuck = self._stuck, self.transport.is_closing() or self.flow.write_paused
        if before and self._stuck:  # whoever asked does not read the answer
            self._deadline = None
            self.transport.abort()
            return
        if self._stuck or self._since is None:
            self._look_again(REQUEST_SECONDS)
            return
        left = self._since + REQUEST_SECONDS - self.loop.time()
        if left > 0:
            self._look_again(left)
            return
        self._end(b"408 Request Timeout")
        self._look_again(REQUEST_SECONDS)

    def _refuse_head(self) -> None:
        self._too_large = True
        self._end(b"431 Request Header Fields Too Large")

    def _end(self, status: bytes) -> None:
        """Say why, unless an answer has begun already, and close the connection."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
        self.transport.close()


def server(app: Any, *, host: str = "", port: int = 0) -> uvicorn.Server:
    """Return a server that is not run yet."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=Punctual,
            # We have none, and an upgraded connection would be out of our sight.
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )


def serve(made: uvicorn.Server, listener: socket.socket | None) -> int:
    """Serve on an open socket or the server's own address until told to stop; returns the exit code."""
    made.run(sockets=[listener] if listener else None)
    return 0 if made.started else 1
