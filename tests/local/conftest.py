"""Programs that tests start, with everything below them ended afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.kit.system import PATIENCE

REPOSITORY = Path(__file__).parents[2]
HERE = Path(__file__).parent
IMPORTS = (str(REPOSITORY), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
NOBODY = 65534


def as_ordinary_user() -> tuple[str, ...]:
    """How root starts Python as a user without rights; skips the test where no Python lets that user in."""
    become = ("/usr/bin/setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        command = (*become, python)
        again = f"import subprocess, psycopg; subprocess.run([{python!r}, '-c', ''], check=True)"
        if not Path(python).exists():
            continue
        if (
            subprocess.run(
                [*command, "-c", again],
                env={"PYTHONPATH": os.pathsep.join(IMPORTS)},
                capture_output=True,
                check=False,
            ).returncode
            == 0
        ):
            return command
    pytest.skip("an ordinary user cannot run any Python of this version here")


def until(condition: Callable[[], object], seconds: float = PATIENCE, what: str = "") -> object:
    """Wait for something true and return it; fails the test when it does not come."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} s in vain {what}")
        time.sleep(0.02)
    return found


def processes_of(folder: Path) -> dict[int, str]:
    """Every process that works in the folder or was started with a path in it."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            at = str((entry / "cwd").readlink())
            dead = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if (str(folder) in command or at.startswith(str(folder))) and not dead:
            found[int(entry.name)] = command
    return found


class Program:
    """A Python program of these tests, started on a data folder."""

    def __init__(self, script: str, *arguments: object, prefix: tuple[str, ...] = ()) -> None:
        python = prefix or (sys.executable,)
        self.process = subprocess.Popen(
            [*python, "-u", str(HERE / script), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(IMPORTS), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/",
        )

    def line(self) -> str:
        assert self.process.stdout
        read = self.process.stdout.readline().strip()
        if not read:
            assert self.process.stderr
            pytest.fail(self.process.stderr.read())
        return read

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def finish(self) -> tuple[int, str]:
        """Close its input, and answer its exit code and what it said about problems."""
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said


Start = Callable[..., Program]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts programs and leaves none behind."""
    programs: list[Program] = []

    def begin(script: str, *arguments: object, prefix: tuple[str, ...] = ()) -> Program:
        programs.append(Program(script, *arguments, prefix=prefix))
        return programs[-1]

    yield begin
    for program in programs:
        if program.process.poll() is None:
            program.kill()
        for stream in (program.process.stdin, program.process.stdout, program.process.stderr):
            if stream:
                stream.close()


@pytest.fixture
def place() -> Iterator[Path]:
    """A new folder that every user may pass through, with nothing of it running afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="wz", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    until(lambda: not processes_of(folder), what=f"for the end of {processes_of(folder)}")
    shutil.rmtree(folder)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True, connect_timeout=5) as connection:
        cursor = connection.execute(query)
        return list(cursor.fetchall()) if cursor.description else []
