"""A provider that costs next to nothing: takes every text after so many milliseconds, and keeps none.

`python -m benchmarks.provider PORT MILLISECONDS`. The stand-in of the tests keeps a ledger and takes as much
of two cores as what is measured.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx

from local.ports import hold
from tests.kit.system import ROOT, eventually
from tests.kit.twilio_ledger import DATE, SID, Entry, new_sid, resource


class Provider(asyncio.Protocol):
    def __init__(self, seconds: float) -> None:
        self._seconds, self._read = seconds, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, there, body = self._read.partition(b"\r\n\r\n")
        length = next(
            (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), b":0"
        )
        if there and len(body) >= int(length.split(b":")[1]):
            self._read = b""
            asyncio.get_running_loop().call_later(self._seconds, self._answer)

    def _answer(self) -> None:
        taken = Entry(new_sid(), "+31600000000", "", None, None, None, f"{datetime.now(UTC):{DATE}}")
        content = json.dumps(resource(SID, taken)).encode()
        self._transport.write(
            b"HTTP/1.1 201 CREATED\r\nContent-Type: application/json\r\n"
            b"Content-Length: " + str(len(content)).encode() + b"\r\n\r\n" + content
        )


@contextmanager
def provider(milliseconds: int) -> Iterator[str]:
    """Its address, while it runs in a process of its own."""
    with hold() as port:
        command = [sys.executable, "-m", "benchmarks.provider", str(port), str(milliseconds)]
        process = subprocess.Popen(command, cwd=ROOT)
        try:
            eventually(lambda: _answers(f"http://127.0.0.1:{port}/"), 20, what="a provider")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.HTTPError:
        return False


async def _serve(port: int, milliseconds: int) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: Provider(milliseconds / 1000), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
