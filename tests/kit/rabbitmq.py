"""A RabbitMQ for one test, with its own ports, data and register of names.

It runs this machine's programs without touching an installed service, and leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kombu import Connection

from local.ports import hold
from tests.kit.system import eventually

# The programs themselves: the wrappers on PATH must run as root or as the user `rabbitmq`.
PLACES = ("/usr/lib/rabbitmq/bin", "/usr/local/sbin", "/opt/homebrew/sbin", "/opt/homebrew/bin")
START_SECONDS = 60
MISSING = "rabbitmq-server is not installed here (apt install rabbitmq-server)"


def home() -> Path | None:
    """Return the folder of RabbitMQ's own programs, or None if they or Erlang's `epmd` are not installed."""
    folder = next((Path(place) for place in PLACES if (Path(place) / "rabbitmq-server").exists()), None)
    return folder if folder and shutil.which("epmd") else None


class RabbitMq:
    """A server that keeps its data in `folder`; `url` is the address for Celery."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._held = hold(3)
        self.port, self._names, self._peers = range(self._held.port, self._held.port + 3)
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        self._folder.mkdir(mode=0o700)
        (self._folder / "plugins").write_text("[].")
        (self._folder / "rabbitmq.conf").write_text("vm_memory_high_watermark.absolute = 512MB\n")
        # Otherwise Erlang's register of names would stay behind as a daemon, shared by the whole machine.
        self._spawn("epmd", "-address", "127.0.0.1", "-port", str(self._names))
        self._spawn(str(self._programs / "rabbitmq-server"))
        eventually(self._answers, START_SECONDS, what=f"RabbitMQ ({self._folder}/log)")

    def kinds_of_queues(self) -> dict[str, str]:
        """Return the type of every queue by its name, as RabbitMQ itself lists them."""
        done = subprocess.run(
            [self._programs / "rabbitmqctl", "--quiet", "list_queues", "name", "type"],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        lines = (line.split("\t") for line in done.stdout.splitlines()[1:])
        return {line[0]: line[1] for line in lines}

    def pause(self) -> None:
        """Keep the server alive, but let it answer nothing until `go_on`."""
        os.killpg(self._processes[-1].pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.killpg(self._processes[-1].pid, signal.SIGCONT)

    def stop(self) -> None:
        for process in reversed(self._processes):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGCONT)
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._held.release()

    def _spawn(self, *command: str) -> None:
        with (self._folder / "log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    command,
                    env=self._environment(),
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )

    def _answers(self) -> bool:
        code = self._processes[-1].poll()
        assert code is None, (self._folder / "log").read_text()
        try:
            with Connection(self.url, connect_timeout=2) as connection:
                connection.connect()
        except OSError:
            return False
        return True

    def _environment(self) -> dict[str, str]:
        folder = self._folder
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"wz{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._peers),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(self._names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "no-such-file"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            # With this the script becomes the server, rather than its parent.
            "RUNNING_UNDER_SYSTEMD": "true",
        }


@contextmanager
def rabbitmq(programs: Path, folder: Path) -> Iterator[RabbitMq]:
    """Run a server in the block; every process it started is gone afterwards."""
    server = RabbitMq(programs, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
