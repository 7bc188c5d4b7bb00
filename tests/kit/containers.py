"""The containers of docker-compose.yml as processes on this machine: their commands, settings and checks.

They differ from real containers in three ways: addresses are on loopback, each web process has a port of its
own instead of 8000, and a container's secrets are in a folder of its own instead of /run/secrets.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from shared.events.services import SERVICES
from tests.kit.system import PATIENCE, ROOT, eventually

FILE = ROOT / "docker-compose.yml"
RECIPE = ROOT / "services" / "Dockerfile"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
PARTS: dict[str, dict[str, Any]] = COMPOSE["services"]
ROLES = ("web", "worker", "dispatcher")
OURS = [f"{role}-{service}" for role in ROLES for service in SERVICES]
VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")


def filled_in(text: str, given: Mapping[str, str]) -> str:
    """Replace `${NAME}`, `${NAME:-else}` and `${NAME:?what it is}`, as compose does."""

    def value(match: re.Match[str]) -> str:
        name, sign, words = match.groups()
        if given.get(name):
            return given[name]
        assert sign != "?", f"{name} is missing: {words}"
        return words or ""

    return VARIABLE.sub(value, text)


class Containers:
    """The containers. `given` is what an operator writes into `.env`, `secrets` the files that they make."""

    def __init__(
        self, folder: Path, first_port: int, given: Mapping[str, str], secrets: Mapping[str, str]
    ) -> None:
        self._folder, self._given, self._secrets = folder, given, secrets
        self.ports = {name: first_port + place for place, name in enumerate(SERVICES)}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, part: str) -> None:
        """Start a part with its own command, as the image's entry point runs it."""
        self.running[part] = self._spawn(part, [*_entry_point(), *PARTS[part]["command"]])

    def finish(self, part: str, *, code: Path | None = None) -> subprocess.Popen[bytes]:
        """Start a part that ends by itself; `code` is another version of the program."""
        return self._spawn(part, [*_entry_point(), *PARTS[part]["command"]], code)

    def execute(self, part: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a part, as `docker compose exec` does."""
        return subprocess.run(
            command,
            env=self._environment(part),
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def healthy(self, part: str) -> bool:
        """Return what the part's own health check says now."""
        kind, *check = PARTS[part]["healthcheck"]["test"]
        assert kind == "CMD"
        return self.execute(part, *(self._here(part, word) for word in check)).returncode == 0

    def wait_until_healthy(self, *parts: str) -> None:
        for part in parts:
            eventually(lambda part=part: self.healthy(part), what=f"{part} healthy")  # type: ignore[misc]

    def log(self, part: str) -> str:
        return (self._folder / f"{part}.log").read_text()

    def stop(self) -> dict[str, int]:
        """Stop all parts as `docker compose stop` does, and return their exit codes.

        Each gets SIGTERM, and SIGKILL after its grace period.
        """
        for process in self.running.values():
            process.terminate()
        return {part: self._await_stop(part, process) for part, process in self.running.items()}

    def _await_stop(self, part: str, process: subprocess.Popen[bytes]) -> int:
        try:
            return process.wait(int(PARTS[part]["stop_grace_period"].rstrip("s")))
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def _spawn(self, part: str, command: list[str], code: Path | None = None) -> subprocess.Popen[bytes]:
        environment = self._environment(part) | ({"PYTHONPATH": str(code)} if code else {})
        with (self._folder / f"{part}.log").open("ab") as log:
            return subprocess.Popen(
                [self._here(part, word) for word in command],
                env=environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _environment(self, part: str) -> dict[str, str]:
        """Return what the image, the compose file and the operator set, and nothing of the tests' own."""
        build = PARTS[part]["build"].get("args", {})
        said = PARTS[part].get("environment", {})
        settings = {name: self._here(part, filled_in(value, self._given)) for name, value in said.items()}
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "PYTHONPATH": str(ROOT),
            "WEERZIEN_SECRETS_DIR": str(self._secrets_of(part)),
            **{name: value for name, value in self._given.items() if name == "TWILIO_API_BASE_URL"},
            **build,
            **settings,
        }

    def _secrets_of(self, part: str) -> Path:
        folder = self._folder / "secrets" / part
        if not folder.exists():
            folder.mkdir(parents=True)
            for name in PARTS[part].get("secrets", []):
                (folder / name).write_text(self._secrets[name])
        return folder

    def _here(self, part: str, word: str) -> str:
        for service, port in self.ports.items():
            word = word.replace(f"http://web-{service}:8000", f"http://127.0.0.1:{port}")
        if part.startswith("web-"):
            word = word.replace("8000", str(self.ports[part.removeprefix("web-")]))
        return word.replace("0.0.0.0", "127.0.0.1")


def _entry_point() -> list[str]:
    match = re.search(r"(?m)^ENTRYPOINT (\[.*\])$", RECIPE.read_text())
    assert match
    words: list[str] = json.loads(match[1])
    return words


@contextmanager
def stopped_afterwards(containers: Containers) -> Iterator[Containers]:
    try:
        yield containers
    finally:
        containers.stop()
