from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import Session

from shared.runtime import Runtime
from shared.security import access, keystore
from shared.security.tables import api_keys


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def test_a_key_is_known_by_its_hash_alone(session: Session) -> None:
    key = keystore.make_key()
    keystore.store(session, key, "a school's form", ["requests:write"])
    found = keystore.find(session, key)
    assert found is not None
    assert found.allows("requests:write")
    assert not found.allows("desk")
    row = session.execute(select(api_keys)).one()
    assert key not in repr(row)


def test_operator_may_do_everything(session: Session) -> None:
    key = keystore.make_key()
    keystore.store(session, key, "operator", ["operator"])
    found = keystore.find(session, key)
    assert found is not None
    assert all(found.allows(scope) for scope in keystore.Scope)


def test_a_wrong_secret_a_revoked_key_and_nonsense_open_nothing(session: Session) -> None:
    key = keystore.make_key()
    keystore.store(session, key, "a school's form", ["requests:write"])
    assert keystore.find(session, key[:-1] + ("a" if key[-1] != "a" else "b")) is None
    for nonsense in ("", "wz_", "wz__", "x" * 5000, "wz_a_\x00", "'; DROP TABLE api_keys"):
        assert keystore.find(session, nonsense) is None
    session.execute(update(api_keys).values(revoked_at=api_keys.c.created_at))
    assert keystore.find(session, key) is None


def test_a_scope_that_does_not_exist_is_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="requests:everything"):
        keystore.store(session, keystore.make_key(), "typo", ["requests:everything"])


def test_a_crowd_that_comes_with_one_key_is_looked_up_once_and_who_leaves_takes_nothing_along(
    session: Session, runtime_for: Callable[[str], Runtime], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, looked_up, all_there = keystore.make_key(), [], threading.Event()
    keystore.store(session, key, "a school's form", ["requests:write"])
    session.commit()
    look_up = keystore.look_up

    def counted(sessions: Any, given: str) -> Any:
        looked_up.append(given)
        all_there.wait(20)
        return look_up(sessions, given)

    async def crowd() -> list[Any]:
        asking = [
            asyncio.create_task(access._look_up(runtime_for("intake").sessions, key)) for _ in range(50)
        ]
        await asyncio.sleep(0)
        asking[0].cancel()
        all_there.set()
        return await asyncio.gather(*asking, return_exceptions=True)

    monkeypatch.setattr(keystore, "look_up", counted)
    first, *others = asyncio.run(crowd())
    assert looked_up == [key]
    assert isinstance(first, asyncio.CancelledError)
    assert [found.name for found in others] == ["a school's form"] * 49
