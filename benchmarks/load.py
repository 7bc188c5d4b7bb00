"""A client that costs little: requests over connections that stay open, on asyncio's own streams."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlsplit


def request_bytes(url: str, body: Any, headers: dict[str, str]) -> bytes:
    parts = urlsplit(url)
    content = json.dumps(body).encode()
    lines = [
        f"POST {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


async def _client(url: str, requests: list[bytes], wanted: int, end: float) -> int:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    done = 0
    while requests and time.perf_counter() < end:
        writer.write(requests.pop())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        await reader.readexactly(length)
        status = int(head.split(b" ", 2)[1])
        if status != wanted:
            raise AssertionError(f"{url} answered {status}")
        done += 1
    writer.close()
    return done


def per_second(
    url: str, requests: list[bytes], *, wanted: int, clients: int = 32, seconds: float = 5
) -> float:
    """How many of these were answered in a second, over `clients` connections."""

    async def run() -> float:
        begun = time.perf_counter()
        end = begun + seconds
        done = await asyncio.gather(*(_client(url, requests, wanted, end) for _ in range(clients)))
        return sum(done) / (time.perf_counter() - begun)

    return asyncio.run(run())
