"""A backup that is put back does not bring back whoever was erased since it was made."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from local.account import LocalProblem
from local.postgres import Postgres, binary
from services import system
from services.commands import erasing, restoring
from services.installation import installation, session
from services.intake.requests import rules
from services.intake.requests.commands import Arrival, Submission, submit_all
from services.intake.requests.queries import by_ids
from services.intake.requests.schemas import AdviceRequestIn
from services.notify.channels.port import Inbound
from services.notify.replies.commands import receive
from services.notify.replies.tables import InboundText
from shared.events.services import SERVICES
from tests.erasing.person import MAIL, NAME, NUMBER, WORDS
from tests.intake.requests.questions import question
from tests.kit.settings import ENVIRONMENT
from tests.local.conftest import place  # noqa: F401 - a fixture


@pytest.fixture
def database(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """A machine on which everything is stopped but the database."""
    server = Postgres(place / "data")
    url = server.start()
    monkeypatch.setattr(system, "configure_logging", lambda *_: None)
    monkeypatch.setattr("os.environ", {**ENVIRONMENT, "WEERZIEN_DATABASE_URL": url})
    for service in SERVICES:
        system.service(service).upgrade(url)
    yield url
    server.stop()


def ask(intake: Session, name: str = NAME) -> tuple[str, UUID]:
    body = AdviceRequestIn.model_validate(
        question(contact={"name": name, "phone": NUMBER, "email": MAIL}, question=WORDS)
    )
    arrival = Arrival(rules.examine(body), Submission("form", None), datetime.now(UTC))
    [receipt] = submit_all(intake, [arrival])
    return receipt.reference, receipt.id


def back_up(database: str, dump: Path) -> None:
    plain = database.replace("+psycopg", "")
    subprocess.run([binary("pg_dump"), "--format", "custom", "--file", dump, plain], check=True)


def name_of(request_id: UUID) -> str | None:
    with session("intake") as intake:
        return by_ids(intake, [request_id])[0].name


def words_of_texts() -> list[str]:
    with session("notify") as notify:
        return [one.body for one in notify.exec(select(InboundText))]


def text_in(sid: str) -> None:
    with session("notify") as notify:
        receive(notify, Inbound(sid, NUMBER, WORDS), at=datetime.now(UTC))


def test_who_was_erased_after_the_backup_is_erased_again_by_the_restore(
    database: str,
    place: Path,  # noqa: F811
) -> None:
    dump = place / "weerzien.dump"
    with installation(place):
        with session("intake") as intake:
            reference, request_id = ask(intake)
            _, other = ask(intake, name="Merel")
        text_in("SM1")
        back_up(database, dump)
        counts = erasing.erase(reference, dry_run=True)
        assert (counts["adviceRequests"], name_of(request_id)) == (1, NAME)
        assert dict(erasing.erase(reference, dry_run=False)) == dict(counts)
        assert (name_of(request_id), words_of_texts()) == (None, [""])
        restoring.restore(dump)
        assert (name_of(request_id), words_of_texts()) == (None, [""])
        assert name_of(other) == "Merel"


def test_on_another_machine_a_copy_of_the_journal_does_the_same(
    database: str,
    place: Path,  # noqa: F811
) -> None:
    dump = place / "weerzien.dump"
    with installation(place):
        with session("intake") as intake:
            _, request_id = ask(intake)
        back_up(database, dump)
        erasing.erase(NUMBER, dry_run=False)
        copy = list(erasing.copy_of_journal())
        assert not any(part in line for line in copy for part in (NUMBER, str(request_id)))
        with session("intake") as intake:
            for service in SERVICES:
                intake.execute(text(f"TRUNCATE {service}.erased"))
            intake.commit()
        restoring.restore(dump)
        assert name_of(request_id) == NAME
        # Whoever comes back is not erased with what they once were.
        with session("intake") as intake:
            _, newer = ask(intake)
        assert erasing.erase_again(copy)["adviceRequests"] == 1
        assert (name_of(request_id), name_of(newer)) == (None, NAME)
        assert erasing.erase_again(copy).get("adviceRequests", 0) == 0
        for service in SERVICES:
            with session(service) as opened:
                deeds = opened.execute(text("SELECT deed FROM audit_entries ORDER BY at")).scalars().all()
                assert list(deeds)[-3:] == ["database.restore", "erase.again", "erase.again"]
        with pytest.raises(LocalProblem, match="no journal"):
            erasing.erase_again(["something else"])


def test_what_is_no_reference_number_or_address_is_said_in_words(
    database: str,
    place: Path,  # noqa: F811
) -> None:
    with installation(place):
        for written in ("WZ-nothing", "12", "a@"):
            with pytest.raises(LocalProblem, match="this is no reference"):
                erasing.erase(written, dry_run=True)
        with pytest.raises(LocalProblem, match="no advice request"):
            erasing.erase("WZ-2345-6789", dry_run=True)
