"""Ports of this machine: a free one for a server of ours, and who holds one that we need."""

from __future__ import annotations

import contextlib
import random
import socket
from pathlib import Path

LOW, HIGH = 20_000, 32_000
"""Below the range from which systems take ports for outgoing connections."""

PORT_CHOICES = random.SystemRandom()


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    for _ in range(200):
        port = PORT_CHOICES.randrange(LOW, HIGH)
        if is_free(port):
            return port
    raise OSError(f"no free port between {LOW} and {HIGH}")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that the program's children may inherit. Raises OSError where it is taken."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def holder(port: int) -> str:
    """Who listens on a port, in words; as far as this system tells us."""
    for inode in _listening_inodes(port):
        for pid in _owners(inode):
            return f"process {pid} ({_command(pid)})"
    return "another program (of another user, or outside this container)"


def _listening_inodes(port: int) -> list[str]:
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if int(fields[1].rsplit(":", 1)[1], 16) == port and fields[3] == "0A":
                    found.append(fields[9])
    return found


def _owners(inode: str) -> list[int]:
    wanted = f"socket:[{inode}]"
    return sorted(
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and wanted in _open_files(entry)
    )


def _open_files(process: Path) -> set[str]:
    links = set()
    with contextlib.suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                links.add(str(descriptor.readlink()))
    return links


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return text.strip()[:120]
    return "unknown command"
