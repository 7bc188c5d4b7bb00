"""What embedded servers have in common: a lock, a log, a start, an end, and no leftovers."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from local.account import Account, LocalProblem

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_LIMIT = 10_000_000
POLL = 0.02
RELAUNCH = 0.25
LOCK_PATIENCE = 1.0


class Lock:
    """A lock on a file: one holder, freed by the system when the holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def take(self) -> bool:
        """Return False if another process (or object) holds it. Writes our process id to the file."""
        file = open_private(self._path, "a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return True

    def take_soon(self) -> bool:
        """Like `take`, but waits a moment for a holder that is ending."""
        return wait_until(self.take, LOCK_PATIENCE)

    def holder(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return self._path.read_text().strip()
        return ""

    def release(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


def open_private(path: Path, mode: str) -> IO[Any]:
    """Open a file; a new one is readable by us alone, and a link to another file is refused."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o600))


def make_data_folder(data: Path) -> None:
    """Make the folder. If root makes it, the servers' user can pass through it but not list it."""
    if not data.exists():
        data.mkdir(parents=True)
        data.chmod(0o711 if os.geteuid() == 0 else 0o700)
    logs = data / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)


def open_log(data: Path, name: str) -> IO[bytes]:
    """Open a process's log for appending; a long one is put aside first."""
    path = data / "logs" / f"{name}.log"
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return open_private(path, "ab")


class Server:
    """One embedded server. `start` waits until it answers; `launch` and `answers` are for a supervisor.

    A second object on the same folder refuses to start while the first one runs; a server that a dead
    parent left behind is ended first.
    """

    name = "server"
    binary_names: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    start_seconds = 30.0
    stop_seconds = 5.0

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self.folder = self.data / self.name
        self._lock = Lock(self.data / f"{self.name}.lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: int | None = None
        self._claimed = False

    @property
    def url(self) -> str:
        raise NotImplementedError

    def start(self) -> str:
        """Start, wait until the server answers, and return its address. Idempotent.

        Raises LocalProblem where the server cannot run here.
        """
        self.prepare()
        if self.ended() is not None:
            self.launch()
        if not wait_until(self._answers_or_starts_again, self.start_seconds):
            self.stop()
            raise LocalProblem(f"{self.name} does not answer; see {self.log}")
        return self.url

    def _answers_or_starts_again(self) -> bool:
        """A server that ends at once may have met the last processes of its predecessor."""
        if self.answers():
            return True
        if self.ended() is not None:
            time.sleep(RELAUNCH)
            self.launch()
        return False

    @property
    def log(self) -> Path:
        return self.data / "logs" / f"{self.name}.log"

    def prepare(self) -> None:
        """Lock the folder, end what a dead parent left running, and make what is missing."""
        if self._claimed:
            return
        make_data_folder(self.data)
        if not self._lock.take_soon():
            raise LocalProblem(f"{self.folder} is in use by process {self._lock.holder()}")
        self._claimed = True
        self.end_leftovers()
        self.build()

    def build(self) -> None:
        raise NotImplementedError

    def launch(self) -> None:
        """Start the process without waiting for it; for a server that ended as well as for a new one."""
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def ended(self) -> int | None:
        """The exit code where there is no running process (0 where none was started), else None."""
        return self._process.poll() if self._process else 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def stop(self) -> None:
        """End the server in order, and by force if that takes too long. Idempotent."""
        self.ask_to_stop()
        self.await_stop(self.stop_seconds)
        self._lock.release()
        self._claimed = False

    def ask_to_stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(self.stop_signal)

    def await_stop(self, seconds: float) -> None:
        """Wait for the process to end, and kill it when the time is over."""
        if self._process:
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._pipe is not None:
            os.close(self._pipe)
        self._process = self._pipe = None

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def forget_in_child(self) -> None:
        """After a fork: the child keeps nothing of ours open, so that the lock ends with the parent."""
        self._lock.release()
        if self._pipe is not None:
            os.close(self._pipe)
        self._process = self._pipe = None

    def end_leftovers(self) -> None:
        for number in (self.stop_signal, signal.SIGKILL):
            left = list(running(self.folder, self.binary_names))
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            if wait_until(lambda: not any(running(self.folder, self.binary_names)), self.stop_seconds):
                return
        raise LocalProblem(f"an older {self.name} still uses {self.folder} and cannot be ended")

    def spawn(self, command: list[str], account: Account, *, config: bytes = b"") -> subprocess.Popen[bytes]:
        """Start a command as `account` whose life ends with ours; `config` goes to its standard input."""
        spec: dict[str, object] = {"mode": account.mode, "uid": account.uid, "gid": account.gid}
        spec |= {"signal": int(self.stop_signal), "parent": os.getpid()}
        pipe = _guard_pipe()
        spec["pipe"] = pipe and pipe[0]
        with open_log(self.data, self.name) as log:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(spec), *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                cwd="/",
                pass_fds=pipe[:1] if pipe else (),
                start_new_session=True,
            )
        self._keep_pipe(pipe)
        assert process.stdin
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(config)
            process.stdin.close()
        return process

    def _keep_pipe(self, pipe: tuple[int, int] | None) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
        if pipe:
            os.close(pipe[0])
            self._pipe = pipe[1]


def _guard_pipe() -> tuple[int, int] | None:
    """The kernel's parent-death signal follows the thread that forked: a passing thread needs the pipe."""
    if sys.platform == "linux" and threading.current_thread() is threading.main_thread():
        return None
    return os.pipe()


def running(folder: Path, names: tuple[str, ...]) -> Iterator[int]:
    """Yield the processes of the named programs that were started with `folder` as an argument."""
    # Health checks come by each minute; they need this module and look for no process.
    import psutil

    for process in psutil.process_iter(["cmdline"]):
        program, *arguments = process.info["cmdline"] or [""]
        if Path(program).name in names and str(folder) in arguments:
            yield process.pid


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True
