from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlmodel import Session

from shared import crypto
from shared.crypto import Keyring, key_id
from shared.database.common import COMMON
from shared.database.encrypted import reencrypt
from shared.desk.items import open_item
from shared.desk.tables import work_items

AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _keys_come_back() -> Iterator[None]:
    before = crypto.keyring()
    yield
    crypto.install(before)


def test_rotation_brings_every_stored_word_under_the_new_key(session_for: Callable[[str], Session]) -> None:
    session, old, new = session_for("notify"), os.urandom(32), os.urandom(32)
    crypto.install(Keyring("s" * 40, {"k1": old}))
    for number in range(5):
        open_item(
            session,
            kind="reply",
            reason="not-understood",
            subject_id=uuid4(),
            dedupe_key=str(number),
            at=AT,
            words=f"can I come later? {number}",
        )
    session.commit()
    assert stored_under(session) == {"k1"}

    crypto.install(Keyring("s" * 40, {"k2": new, "k1": old}))
    assert reencrypt(session, COMMON, batch=2) == 5
    assert reencrypt(session, COMMON, batch=2) == 0
    assert stored_under(session) == {"k2"}

    crypto.install(Keyring("s" * 40, {"k2": new}))
    words = session.scalars(select(work_items.c.text).order_by(work_items.c.dedupe_key)).all()
    assert words == [f"can I come later? {number}" for number in range(5)]


def stored_under(session: Session) -> set[str]:
    return {key_id(bytes(value)) for value in session.scalars(text("SELECT text FROM work_items"))}
