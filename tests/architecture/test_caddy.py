"""The door of a server, as Caddy itself reads it; where Caddy is not installed nothing can read it."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.ports import hold
from shared.events.services import SERVICES
from tests.kit.system import ROOT, eventually

CADDY = shutil.which("caddy")
DOOR = ROOT / "docker" / "Caddyfile"
pytestmark = pytest.mark.skipif(CADDY is None, reason="caddy is not installed (`apt-get install caddy`)")


class Web(http.server.BaseHTTPRequestHandler):
    """Stands for a web process of ours: answers everything, with nothing about transport."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ours")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *args: object) -> None: ...


def environment(home: Path, **hosts: str) -> dict[str, str]:
    """Caddy keeps what it makes in this folder, and is told the names of the three services."""
    kept = {"HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    return {"PATH": os.environ["PATH"], **kept, **hosts}


def caddy(command: str, given: dict[str, str]) -> str:
    assert CADDY
    done = subprocess.run(
        [CADDY, command, "--config", str(DOOR), "--adapter", "caddyfile"],
        env=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_caddy_takes_the_file_as_it_is(tmp_path: Path) -> None:
    names = {f"WEERZIEN_HOST_{one.upper()}": f"{one}.example.org" for one in SERVICES}
    assert "Valid configuration" in caddy("validate", environment(tmp_path, **names))


@pytest.fixture
def door(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The addresses of a running Caddy, by service; only names, ports and where it passes on are others."""
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    with hold(3) as port:
        addresses = {one: f"http://127.0.0.1:{port + step}" for step, one in enumerate(SERVICES)}
        hosts = {f"WEERZIEN_HOST_{one.upper()}": address for one, address in addresses.items()}
        given = environment(tmp_path, **hosts)
        told = caddy("adapt", given)
        for one in SERVICES:
            told = told.replace(f"web-{one}:8000", f"127.0.0.1:{web.server_port}")
        config = {**json.loads(told), "admin": {"disabled": True}}
        running = subprocess.Popen(
            [str(CADDY), "run", "--config", "-"],
            env=given,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert running.stdin
            running.stdin.write(json.dumps(config).encode())
            running.stdin.close()
            eventually(lambda: all(map(answers, addresses.values())), what="a door that is open")
            yield addresses
        finally:
            running.terminate()
            running.wait(60)
            web.shutdown()
            web.server_close()


def answers(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("service", SERVICES)
def test_figures_and_what_services_ask_each_other_stay_inside(door: dict[str, str], service: str) -> None:
    for path in ("/metrics", "/internal/v1/anything"):
        answer = httpx.get(door[service] + path, trust_env=False)
        assert (answer.status_code, answer.content) == (404, b"")
        assert "max-age=" in answer.headers["Strict-Transport-Security"]
    assert httpx.get(f"{door[service]}/v1/openapi.json", trust_env=False).text == "ours"


def test_more_than_a_body_may_hold_is_not_passed_on(door: dict[str, str]) -> None:
    def posted(size: int) -> int:
        return httpx.post(door["intake"], content=b"x" * size, trust_env=False, timeout=60).status_code

    assert posted(100_000) == 200
    assert posted(200_000) >= 400
