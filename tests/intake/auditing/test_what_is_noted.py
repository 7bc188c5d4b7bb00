"""Programs with keys leave as plain a trace as people at the desk: once, and without content."""

from __future__ import annotations

from collections.abc import Callable

from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlmodel import Session

from shared.audit.tables import audit_entries
from shared.clock import FixedClock
from shared.desk.tables import work_items
from shared.runtime import Runtime
from tests.intake.desk.desk import put
from tests.kit.desk import one_desk

ClientFor = Callable[[str], TestClient]
RuntimeFor = Callable[[str], Runtime]
SessionFor = Callable[[str], Session]
MakeKey = Callable[..., dict[str, str]]


def noted(session: Session) -> list[tuple[str, str, str]]:
    return [(one.deed, one.about, one.why) for one in session.execute(select(audit_entries))]


def test_a_program_that_reads_the_words_of_an_item_is_noted_where_they_are_kept(
    runtime_for: RuntimeFor,
    client_for: ClientFor,
    session_for: SessionFor,
    make_key: MakeKey,
    clock: FixedClock,
) -> None:
    client, notify = one_desk(runtime_for, client_for), session_for("notify")
    put(notify, clock.now(), words="Mag oma mee?")
    item = notify.scalar(select(work_items.c.id))
    read = client.get(f"/v1/work-items/{item}", headers=make_key("intake", "desk"))
    assert read.json()["text"] == "Mag oma mee?"
    there = client_for("notify").get(f"/v1/work-items/{item}", headers=make_key("notify", "desk"))
    assert there.json()["text"] == "Mag oma mee?"
    assert noted(notify) == [("reveal.words", f"work-item:{item}", "read")] * 2


def test_an_erasure_is_noted_once_and_not_of_whom(
    client_for: ClientFor, session_for: SessionFor, make_key: MakeKey
) -> None:
    key = make_key("intake", "desk")
    answer = client_for("intake").post("/v1/erasures", json={"phone": "+31612345678"}, headers=key)
    assert answer.status_code == 202, answer.text
    assert noted(session_for("intake")) == [("erase", f"erasure:{answer.json()['id']}", "phone")]
