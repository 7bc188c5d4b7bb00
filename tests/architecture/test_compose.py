"""The file that a server starts from: every part watched, nothing secret in it, one door to the outside."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import yaml

from local.valkey import Valkey
from shared.events.services import SERVICES
from tests.kit.containers import COMPOSE, FILE, OURS, PARTS, RECIPE
from tests.kit.system import ROOT

JOBS = {"migrate", "operator"}
"""They end by themselves: whether they went well is their exit code."""
OF_EACH = ("database_url", "broker_url", "secret_key", "index_key", "encryption_keys")
PINNED = re.compile(r":v?\d+\.\d+(\.\d+)?(-[a-z-]+)?$")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEYS|_URL$")
ROOT_INSIDE = {"caddy"}
"""Opens the ports 80 and 443, and has no other right of root."""
READ_BY = {"postgres": "999:999", "valkey": "999:999", "mailpit": "65534:65534"}


def texts(value: Any) -> Iterator[str]:
    """Every word under this, however deep."""
    if isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    else:
        yield str(value)


def variables() -> set[str]:
    return {name for part in PARTS.values() for name in part.get("environment", {})}


def test_every_service_has_its_three_roles() -> None:
    assert set(OURS) <= set(PARTS)


@pytest.mark.parametrize("name", sorted(set(PARTS) - JOBS))
def test_every_part_is_watched_and_comes_back(name: str) -> None:
    part = PARTS[name]
    assert part["healthcheck"]["test"]
    assert {"interval", "timeout", "retries"} <= set(part["healthcheck"])
    assert part["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(PARTS))
def test_nothing_is_written_outside_its_volumes_and_no_right_is_kept(name: str) -> None:
    part = PARTS[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part.get("cap_add", []) == (["NET_BIND_SERVICE"] if name in ROOT_INSIDE else [])
    assert part["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", sorted(PARTS))
def test_every_image_is_pinned_or_built_here_and_runs_as_an_ordinary_user(name: str) -> None:
    part = PARTS[name]
    if "build" in part:
        assert part["build"]["dockerfile"] == "services/Dockerfile"
        assert "user" not in part
    else:
        assert PINNED.search(part["image"]), part["image"]
        assert part.get("user") == READ_BY.get(name)
        assert "user" in part or name in ROOT_INSIDE


@pytest.mark.parametrize("name", sorted(PARTS))
def test_no_part_fills_the_disk_with_its_log(name: str) -> None:
    assert {"max-size", "max-file"} <= set(PARTS[name]["logging"]["options"])


def test_only_the_door_is_open_to_the_outside() -> None:
    assert [name for name, part in PARTS.items() if part.get("ports")] == ["caddy"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert {name for name, part in PARTS.items() if "outside" in part["networks"]} == {
        "caddy",
        "worker-notify",
        "operator",
    }


def test_secrets_are_files_and_have_no_default() -> None:
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
    assert {name for name in variables() if SECRET.search(name)} == {"POSTGRES_PASSWORD_FILE"}
    for text in texts(COMPOSE):
        assert not re.search(r"://[^/\s]*:[^/\s]*@", text), "an address with a password in it"


def its_own(service: str) -> set[str]:
    """The secrets of one service; a pair of services has a key that the third does not have."""
    pairs = [name for name in COMPOSE["secrets"] if name.startswith("weerzien_peer_key_")]
    return {f"weerzien_{one}_{service}" for one in OF_EACH} | {name for name in pairs if service in name}


def test_each_part_has_the_secrets_that_it_needs_and_no_other() -> None:
    providers = {
        "notify": {"weerzien_smtp_url", "weerzien_imap_url", "twilio_auth_token"},
        "intake": {"weerzien_voice_auth_token"},
    }
    for name in OURS:
        service = name.partition("-")[2]
        wanted = its_own(service) | providers.get(service, set())
        assert set(PARTS[name]["secrets"]) == wanted
    urls = {f"weerzien_database_url_{service}" for service in SERVICES}
    assert set(PARTS["migrate"]["secrets"]) == {"weerzien_database_url", *urls}
    everything = {"weerzien_database_url"}.union(*providers.values(), *map(its_own, SERVICES))
    assert set(PARTS["operator"]["secrets"]) == everything
    assert all(not part.get("secrets") for name, part in PARTS.items() if name in ("caddy", "mailpit"))


def test_the_organisations_accounts_open_a_way_out_for_the_pages_of_intake_alone() -> None:
    more = yaml.safe_load((ROOT / "docker-compose.accounts.yml").read_text())
    assert set(more["services"]) == {"web-intake", "operator"}
    for part in more["services"].values():
        assert part["networks"] == ["inside", "outside"]
        assert part["secrets"] == list(more["secrets"]) == ["weerzien_oidc_client_secret"]
        assert [name for name in part["environment"] if SECRET.search(name)] == []
    assert more["secrets"]["weerzien_oidc_client_secret"] == {"file": "./secrets/weerzien_oidc_client_secret"}


def test_two_services_share_one_key_and_no_two_share_another_secret() -> None:
    for one, other in combinations(SERVICES, 2):
        assert its_own(one) & its_own(other) == {f"weerzien_peer_key_{one}_{other}"}


def test_a_catcher_of_mail_and_the_operator_run_only_where_they_are_asked_for() -> None:
    assert {name: part["profiles"] for name, part in PARTS.items() if "profiles" in part} == {
        "mailpit": ["try"],
        "operator": ["operator"],
    }


def test_the_door_has_a_name_for_each_service_and_keeps_figures_inside() -> None:
    door = (ROOT / "docker" / "Caddyfile").read_text()
    for service in ("intake", "referral", "notify"):
        block = re.search(rf"(?s){{\$WEERZIEN_HOST_{service.upper()}}} {{\n(.*?)\n}}", door)
        assert block
        assert f"reverse_proxy web-{service}:8000" in block[1]
        assert "respond /metrics 404" in block[1]


def test_the_recipe_runs_as_an_ordinary_user_from_pinned_parts() -> None:
    recipe = RECIPE.read_text()
    assert "USER weerzien" in recipe
    assert "--require-hashes" in recipe
    assert all(PINNED.search(line.split()[1]) for line in recipe.splitlines() if line.startswith("FROM"))


def test_only_what_the_recipe_copies_gets_into_an_image() -> None:
    """Neither secrets nor data nor history: everything is kept out, and a few things are let in."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] not in ("", "#")]
    copied = {
        source.strip("/")
        for line in RECIPE.read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied
    assert "/secrets/" in (ROOT / ".gitignore").read_text()


def brokers_settings(folder: Path) -> str:
    """What the broker is told, by its own command in a shell as in the container, with `cat` in its place."""
    for name in PARTS["valkey"]["secrets"]:
        (folder / name).write_text(f"s3cret-{name.removeprefix('valkey_password')}")
    script = PARTS["valkey"]["command"][2].replace("$$", "$").replace("/run/secrets", str(folder))
    script = script.replace("exec valkey-server -", "exec cat")
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout


def test_the_broker_keeps_what_it_has_and_refuses_rather_than_forgets(tmp_path: Path) -> None:
    said = brokers_settings(tmp_path)
    assert "user default on >s3cret- " in said
    assert "maxmemory-policy noeviction\n" in said
    assert "appendonly yes\n" in said


def test_a_service_takes_from_its_own_queues_alone(tmp_path: Path) -> None:
    """By the broker itself, with the users of its own command."""
    valkey = Valkey(tmp_path / "broker")
    valkey.start()
    try:
        owner = redis.Redis.from_url(valkey.url)
        for line in brokers_settings(tmp_path).splitlines():
            if line.startswith("user ") and not line.startswith("user default"):
                owner.execute_command("ACL", "SETUSER", *line.split()[1:])  # type: ignore[no-untyped-call]
        port = urlsplit(valkey.url).port
        intake = redis.Redis.from_url(f"redis://intake:s3cret-_intake@127.0.0.1:{port}/0")
        assert intake.lpush("notify.events", "an id") == 1
        assert intake.lpush("intake.events", "an id") == 1
        assert intake.rpop("intake.events") == b"an id"
        for forbidden in (
            lambda: intake.rpop("notify.events"),
            lambda: intake.lrange("notify.events", 0, -1),
            lambda: intake.hgetall("notify.unacked"),
            lambda: intake.flushall(),
            lambda: intake.keys("*"),
            lambda: intake.config_get("requirepass"),
            lambda: intake.acl_list(),
        ):
            with pytest.raises(redis.exceptions.NoPermissionError):
                forbidden()
    finally:
        valkey.stop()


@pytest.fixture
def compose() -> list[str]:
    """`docker-compose`, or `docker compose` where that is what there is."""
    if program := shutil.which("docker-compose"):
        return [program]
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0:
        return [docker, "compose"]
    pytest.skip("docker-compose is not installed here (apt install docker-compose)")


def accepted(compose: list[str], **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*compose, "-f", str(FILE), "config"],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | given,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_compose_itself_accepts_the_file(compose: list[str]) -> None:
    names = set(re.findall(r"\$\{(\w+):\?", FILE.read_text()))
    done = accepted(compose, **dict.fromkeys(names, "example.org"))
    assert done.returncode == 0, done.stderr
    assert "WEERZIEN_PUBLIC_URL_NOTIFY: https://example.org" in done.stdout


def test_compose_names_what_an_operator_has_not_said(compose: list[str]) -> None:
    refused = accepted(compose, WEERZIEN_EVENT_SOURCE="urn:nld:kvknr:12345678:weerzien")
    assert refused.returncode != 0
    assert re.search(r"WEERZIEN_HOST_\w+|TWILIO_ACCOUNT_SID", refused.stderr)


def test_the_entry_point_is_what_the_commands_are_given_to() -> None:
    found = re.search(r"(?m)^ENTRYPOINT (\[.*\])$", RECIPE.read_text())
    assert found
    assert json.loads(found[1])[:2] == ["/bin/sh", "-c"]
    assert {PARTS[name]["command"][0] for name in OURS} == {"web", "worker", "dispatcher"}
