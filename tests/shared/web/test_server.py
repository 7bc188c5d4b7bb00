"""A connection on which nothing whole arrives is ended, and everybody else is served meanwhile."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn

from shared.web import server
from tests.local.conftest import until

PATIENCE = 10.0
Connect = Callable[[], socket.socket]


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body; with nothing where its end never came."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    said = b"x" * 30_000_000 if scope["path"] == "/long" else str(len(body)).encode()
    length = str(len(said)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": said})


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[uvicorn.Server]:
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.5)
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 4)
    made = server.server(echo)
    made.config.lifespan = "off"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made.config.port = listener.getsockname()[1]
        thread = threading.Thread(target=made.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until(lambda: made.started, what="for the server to start")
        yield made
        made.should_exit = made.force_exit = True
        thread.join(PATIENCE)


@pytest.fixture
def connect(running: uvicorn.Server) -> Iterator[Connect]:
    opened: list[socket.socket] = []

    def connected() -> socket.socket:
        opened.append(socket.create_connection(("127.0.0.1", running.config.port), timeout=PATIENCE))
        return opened[-1]

    yield connected
    for one in opened:
        one.close()


def answer(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


POST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n"


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nHost: here\r\n",
        POST,
        POST + b"123",
        b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12",
    ],
)
def test_a_request_that_stops_halfway_is_ended(connect: Connect, half: bytes) -> None:
    connection = connect()
    connection.sendall(half)
    assert answer(connection).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("drop", [b"\r\n", b"GET / HTTP/1.1\r\n"])
def test_nothing_whole_after_a_whole_request_is_ended_too(connect: Connect, drop: bytes) -> None:
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    assert b"200 OK" in connection.recv(1000)
    connection.sendall(drop)
    answer(connection)


def test_a_request_that_comes_in_pieces_in_time_is_answered(connect: Connect) -> None:
    connection = connect()
    for piece in (POST[:7], POST[7:], b"12345", b"67890"):
        connection.sendall(piece)
    assert b"200 OK" in connection.recv(1000)


@pytest.mark.parametrize(
    "headers",
    [
        b"X-Long: " + b"x" * 70_000,
        b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n",
        b"X: y\r\n" * 200 + b"\r\n",
    ],
)
def test_headers_that_are_too_large_are_refused(connect: Connect, headers: bytes) -> None:
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n" + headers)
    assert answer(connection).startswith(b"HTTP/1.1 431 ")


def test_headers_within_their_size_are_read(connect: Connect) -> None:
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nX-Long: " + b"x" * 60_000 + b"\r\n\r\n")
    assert b"200 OK" in connection.recv(1000)


def test_who_never_reads_the_answer_is_let_go(connect: Connect, running: uvicorn.Server) -> None:
    connection = connect()
    connection.sendall(b"GET /long HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    until(lambda: bool(running.server_state.connections), what="for the connection")
    until(lambda: not running.server_state.connections, what="for the end of the connection")


def test_above_a_number_of_connections_the_next_is_refused_and_served_again_later(connect: Connect) -> None:
    for _ in range(3):
        connect().sendall(b"G")
    while True:
        last = connect()
        last.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        said = answer(last)
        if b"503" in said:
            break
        connect().sendall(b"G")
    until(lambda: _served(connect), what="for the half-sent ones to end")


def _served(connect: Connect) -> bool:
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    return b"200 OK" in answer(connection)
