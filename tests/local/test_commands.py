"""The commands of the operator, on a folder where nothing runs: each starts the database for itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.local.ports import free_port, listen
from tests.local.conftest import REPOSITORY, processes_of

Weerzien = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def weerzien(place: Path) -> Weerzien:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("WEERZIEN_", "TWILIO_"))}
        return subprocess.run(
            [sys.executable, "-m", "services.cli", *arguments, "--data", str(place / "data")],
            env={**clean, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200", **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_an_operator_prepares_a_machine_and_makes_a_key(weerzien: Weerzien, place: Path) -> None:
    assert "tables of intake are not up to date" in weerzien("doctor").stdout
    migrated = weerzien("migrate")
    assert migrated.stdout.splitlines() == [
        f"{name} is up to date" for name in ("intake", "referral", "notify")
    ]
    assert weerzien("migrate").returncode == 0

    made = weerzien("keys", "create", "School", "--scope", "requests:write")
    assert made.stdout.startswith("wz_")
    assert len(made.stdout.splitlines()) == 1
    wrong = weerzien("keys", "create", "School", "--scope", "everything")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "there is no scope everything" in wrong.stderr

    assert weerzien("messages", "list").stdout.strip() == "none"
    assert "no id of a message" in weerzien("messages", "show", "nonsense").stderr
    assert weerzien("dead-letters", "list").stdout.strip() == "none"
    assert weerzien("dead-letters", "replay").stdout.strip() == "0 on their way again"

    healthy = weerzien("doctor")
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    assert "TWILIO_ACCOUNT_SID is not set" in healthy.stdout
    assert not processes_of(place)


def test_who_asks_by_mail_to_be_left_alone_is_until_they_ask_otherwise(weerzien: Weerzien) -> None:
    weerzien("migrate")
    said = [
        weerzien("contacts", action, address).stdout.strip()
        for action, address in (
            ("stop", "An@Voorbeeld.nl"),
            ("stop", "an@voorbeeld.nl"),
            ("resume", "an@voorbeeld.nl"),
            ("stop", "+32 470 12 34 56"),
            ("resume", "06-12345678"),
        )
    ]
    assert said == [
        "left alone from now on",
        "was left alone already",
        "is written to again",
        "left alone from now on",
        "was not left alone",
    ]
    wrong = weerzien("contacts", "stop", "Jan")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "nor an e-mail address" in wrong.stderr


def test_a_directory_is_tried_out_and_then_taken_over_and_a_wrong_row_is_named(
    weerzien: Weerzien, place: Path
) -> None:
    file = place / "partners.csv"
    file.write_text(
        "id,name,country,need_categories,languages,email,agreement_signed,verified_on,capacity,waiting_days\n"
        "good-one,Good One,NL,bezoek,nl,aanmelden@good-one.example,2024-01-05,2024-11-01,20,5\n"
        "bad-one,Bad One,NL,bezoek,nl,no address,2024-01-05,2024-11-01,20,5\n"
    )
    weerzien("migrate")
    tried = weerzien("directory", "import", str(file), "--dry-run")
    assert tried.stdout.startswith("1 added, 0 changed, 0 the same (nothing was kept")
    taken = weerzien("directory", "import", str(file))
    assert taken.stdout.strip() == "1 added, 0 changed, 0 the same"
    assert "line 3, email" in taken.stderr
    assert taken.returncode == 1
    assert weerzien("directory", "import", str(file)).stdout.strip() == "0 added, 0 changed, 1 the same"
    file.write_text("id,name,country,need_categories,languages,email\ngood-one,Good One,NL,bezoek,nl,\n")
    tried = weerzien("directory", "import", str(file), "--dry-run")
    assert tried.stdout.startswith(
        "0 added, 1 changed, 0 the same; e-mail addresses lost: 1 (nothing was kept"
    )
    lost = weerzien("directory", "import", str(file))
    assert lost.stdout.strip() == "0 added, 1 changed, 0 the same; e-mail addresses lost: 1"


def test_the_doctor_names_what_is_wrong(weerzien: Weerzien, place: Path) -> None:
    weerzien("migrate")
    (place / "data" / "secrets" / "secret_key").chmod(0o644)
    found = weerzien("doctor", WEERZIEN_SECRET_KEY="secret")
    assert found.returncode == 1
    assert "secret_key can be read by others" in found.stdout
    assert found.stdout.count("WEERZIEN_SECRET_KEY must be at least 32 random characters") == 1
    half = weerzien("doctor", TWILIO_ACCOUNT_SID="AC123")
    assert half.returncode == 1
    assert "TWILIO_AUTH_TOKEN is missing" in half.stdout


def test_a_database_that_does_not_answer_is_said_in_a_line(weerzien: Weerzien) -> None:
    refused = weerzien("migrate", WEERZIEN_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert refused.returncode == 1
    assert "the database refused" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_that_is_taken_is_named_with_who_holds_it(weerzien: Weerzien, place: Path) -> None:
    port = free_port()
    with listen("127.0.0.1", port):
        refused = weerzien("up", "--port", str(port))
    assert refused.returncode == 1
    assert f"port {port} for intake is held by process {os.getpid()} (" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert not processes_of(place)
