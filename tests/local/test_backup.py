"""The backup that the page for operators describes, made after everything was killed, and looked into."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.environment import noted_environment
from shared.events.services import SERVICES
from tests.intake.requests.questions import question
from tests.kit.system import ROOT, System, system_from_nothing
from tests.local.conftest import processes_of, rows, until

# One system for all of them.
pytestmark = pytest.mark.xdist_group("backup")
PAGE = (ROOT / "docs" / "operations.md").read_text()
BLOCKS = re.findall(r"(?s)```sh\n(.*?)```", PAGE)


@pytest.fixture(scope="module")
def killed() -> Iterator[tuple[System, str]]:
    """A system that took in a question and was killed; and the question's reference."""
    with system_from_nothing() as system:
        # As on the page, where the folder is named after the user.
        system.down()
        system.data.rename(system.data.with_name("weerzien"))
        system.data = system.data.with_name("weerzien")
        system.up()
        asked = system.post("intake", "/v1/advice-requests", question(question="Hij is bang voor de poort."))
        system.kill()
        until(lambda: not processes_of(system.data), what="for the end of everything")
        yield system, asked["reference"]


def typed(block: str, system: System) -> None:
    """Type the lines of the page as they stand, but for places, root and systemd."""
    here = system.data.parent
    python = f"{sys.executable} -m services.cli"
    places = {
        "/var/lib/weerzien": str(system.data),
        "-C /var/lib ": f"-C {here} ",
        "/elsewhere/": f"{here}/elsewhere/",
        "/safe/": f"{here}/safe/",
        "sudo -u weerzien .venv/bin/weerzien": python,
        "sudo ": "",
        "$(.venv/bin/python -c": f"$({sys.executable} -c",
    }
    lines = "\n".join(line for line in block.splitlines() if "systemctl" not in line)
    for place, instead in places.items():
        lines = lines.replace(place, instead)
    for folder in ("elsewhere", "safe"):
        (here / folder).mkdir(exist_ok=True)
    subprocess.run(["sh", "-euc", lines], cwd=here, env=system.environment, check=True)


def block_with(*words: str) -> str:
    [found] = [str(block) for block in BLOCKS if all(word in block for word in words)]
    return found


def secrets_of(folder: Path) -> set[bytes]:
    """Every secret under these files, and each part of one that is a secret by itself."""
    texts = [path.read_text().strip() for path in folder.rglob("*") if path.is_file()]
    values = [value for text in texts for value in (json.loads(text).values() if text[:1] == "{" else [text])]
    parts = {part for value in values for part in [value, *re.split(r"[,:@/?&]", value)]}
    return {part.encode() for part in parts if len(part) >= 24 and not part.startswith(("http", "/", "urn"))}


def test_a_folder_that_was_killed_holds_no_secret_outside_what_only_its_owner_reads(
    killed: tuple[System, str],
) -> None:
    system, _ = killed
    secrets = secrets_of(system.data / "secrets")
    assert len(secrets) > 8
    holding = {
        path
        for path in system.data.rglob("*")
        if path.is_file() and any(secret in path.read_bytes() for secret in secrets)
    }
    assert {path.parent for path in holding} == {system.data / "secrets"}
    files = [system.data / "operator.key", *(system.data / "secrets").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_the_copy_holds_the_database_without_a_key_and_together_they_give_everything_back(
    killed: tuple[System, str],
) -> None:
    system, reference = killed
    here = system.data.parent
    typed(block_with("erase --copy-journal --data"), system)
    typed(block_with("sudo tar --exclude"), system)
    with tarfile.open(here / "elsewhere" / "weerzien.tar") as copy:
        names = copy.getnames()
        held = b"".join(copy.extractfile(one).read() for one in copy if one.isfile())  # type: ignore[union-attr]
    assert "weerzien/postgres/PG_VERSION" in names
    assert not [secret for secret in secrets_of(here / "safe") if secret in held]
    assert b"bang voor de poort" not in held
    assert {"secret_key", "index_key", "encryption_keys"} <= {
        path.name for path in (here / "safe" / "secrets").iterdir()
    }
    typed(block_with("sudo tar --same-owner"), system)
    shutil.rmtree(here / "weerzien.broken")
    system.up()
    found = system.call("GET", "intake", f"/v1/advice-requests/{reference}").json()
    assert found["reference"] == reference
    assert found["state"]


def test_a_dump_is_put_back_beside_the_secrets(killed: tuple[System, str]) -> None:
    system, reference = killed
    assert system.process
    if system.process.poll() is not None:
        system.up()
    here = system.data.parent
    assert in_use(system) == {(f"weerzien-{name}/2", f"weerzien_{name}") for name in SERVICES}
    dump = block_with("PGPASSWORD=$(cat /var/lib/weerzien")
    typed(dump.replace("/var/lib/weerzien/run", sockets(system)), system)
    typed(block_with("erase --copy-journal --data"), system)
    system.down()
    shutil.rmtree(system.data)
    system.data.mkdir(mode=0o700)
    typed("cp -a /safe/secrets /var/lib/weerzien/", system)
    typed(block_with("weerzien restore weerzien.dump"), system)
    system.up()
    assert system.call("GET", "intake", f"/v1/advice-requests/{reference}").json()["reference"] == reference
    assert here.exists()


def in_use(system: System) -> set[tuple[object, ...]]:
    """Which role each service works in."""
    ours = "application_name ~ '^weerzien-'"
    asked = f"SELECT DISTINCT application_name, usename FROM pg_stat_activity WHERE {ours}"
    return set(rows(noted_environment(system.data)["WEERZIEN_DATABASE_URL"], asked))


def sockets(system: System) -> str:
    """As the page says: where the path of the data is long, the note names the folder."""
    return str(json.loads((system.data / "runtime.json").read_text())["sockets"])
