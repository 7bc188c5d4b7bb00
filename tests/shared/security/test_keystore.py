from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from shared import ceilings
from shared.errors import TooMany
from shared.runtime import Runtime
from shared.security import access, allowance, keystore
from shared.security.keystore import ApiKey, Owner
from shared.security.tables import api_keys
from tests.kit.crossing import waiting
from tests.kit.system import eventually


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


AT = datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("Europe/Amsterdam"))


def stored(session: Session, *scopes: str, **owner: Any) -> tuple[str, keystore.ApiKey]:
    key = keystore.make_key()
    keystore.store(session, key, "a prison's office", scopes, keystore.Owner(**owner))
    session.commit()
    found = keystore.find(session, key)
    assert found is not None
    return key, found


@pytest.mark.parametrize(
    ("scopes", "owner", "facilities", "is_the_centres"),
    [
        (["operator"], {}, None, True),
        (["desk"], {}, None, True),
        (["messages:read"], {}, None, True),
        (["visits:write"], {"facilities": frozenset({"nl-pi-vught"})}, {"nl-pi-vught"}, False),
        (["visits:write"], {}, set(), True),
        (["visits:write", "messages:read"], {}, set(), True),
        (["messages:read"], {"organisation": "de-springplank"}, set(), False),
        (["visits:write", "desk"], {"facilities": frozenset({"nl-pi-vught"})}, {"nl-pi-vught"}, False),
    ],
)
def test_a_key_reaches_the_visits_of_its_facilities_alone(
    session: Session, scopes: list[str], owner: dict[str, Any], facilities: object, is_the_centres: bool
) -> None:
    _, key = stored(session, *scopes, **owner)
    assert (key.facilities, key.is_the_centres) == (facilities, is_the_centres)


def test_a_key_is_good_until_the_end_of_its_last_day_where_the_centre_is(session: Session) -> None:
    _, key = stored(session, "desk", until=date(2026, 12, 1))
    midnight = datetime(2026, 12, 2, tzinfo=ZoneInfo("Europe/Amsterdam"))
    assert not key.is_over(midnight - timedelta(seconds=1))
    assert key.is_over(midnight)
    assert not stored(session, "desk")[1].is_over(midnight + timedelta(days=4000))


def test_above_its_ceiling_a_key_is_told_when_to_come_back(
    session: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    _, key = stored(session, "requests:write", per_hour=2, per_day=3)
    sessions = runtime_for("intake").sessions
    for _ in range(2):
        allowance.spend(sessions, key, AT)
    with pytest.raises(TooMany) as refused:
        allowance.spend(sessions, key, AT + timedelta(minutes=50))
    assert refused.value.headers["Retry-After"] == "600"
    allowance.spend(sessions, key, AT + timedelta(hours=1))
    with pytest.raises(TooMany, match="a day"):
        allowance.spend(sessions, key, AT + timedelta(hours=2))
    allowance.spend(sessions, key, AT + timedelta(hours=2), however_many=True)


def test_the_operators_key_has_no_ceiling_and_any_other_has_one(session: Session) -> None:
    assert stored(session, "operator")[1].ceilings is None
    assert stored(session, "requests:write")[1].ceilings == allowance.UNLESS_SAID


def processes(session: Session, number: int) -> list[sessionmaker[Session]]:
    """So many processes of one service, as far as ceilings know them."""
    return [sessionmaker(session.get_bind(), class_=Session) for _ in range(number)]


def is_done(sessions: sessionmaker[Session], owner: ApiKey) -> bool:
    try:
        allowance.spend(sessions, owner, AT)
    except TooMany:
        return False
    return True


@pytest.mark.parametrize("ceiling", [1, 3, 40, 333])
def test_several_processes_at_once_never_do_more_than_a_key_may(session: Session, ceiling: int) -> None:
    _, owner = stored(session, "requests:write", per_hour=ceiling)
    many = processes(session, 4)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: is_done(many[n % 4], owner), range(ceiling * 2)))
    # What one has drawn and another would have needed stays undone.
    at_most_undone = 4 * (ceiling // allowance.SHARE)
    assert ceiling - at_most_undone <= sum(done) <= ceiling
    assert sum(is_done(one, owner) for one in many * ceiling) == ceiling - sum(done)


def test_what_another_process_did_a_moment_ago_counts_already(session: Session) -> None:
    _, owner = stored(session, "requests:write", per_hour=3)
    here, there = processes(session, 2)
    assert [is_done(one, owner) for one in (here, there, here, there, here)] == [True] * 3 + [False] * 2


def test_a_key_whose_ceiling_was_raised_goes_on_within_the_hour(session: Session) -> None:
    key, owner = stored(session, "requests:write", per_hour=1)
    [sessions] = processes(session, 1)
    assert [is_done(sessions, owner), is_done(sessions, owner)] == [True, False]
    keystore.store(session, key, "raised", ["requests:write"], Owner(per_hour=3))
    session.commit()
    raised = keystore.look_up(sessions, key)
    assert raised is not None
    assert [is_done(sessions, raised) for _ in range(3)] == [True, True, False]


def test_somebody_in_danger_is_counted_above_the_ceiling_too(session: Session) -> None:
    _, owner = stored(session, "requests:write", per_hour=2)
    here, there = processes(session, 2)
    for one in (here, there, here, there):
        allowance.spend(one, owner, AT, however_many=True)
    session.rollback()
    assert ceilings.counted(session, f"key:{owner.id}:{allowance.HOUR}", allowance.HOUR, AT) == 4


def test_its_last_use_is_noted_once_a_minute(session: Session, runtime_for: Callable[[str], Runtime]) -> None:
    key, owner = stored(session, "requests:write")
    sessions = runtime_for("intake").sessions

    def last_used() -> datetime | None:
        session.rollback()
        used: datetime | None = session.execute(
            select(api_keys.c.last_used_at).where(api_keys.c.id == owner.id)
        ).scalar_one()
        return used

    assert last_used() is None
    keystore.look_up(sessions, key)
    first = last_used()
    assert first is not None
    keystore.look_up(sessions, key)
    assert last_used() == first
    session.execute(update(api_keys).values(last_used_at=first - timedelta(minutes=2)))
    session.commit()
    keystore.look_up(sessions, key)
    again = last_used()
    assert again is not None
    assert again > first


def test_a_request_with_a_key_that_is_known_costs_no_statement_but_now_and_then(
    session: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    key, owner = stored(session, "requests:write")
    runtime, said = runtime_for("intake"), []
    keystore.look_up(runtime.sessions, key)
    event.listen(runtime.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    assert keystore.remembered(runtime.sessions, key) == owner
    allowance.spend(runtime.sessions, owner, AT)
    said.clear()
    for _ in range(allowance.UNLESS_SAID.per_hour // allowance.SHARE - 1):
        allowance.spend(runtime.sessions, owner, AT)
    assert said == []


def test_while_one_process_draws_another_waits_for_what_is_left(
    runtime_for: Callable[[str], Runtime],
) -> None:
    runtime = runtime_for("intake")

    def another() -> int:
        with runtime.sessions() as session:
            return ceilings.held(session, "key:one", allowance.HOUR, AT)

    with ThreadPoolExecutor(1) as pool, runtime.sessions() as first:
        assert ceilings.held(first, "key:one", allowance.HOUR, AT) == 0
        ceilings.add(first, "key:one", allowance.HOUR, 5, AT)
        second = pool.submit(another)
        eventually(lambda: second.done() or waiting(runtime), what="one that waits")
        first.commit()
        assert second.result() == 5
