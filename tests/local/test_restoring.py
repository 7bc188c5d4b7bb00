"""A backup that is put back: nobody hears twice what they may have heard since."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from local.account import LocalProblem
from local.postgres import Postgres, binary
from services import system
from services.commands import restoring
from services.installation import installation, session
from services.notify.channels.port import ChannelName
from services.notify.messages.tables import Message, MessageState, Purpose, RecipientKind
from shared.events.services import SERVICES
from shared.messaging.heartbeat import WORKER
from shared.messaging.tables import heartbeats
from tests.kit.settings import ENVIRONMENT


@pytest.fixture
def database(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A machine on which everything is stopped but the database."""
    server = Postgres(place / "data")
    url = server.start()
    monkeypatch.setattr(system, "configure_logging", lambda *_: None)
    monkeypatch.setattr("os.environ", {**ENVIRONMENT, "WEERZIEN_DATABASE_URL": url})
    for service in SERVICES:
        system.service(service).upgrade(url)
    yield url
    server.stop()


def a_text(due_at: datetime) -> Message:
    return Message(
        purpose=Purpose.REQUEST_RECEIVED,
        cause_id=uuid4(),
        recipient_kind=RecipientKind.ASKER,
        recipient_id=uuid4(),
        channel=ChannelName.SMS,
        language="nl",
        due_at=due_at,
        dedupe_key=str(uuid4()),
        created_at=due_at,
    )


def test_a_text_that_was_due_at_the_backup_waits_for_a_person_after_the_restore(
    database: str, place: Path
) -> None:
    now, dump = datetime.now(UTC), place / "weerzien.dump"
    due, later = a_text(now - timedelta(minutes=5)), a_text(now + timedelta(days=1))
    with installation(place), session("notify") as notify:
        notify.add_all([due, later])
        notify.commit()
        plain = database.replace("+psycopg", "")
        subprocess.run([binary("pg_dump"), "--format", "custom", "--file", dump, plain], check=True)
        # Since the backup: the text went out, and an upgrade brought a table that holds on to an old one.
        due.state = MessageState.DELIVERED
        notify.add(due)
        notify.execute(text("CREATE TABLE newer (id uuid REFERENCES messages (id))"))
        notify.commit()
        restoring.restore(dump)
        assert restoring.lapse() == 1
        notify.expire_all()
        assert (due.state, due.reason) == (MessageState.EXPIRED, "restored")
        assert later.state is MessageState.PLANNED
        waiting = notify.execute(text("SELECT reason, subject_id FROM work_items")).all()
        assert waiting == [("restored", due.id)]
        noted = notify.execute(text("SELECT who, deed, about FROM audit_entries ORDER BY at")).all()
        assert [tuple(one) for one in noted] == [
            ("operator", "database.restore", "database"),
            ("operator", "message.lapse", "messages"),
        ]


def test_nothing_lapses_and_nothing_is_replaced_under_a_worker_that_runs(
    database: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last sign of life alone says only that it ran a moment ago: it must give another."""
    with installation(place), session("notify") as notify:
        notify.execute(heartbeats.insert().values(name=WORKER, at=datetime.now(UTC)))
        notify.commit()

        def beats(_seconds: float) -> None:
            notify.execute(heartbeats.update().values(at=datetime.now(UTC)))
            notify.commit()

        monkeypatch.setattr(restoring, "sleep", beats)
        with pytest.raises(LocalProblem, match="stop everything first"):
            restoring.lapse()
        with pytest.raises(LocalProblem, match="stop everything first"):
            restoring.restore(place / "weerzien.dump")
        monkeypatch.setattr(restoring, "sleep", lambda _seconds: None)
        assert restoring.lapse() == 0
