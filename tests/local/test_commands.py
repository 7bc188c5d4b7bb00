"""The commands of the operator: on a folder where nothing runs each starts the database for itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, text
from typer.testing import CliRunner

from local.ports import hold, listen
from services.cli import app
from shared.database.engine import make_engine
from shared.events.services import SERVICES
from shared.messaging.tables import heartbeats
from tests.kit.settings import ENVIRONMENT
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
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def weerzien_of_a_server(place: Path, postgres: str) -> Weerzien:
    """Commands where a database is prepared and runs already, in this process: each starts nothing."""
    ours = ENVIRONMENT | {"WEERZIEN_DATABASE_URL": postgres, "COLUMNS": "200"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        told = CliRunner().invoke(app, [*arguments, "--data", str(place / "data")], env=dict(ours))
        assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
        return subprocess.CompletedProcess(arguments, told.exit_code, told.stdout, told.stderr)

    return run


def test_an_operator_prepares_a_machine_and_makes_a_key(weerzien: Weerzien, place: Path) -> None:
    assert "there is no installation in" in weerzien("doctor").stderr
    migrated = weerzien("migrate")
    assert migrated.stderr.strip() == f"made a new installation in {place / 'data'}"
    assert migrated.stdout.splitlines() == [
        f"{name} is up to date" for name in ("intake", "referral", "notify")
    ]
    made = weerzien("keys", "create", "School", "--scope", "requests:write")
    assert made.stdout.startswith("wz_")
    assert len(made.stdout.splitlines()) == 1

    healthy = weerzien("doctor")
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    assert "TWILIO_ACCOUNT_SID is not set" in healthy.stdout
    assert not processes_of(place)


def test_what_an_operator_mistypes_is_named_and_where_nothing_is_that_is_said(
    weerzien_of_a_server: Weerzien,
) -> None:
    wrong = weerzien_of_a_server("keys", "create", "School", "--scope", "everything")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "there is no scope everything" in wrong.stderr
    assert weerzien_of_a_server("messages", "list").stdout.strip() == "none"
    assert "no id of a message" in weerzien_of_a_server("messages", "show", "nonsense").stderr
    assert weerzien_of_a_server("dead-letters", "list").stdout.strip() == "none"
    assert weerzien_of_a_server("dead-letters", "replay").stdout.strip() == "0 on their way again"
    assert weerzien_of_a_server("migrate").returncode == 0


def test_who_asks_by_mail_to_be_left_alone_is_until_they_ask_otherwise(
    weerzien_of_a_server: Weerzien,
) -> None:
    said = [
        weerzien_of_a_server("contacts", action, address).stdout.strip()
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
    wrong = weerzien_of_a_server("contacts", "stop", "Jan")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "nor an e-mail address" in wrong.stderr


def test_a_key_that_is_revoked_is_shown_as_such_and_nobody_elses_is(weerzien_of_a_server: Weerzien) -> None:
    for name in ("school", "desk"):
        key = weerzien_of_a_server("keys", "create", name, "--scope", "desk").stdout.strip().splitlines()[-1]
    key_id = key.split("_")[1]
    assert weerzien_of_a_server("keys", "revoke", key_id).returncode == 0
    listed = weerzien_of_a_server("keys", "list").stdout.splitlines()
    [revoked] = [line for line in listed if key_id in line]
    assert re.search(r"desk .*20\d\d-\d\d-\d\d \d\d:\d\d", revoked)
    [other] = [line for line in listed if "school" in line]
    assert not re.search(r"\d\d:\d\d", other)
    unknown = weerzien_of_a_server("keys", "revoke", "ffff")
    assert (unknown.returncode, "keys list" in unknown.stderr) == (1, True)


def test_a_key_is_listed_with_whose_it_is_and_until_when(weerzien_of_a_server: Weerzien) -> None:
    bound = ("--facility", "nl-pi-vught", "--facility", "be-gevangenis-gent", "--until", "2027-12-31")
    created = ("keys", "create", "PI Vught", "--scope", "visits:write", "--organisation", "dji")
    made = weerzien_of_a_server(*created, *bound)
    key_id = made.stdout.split("_")[1]
    listed = weerzien_of_a_server("keys", "list").stdout.splitlines()
    [line] = [line for line in listed if key_id in line]
    for shown in ("dji", "be-gevangenis-gent nl-pi-vught", "2027-12-31"):
        assert shown in line
    for wrong, why in (
        (("--scope", "visits:write"), "name each with --facility"),
        (("--scope", "visits:write", "--facility", "nl-pi-nergens"), "there is no facility nl-pi-nergens"),
        (("--scope", "operator", "--facility", "nl-pi-vught"), "is for everything"),
        (("--scope", "desk", "--until", "morgen"), "--until"),
    ):
        refused = weerzien_of_a_server("keys", "create", "Wrong", *wrong)
        assert (refused.returncode != 0, refused.stdout) == (True, "")
        assert why in " ".join(refused.stderr.split())
    both = weerzien_of_a_server("keys", "create", "Us", "--scope", "visits:write", "--scope", "operator")
    assert both.stdout.startswith("wz_")


def test_making_and_revoking_a_key_is_in_the_audit_of_every_service(
    weerzien_of_a_server: Weerzien, postgres: str
) -> None:
    made = weerzien_of_a_server("keys", "create", "PI", "--scope", "desk").stdout.strip().splitlines()[-1]
    key_id = made.split("_")[1]
    for _ in range(2):
        weerzien_of_a_server("keys", "revoke", key_id)
    for service in SERVICES:
        engine = make_engine(postgres, service)
        with engine.connect() as session:
            noted = session.execute(text("SELECT who, deed, about, why FROM audit_entries ORDER BY at, deed"))
            about = f"key:{key_id}"
            assert [tuple(row) for row in noted][:2] == [
                ("operator", "key.create", about, "desk"),
                ("operator", "key.revoke", about, ""),
            ]
        engine.dispose()


def test_one_byte_of_the_audit_that_was_changed_is_found_with_its_row(
    weerzien_of_a_server: Weerzien, postgres: str
) -> None:
    weerzien_of_a_server("contacts", "stop", "an@voorbeeld.nl")
    weerzien_of_a_server("contacts", "stop", "+32 470 12 34 56")
    whole = weerzien_of_a_server("audit", "verify")
    assert (whole.returncode, whole.stderr) == (0, "")
    assert "notify: 2 rows, as it was written" in whole.stdout

    engine = make_engine(postgres, "notify")
    with engine.begin() as session:
        entry, why = session.execute(
            text("SELECT id, why FROM audit_entries JOIN audit_chain ON id = entry_id WHERE number = 2")
        ).one()
        session.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        flipped = chr(ord(why[0]) ^ 1) + why[1:]
        session.execute(
            text("UPDATE audit_entries SET why = :why WHERE id = :id"), {"why": flipped, "id": entry}
        )
        session.execute(text("ALTER TABLE audit_entries ENABLE TRIGGER USER"))
    engine.dispose()

    changed = weerzien_of_a_server("audit", "verify")
    assert changed.returncode == 1
    assert f"notify: row 2 ({entry}): it is not what was written" in changed.stderr
    assert "notify: 2 rows, not as it was written" in changed.stdout
    assert "intake: 0 rows, as it was written" in changed.stdout


def test_a_directory_is_tried_out_and_then_taken_over_and_a_wrong_row_is_named(
    weerzien_of_a_server: Weerzien, place: Path
) -> None:
    file = place / "partners.csv"
    file.write_text(
        "id,name,country,need_categories,languages,email,agreement_signed,verified_on,capacity,waiting_days\n"
        "good-one,Good One,NL,bezoek,nl,aanmelden@good-one.example,2024-01-05,2024-11-01,20,5\n"
        "half-one,Half One,NL,bezoek,nl,aanmelden@half-one.example,,,,\n"
        "bad-one,Bad One,NL,bezoek,nl,no address,2024-01-05,2024-11-01,20,5\n"
    )
    tried = weerzien_of_a_server("directory", "import", str(file), "--dry-run")
    assert tried.stdout.startswith("2 added, 0 changed, 0 the same (nothing was kept")
    taken = weerzien_of_a_server("directory", "import", str(file))
    assert taken.stdout.splitlines() == [
        "2 added, 0 changed, 0 the same",
        "1 of them get no referral yet: no agreement_signed, verified_on or email",
    ]
    assert "line 4, email" in taken.stderr
    assert taken.returncode == 1
    assert weerzien_of_a_server("directory", "import", str(file)).stdout.startswith(
        "0 added, 0 changed, 2 the same"
    )
    file.write_text("id,name,country,need_categories,languages,email\ngood-one,Good One,NL,bezoek,nl,\n")
    tried = weerzien_of_a_server("directory", "import", str(file), "--dry-run")
    assert tried.stdout.startswith(
        "0 added, 1 changed, 0 the same; e-mail addresses lost: 1 (nothing was kept"
    )
    lost = weerzien_of_a_server("directory", "import", str(file))
    assert lost.stdout.splitlines() == [
        "0 added, 1 changed, 0 the same; e-mail addresses lost: 1",
        "1 of them get no referral yet: no agreement_signed, verified_on or email",
    ]


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


def test_a_folder_with_a_typing_error_is_not_made_an_installation(weerzien: Weerzien, place: Path) -> None:
    for command in (["messages", "list"], ["contacts", "stop", "an@voorbeeld.nl"], ["dead-letters", "list"]):
        refused = weerzien(*command)
        assert refused.returncode == 1
        assert "name its folder with --data" in refused.stderr
    assert not (place / "data").exists()


def test_a_machine_that_is_not_prepared_is_told_what_to_do(weerzien: Weerzien, place: Path) -> None:
    made = weerzien("keys", "create", "School", "--scope", "desk")
    assert (made.returncode, made.stdout) == (1, "")
    assert "run `weerzien migrate`" in made.stderr
    assert "tables of intake are not up to date" in weerzien("doctor").stdout


@pytest.mark.parametrize("command", [["demo"], ["up"], ["migrate"], ["doctor"]])
def test_a_file_in_place_of_the_folder_is_said_in_a_line(
    weerzien: Weerzien, place: Path, command: list[str]
) -> None:
    (place / "data").write_text("")
    refused = weerzien(*command)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_demo_on_a_clock_that_cannot_be_read_is_refused_in_a_line(weerzien: Weerzien) -> None:
    refused = weerzien("demo", WEERZIEN_CLOCK="garbage")
    assert refused.returncode == 1
    assert refused.stderr.strip().startswith("WEERZIEN_CLOCK is 'garbage': write it as")


def test_a_health_check_loads_next_to_nothing(postgres: str) -> None:
    """It is asked of six containers each minute."""
    engine = make_engine(postgres, "notify", pool_size=1)
    with engine.begin() as connection:
        connection.execute(heartbeats.insert().values(name="worker", at=func.clock_timestamp()))
    engine.dispose()
    for role, code in (("worker", 0), ("dispatcher", 1)):
        asked = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "services.cli", "alive", "notify", role],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(REPOSITORY),
                "WEERZIEN_DATABASE_URL": postgres,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert asked.returncode == code, asked.stderr
        loaded = {line.rpartition("|")[2].strip() for line in asked.stderr.splitlines()}
        assert loaded & {"sqlalchemy", "sqlmodel", "shared.settings", "celery", "psutil"} == set()


def test_a_database_that_does_not_answer_is_said_in_a_line(weerzien: Weerzien) -> None:
    refused = weerzien("migrate", WEERZIEN_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert refused.returncode == 1
    assert "the database refused" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_that_is_taken_is_named_with_who_holds_it(weerzien: Weerzien, place: Path) -> None:
    with hold() as port, listen("127.0.0.1", port):
        refused = weerzien("up", "--port", str(port))
    assert refused.returncode == 1
    assert f"port {port} for intake is held by process {os.getpid()} (" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert not processes_of(place)


def test_an_operator_takes_people_in_and_lets_them_go(weerzien_of_a_server: Weerzien) -> None:
    def staff(*arguments: str) -> subprocess.CompletedProcess[str]:
        return weerzien_of_a_server("staff", *arguments)

    olga = ("Olga", "--email", "Olga@Centre.example", "--role", "operator")
    made = staff("add", *olga)
    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"http://intake\.test/desk/set-up/[\w-]{43}\n", made.stdout)
    assert "works once" in made.stderr
    assert staff("list").stdout.splitlines()[1].split("\t")[:4] == [
        "Olga",
        "olga@centre.example",
        "operator",
        "invited",
    ]
    for wrong, said in (
        (("add", "Lies", "--email", "lies@centre.example", "--role", "boss"), "there is no role boss"),
        (("add", "Lies", "--email", "lies", "--role", "adviser"), "cannot be used: email-at"),
        (("disable", "olga@centre.example"), "the last operator"),
        (("disable", "nobody@centre.example"), "nobody here has this address"),
    ):
        refused = staff(*wrong)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert said in refused.stderr
    assert staff("add", "Otto", "--email", "otto@centre.example", "--role", "operator").returncode == 0
    assert "let in no more" in staff("disable", "OLGA@centre.example").stdout
    assert "let them in again first" in staff("reset", "olga@centre.example").stderr
    assert "signs in as before" in staff("enable", "olga@centre.example").stdout
    again = staff("reset", "olga@centre.example").stdout
    assert "/desk/set-up/" in again
    assert again != made.stdout
