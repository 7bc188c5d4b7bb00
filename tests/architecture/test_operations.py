"""The page that operators follow: what it says to type is there, and does what it says."""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from services import system
from services.cli import app
from services.intake.settings import IntakeSettings
from services.notify.channels.settings import ChannelSettings
from services.referral.settings import ReferralSettings
from shared.events.services import SERVICES
from shared.settings import CommonSettings, parse_secrets
from tests.kit.containers import COMPOSE, OURS, PARTS
from tests.kit.system import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text()
# Where how long each kind of data is kept has its settings.
PRIVACY = (ROOT / "docs" / "privacy.md").read_text()
BLOCKS = re.findall(r"(?s)```sh\n(.*?)```", PAGE)
NOT_SECRET = {
    "WEERZIEN_EVENT_SOURCE": "urn:nld:kvknr:12345678:weerzien",
    "WEERZIEN_PUBLIC_URL_INTAKE": "https://intake.org",
    "WEERZIEN_PUBLIC_URL_REFERRAL": "https://referral.org",
    "WEERZIEN_PUBLIC_URL_NOTIFY": "https://notify.org",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_FROM": "+3197010000000",
}


def lines() -> Iterator[str]:
    """Every line to type, with those that go on joined and their remarks taken off."""
    for block in BLOCKS:
        for line in block.replace("\\\n", " ").splitlines():
            yield re.sub(r"\s+#.*", "", line)


def of_weerzien() -> list[list[str]]:
    inline = re.findall(r"`((?:docker compose run --rm (?:-T )?operator |weerzien )[a-z][^`]*)`", PAGE)
    ours = r"(?:(?:^|[\s/])weerzien|^docker compose run --rm (?:-T )?operator) ([a-z].*)"
    found = (re.search(ours, one) for one in [*lines(), *inline])
    return [shlex.split(one[1].partition(" < ")[0]) for one in found if one and "systemctl" not in one.string]


def known(words: list[str]) -> bool:
    """Whether the command line takes these words; nothing is done with them."""
    command = get_command(app)
    while hasattr(command, "commands"):
        if not words or words[0] not in command.commands:
            return False
        command, words = command.commands[words[0]], words[1:]
    options = {option for one in command.params for option in one.opts}
    return {word for word in words if word.startswith("--")} <= options


def test_every_command_of_ours_on_the_page_is_there_with_its_options() -> None:
    asked = [words for words in of_weerzien() if words[0] != "weerzien"]
    assert len(asked) > 15
    assert [words for words in asked if not known(words)] == []


def test_every_part_that_the_page_names_to_compose_is_in_its_file() -> None:
    named: set[str] = set()
    for line in lines():
        if match := re.search(r"docker compose (?:exec(?: -T)?|stop|run --rm|up --detach) (.+)", line):
            named |= set(
                re.findall(
                    r"\b(?:web|worker|dispatcher)-\w+|\b(?:postgres|caddy|migrate|operator)\b", match[1]
                )
            )
    assert {"caddy", "migrate", "postgres", "operator"} <= named
    assert named <= set(PARTS)


def test_after_every_restore_what_was_due_lapses_before_anything_starts() -> None:
    [page] = re.findall(r"(?ms)^## Restore$(.*?)^## ", PAGE)
    recipes = re.findall(r"(?s)```sh\n(.*?)```", page)
    assert len(recipes) == 3
    for recipe in recipes:
        assert re.search(r"(?s) stop .* messages lapse.*(systemctl start|compose up --detach\n)", recipe)


def test_a_restore_stops_all_that_could_write() -> None:
    [stop] = [line for line in lines() if line.startswith("docker compose stop")]
    writing = {name for name in PARTS if name.startswith(("web-", "worker-", "dispatcher-"))}
    assert set(stop.split()[3:]) == writing | {"caddy"}


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """What the page's lines make in an empty folder."""
    [block] = [block for block in BLOCKS if block.startswith("mkdir -m 700 secrets")]
    subprocess.run(["sh", "-euc", block], cwd=tmp_path, check=True)
    return tmp_path / "secrets"


def test_the_secrets_that_an_operator_makes_are_those_that_compose_asks_for(secrets: Path) -> None:
    assert {path.name for path in secrets.iterdir()} == set(COMPOSE["secrets"])
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o600}


def test_the_settings_take_them(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"PATH": os.environ["PATH"], "WEERZIEN_SECRETS_DIR": str(secrets), **NOT_SECRET}
    monkeypatch.setattr("os.environ", environment)
    for service in SERVICES:
        settings = system.settings(service)
        assert f"//weerzien_{service}:" in settings.database_url
        assert settings.database_url.endswith("@postgres/weerzien")
        assert settings.broker_url.startswith(f"redis://{service}:")
        assert len(settings.peer_keys) == 3
        made = {settings.secret_key, settings.index_key, *settings.peer_keys.values()}
        assert len(made) == 5
    assert settings.twilio_auth_token  # type: ignore[attr-defined]


