"""The file that a server starts from: every part watched, nothing secret in it, one door to the outside."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ROLES = ("web", "worker", "dispatcher")
OURS = [f"{role}-{name}" for role in ROLES for name in ("intake", "referral", "notify")]
PINNED = re.compile(r":v?\d+\.\d+[\w.-]*$")


def test_every_service_has_its_three_roles() -> None:
    assert set(OURS) <= set(SERVICES)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_part_is_watched_and_comes_back(name: str) -> None:
    part = SERVICES[name]
    assert part["healthcheck"]["test"]
    assert part["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_nothing_is_written_outside_its_volumes(name: str) -> None:
    assert SERVICES[name]["read_only"] is True


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_image_is_pinned_or_built_here(name: str) -> None:
    part = SERVICES[name]
    if "build" in part:
        assert part["build"]["dockerfile"] == "services/Dockerfile"
    else:
        assert PINNED.search(part["image"])


def test_only_the_door_is_open_to_the_outside() -> None:
    assert [name for name, part in SERVICES.items() if part.get("ports")] == ["caddy"]


def test_secrets_are_files_and_have_no_default() -> None:
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
    for part in SERVICES.values():
        for variable, value in part.get("environment", {}).items():
            secret = re.search(r"PASSWORD|SECRET|TOKEN|KEYS", variable)
            assert not secret or variable.endswith("_FILE"), variable
            assert ":-" not in str(value) or variable == "WEERZIEN_AUTO_OFFER"


def test_the_recipe_runs_as_an_ordinary_user_from_pinned_parts() -> None:
    recipe = (ROOT / "services" / "Dockerfile").read_text()
    assert "USER weerzien" in recipe
    assert "--require-hashes" in recipe
    assert all(PINNED.search(line.split()[1]) for line in recipe.splitlines() if line.startswith("FROM"))


def test_compose_itself_accepts_the_file() -> None:
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed here (apt install docker-compose)")
    names = set(re.findall(r"\$\{(\w+):\?", FILE.read_text()))
    environment = {"PATH": os.environ["PATH"]} | dict.fromkeys(names, "example.org")
    done = subprocess.run(
        [program, "-f", str(FILE), "config", "--quiet"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
