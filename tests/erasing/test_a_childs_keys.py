"""A copy of the database without the keys of children's messages opens only what no child has wiped since."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import select

from local.postgres import Postgres, binary
from services import system
from services.commands import restoring
from services.installation import installation, session
from services.intake.children import codes, commands, commands_erasing
from services.intake.children.rules import Asked
from services.intake.children.tables import Box, BoxMessage
from shared.events.services import SERVICES
from tests.kit.settings import ENVIRONMENT
from tests.local.conftest import place  # noqa: F401 - a fixture

WIPED, KEPT = "Dit wis ik.", "Dit blijft."
# As docs/operations.md says it.
WITHOUT_KEYS = "--exclude-table-data=intake.child_keys"
KEYS = ("--table=intake.child_keys", "--data-only")


@pytest.fixture
def database(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """A machine on which everything is stopped but the database."""
    server = Postgres(place / "data")
    url = server.start()
    monkeypatch.setattr(system, "configure_logging", lambda *_: None)
    monkeypatch.setattr("os.environ", {**ENVIRONMENT, "WEERZIEN_DATABASE_URL": url})
    for service in SERVICES:
        system.service(service).upgrade(url)
    yield url.replace("+psycopg", "")
    server.stop()


def ask(words: str) -> UUID:
    with session("intake") as intake:
        asked = Asked(words, 9, "NL", "nl", danger=False)
        commands.ask(
            intake, asked, words, codes.offered(codes.offer("nl", words), words), at=datetime.now(UTC)
        )
        return intake.exec(select(Box.id).order_by(Box.began_at.desc()).limit(1)).one()  # type: ignore[attr-defined]


def dump(database: str, file: Path, *options: str) -> None:
    arguments = ["--format", "custom", "--file", str(file), *options, database]
    subprocess.run([binary("pg_dump"), *arguments], check=True)


def read() -> list[str]:
    with session("intake") as intake:
        boxes = intake.exec(select(Box.id).order_by(Box.began_at)).all()  # type: ignore[arg-type]
        return [one.text for box in boxes for one in commands.unlocked(intake, box)]


def test_what_a_child_wiped_stays_unreadable_in_an_older_copy_also_without_the_journal(
    database: str,
    place: Path,  # noqa: F811
) -> None:
    copy, keys = place / "weerzien.dump", place / "child-keys.dump"
    with installation(place):
        wiped, _ = ask(WIPED), ask(KEPT)
        dump(database, copy, WITHOUT_KEYS)
        dump(database, keys, *KEYS)
        with session("intake") as intake:
            commands_erasing.erase_all(intake, wiped, lambda *_: None, at=datetime.now(UTC))
        # The newest keys take the place of the older ones; nobody has written a journal down.
        dump(database, keys, *KEYS)
        with session("intake") as intake:
            intake.execute(text("TRUNCATE intake.erased"))
            intake.commit()
        restoring.restore(copy)
        assert read() == []
        subprocess.run([binary("pg_restore"), "--data-only", "--dbname", database, str(keys)], check=True)
        assert read() == [KEPT]
        with session("intake") as intake:
            assert len(intake.exec(select(BoxMessage)).all()) == 2