def rotated_by(marker: str, file: Path) -> Iterator[list[str]]:
    """Type the lines of the page that rotate a key, and tell each time what the file holds."""
    for block in BLOCKS:
        for line in block.splitlines() if marker in block else ():
            if line.startswith("for file in $files"):
                command = ["sh", "-euc", f"files={file}; {line}"]
                subprocess.run(command, cwd=file.parents[1], check=True)
                yield file.read_text().split(",")


def test_an_encryption_key_is_rotated_by_the_lines_of_the_page(secrets: Path) -> None:
    file = secrets / "weerzien_encryption_keys_intake"
    old = file.read_text()
    (first, new), used, taken = rotated_by("files=$(echo secrets/weerzien_encryption_keys_*)", file)
    assert first == old
    assert new.startswith("k2:")
    assert (used, taken) == ([new, old], [new])


def test_a_signing_key_is_rotated_by_the_lines_of_the_page(secrets: Path) -> None:
    for name in ("weerzien_secret_key_notify", "weerzien_peer_key_intake_notify"):
        file = secrets / name
        old = file.read_text()
        (first, new), used, taken = rotated_by("files=$(echo secrets/weerzien_secret_key_*", file)
        assert (first, used, taken) == (old, [new, old], [new])
        assert parse_secrets(f"{new},{old}") == (new, old)


def test_a_server_with_one_set_of_secrets_gives_each_service_its_own(secrets: Path) -> None:
    """And nothing that is stored is lost by it: the index key is the secret key of before."""
    for name in ("secret_key", "encryption_keys"):
        (secrets / f"weerzien_{name}").write_text(f"{name} of before")
    [block] = [block for block in BLOCKS if "cp -p secrets/weerzien_secret_key" in block]
    subprocess.run(["sh", "-euc", block.replace("sudo ", "")], cwd=secrets.parent, check=True)
    for service in SERVICES:
        for name, was in (("secret_key",) * 2, ("index_key", "secret_key"), ("encryption_keys",) * 2):
            assert (secrets / f"weerzien_{name}_{service}").read_text() == f"{was} of before"


def test_what_docker_calls_unhealthy_is_started_again(tmp_path: Path) -> None:
    """With a `docker` that writes down what it is asked."""
    docker = tmp_path / "docker"
    docker.write_text(
        f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\n[ "$1" = ps ] && echo 4f5e && echo 9a1b\nexit 0\n'
    )
    docker.chmod(0o755)
    subprocess.run(
        [ROOT / "ops" / "restart-what-hangs", "docker"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        check=True,
    )
    first, second = (tmp_path / "asked").read_text().splitlines()
    assert "--filter health=unhealthy" in first
    assert second == "restart 4f5e 9a1b"


# What `up` sets for itself, and what only tests point elsewhere.
NOT_FOR_OPERATORS = {"WEERZIEN_EMBEDDED", "WEERZIEN_CLOCK", "WEERZIEN_CLOCK_ANCHOR", "TWILIO_API_BASE_URL"}


def is_told(name: str, page: str) -> bool:
    """Whether a page names it: whole, or as `NAME_INTAKE`, `_REFERRAL` where only the end differs."""
    short = re.findall(r"`(\w+)`((?:, `_\w+`)+)", page)
    ends = [(whole, end) for whole, others in short for end in re.findall(r"`(_\w+)`", others)]
    return f"`{name}" in page or any(
        name.endswith(end) and whole.startswith(name.removesuffix(end)) for whole, end in ends
    )


def names_of(kind: type[CommonSettings]) -> set[str]:
    prefix = kind.model_config.get("env_prefix", "")
    return {str(one.validation_alias or f"{prefix}{name.upper()}") for name, one in kind.model_fields.items()}


@pytest.mark.parametrize("kind", [CommonSettings, IntakeSettings, ReferralSettings, ChannelSettings])
def test_every_setting_that_an_operator_can_make_is_on_the_page(kind: type[CommonSettings]) -> None:
    untold = {name for name in names_of(kind) if not is_told(name, PAGE + PRIVACY)}
    assert untold == NOT_FOR_OPERATORS & names_of(kind)


def test_the_containers_are_given_no_setting_that_no_service_reads() -> None:
    known = names_of(IntakeSettings) | names_of(ReferralSettings) | names_of(ChannelSettings)
    given = {
        name.removesuffix("_FILE")
        for part in OURS
        for name in PARTS[part].get("environment", {})
        if name.startswith(("WEERZIEN_", "TWILIO_"))
    }
    assert given
    assert given - known == set()
