from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Uuid, select, text, update
from sqlalchemy.exc import StatementError
from sqlmodel import Session

from services import system
from services.notify.replies.tables import InboundText
from shared import crypto
from shared.crypto import Keyring, Unreadable, is_bound, key_id
from shared.database.common import COMMON
from shared.database.encrypted import Encrypted, reencrypt
from shared.desk.items import item, open_item
from shared.desk.tables import work_items
from shared.events.services import SERVICES

KEY = os.urandom(32)
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


def open_items_with(session: Session, *words: str) -> list[UUID]:
    for one in words:
        about = {"subject_id": uuid4(), "dedupe_key": one, "words": one}
        open_item(session, kind="reply", reason="not-understood", at=AT, **about)  # type: ignore[arg-type]
    session.commit()
    ids = {row.text: row.id for row in session.execute(select(work_items.c.text, work_items.c.id))}
    return [ids[one] for one in words]


def test_a_name_that_was_copied_into_another_row_is_not_read(session_for: Callable[[str], Session]) -> None:
    session = session_for("notify")
    first, second = open_items_with(session, "from Noor", "from Anna")
    copied = "UPDATE work_items SET text = (SELECT text FROM work_items WHERE id = :first) WHERE id = :second"
    session.execute(text(copied), {"first": first, "second": second})
    session.commit()
    assert item(session, first).text == "from Noor"
    with pytest.raises(Unreadable):
        item(session, second)


def test_a_name_that_was_copied_into_another_column_of_its_row_is_not_read(
    session_for: Callable[[str], Session],
) -> None:
    session = session_for("notify")
    row = InboundText(provider_sid="SM1", from_index=b"1", sender="+31612345678", body="ja", received_at=AT)
    session.add(row)
    session.commit()
    session.execute(text("UPDATE inbound_texts SET body = sender"))
    session.commit()
    with pytest.raises(Unreadable):
        session.execute(select(InboundText.body)).all()  # type: ignore[call-overload]


def test_what_the_orm_writes_and_changes_is_bound_to_its_row(session_for: Callable[[str], Session]) -> None:
    session = session_for("notify")
    one, two = (
        InboundText(provider_sid=sid, from_index=b"1", sender=sid, body="ja", received_at=AT)
        for sid in ("SM1", "SM2")
    )
    session.add_all([one, two])
    session.commit()
    two.sender = one.sender
    session.commit()
    session.expire_all()
    assert (one.sender, two.sender, two.body) == ("SM1", "SM1", "ja")
    forms = session.scalars(text("SELECT sender FROM inbound_texts"))
    assert all(is_bound(bytes(value)) for value in forms)


def as_before(context: str, words: str) -> bytes:
    """A value as the version wrote it that bound values to their column alone."""
    name, nonce = crypto.keyring().current.encode(), os.urandom(12)
    sealed = AESGCM(KEY).encrypt(nonce, words.encode(), context.encode())
    return bytes([len(name)]) + name + nonce + sealed


def test_a_value_from_before_is_read_and_reencryption_binds_it(session_for: Callable[[str], Session]) -> None:
    crypto.install(Keyring("s" * 40, {"k1": KEY}))
    session = session_for("notify")
    first, second = open_items_with(session, "from Noor", "from Anna")
    put = text("UPDATE work_items SET text = :value WHERE id = :id")
    session.execute(put, {"value": as_before("work_items.text", "older"), "id": first})
    session.commit()
    assert item(session, first).text == "older"
    assert (reencrypt(session, COMMON), reencrypt(session, COMMON)) == (1, 0)
    assert (item(session, first).text, item(session, second).text) == ("older", "from Anna")
    assert all(is_bound(bytes(value)) for value in session.scalars(text("SELECT text FROM work_items")))


def test_a_text_that_does_not_say_its_row_is_not_written(session_for: Callable[[str], Session]) -> None:
    with pytest.raises(StatementError, match="of_row"):
        session_for("notify").execute(update(work_items).values(text="of nobody"))


def test_every_encrypted_column_knows_its_own_place() -> None:
    tables = [*COMMON.sorted_tables]
    for service in SERVICES:
        tables += system.service(service).base.metadata.sorted_tables
    columns = [column for one in tables for column in one.columns if isinstance(column.type, Encrypted)]
    assert len(columns) > 10
    for column in columns:
        assert isinstance(column.type, Encrypted)
        assert column.type.context == f"{column.table.name}.{column.name}"
        [key] = column.table.primary_key.columns
        assert isinstance(key.type, Uuid)


def stored_under(session: Session) -> set[str]:
    return {key_id(bytes(value)) for value in session.scalars(text("SELECT text FROM work_items"))}
