"""What keeps doors shut that stand beside the ones with keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from shared.crypto import derive
from shared.database.engine import connect_options
from shared.errors import Unauthorized
from shared.messaging.broker import make_app
from shared.runtime import Runtime
from shared.security import keystore, service_tokens
from shared.security.tables import api_keys
from shared.web.origin import origin


def asked_from(host: str, forwarded: str | None = None) -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return Request({"type": "http", "client": (host, 1), "headers": headers})


@pytest.mark.parametrize(
    ("host", "forwarded", "found"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "nonsense", "unknown"),
        ("2001:db8:1:2:3::4", None, "2001:db8:1:2::/64"),
    ],
)
def test_nobody_chooses_the_address_that_they_come_from(host: str, forwarded: str | None, found: str) -> None:
    # 203.0.113.0/24 and its like are for documentation; Python calls them private, so they stand for others.
    host = host.replace("203.0.113.7", "8.8.8.8")
    assert origin(asked_from(host, forwarded)) == found.replace("203.0.113.7", "8.8.8.8")


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 200), ("10.0.0.2", 200), ("8.8.8.8", 404)])
def test_figures_are_for_the_inside(client_for: Callable[[str], TestClient], host: str, status: int) -> None:
    app = client_for("intake").app
    assert TestClient(app, client=(host, 1)).get("/metrics").status_code == status


def test_a_service_token_is_over_after_its_minute_and_its_leeway() -> None:
    assert service_tokens.verify(service_tokens.issue("notify", "intake"), "intake") == "notify"
    now = datetime.now(UTC)
    claims = {"iss": "notify", "aud": "intake", "iat": now, "exp": now - timedelta(seconds=11)}
    with pytest.raises(Unauthorized):
        service_tokens.verify(jwt.encode(claims, derive("service-token"), algorithm="HS256"), "intake")


def test_a_key_that_was_right_is_believed_for_five_seconds(
    runtime_for: Callable[[str], Runtime], monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions, key, now = runtime_for("intake").sessions, keystore.make_key(), [100.0]
    monkeypatch.setattr(keystore, "monotonic", lambda: now[0])
    with sessions() as session:
        keystore.store(session, key, "a school's form", ["requests:write"])
        session.commit()
    assert keystore.look_up(sessions, key) is not None
    with sessions() as session:
        session.execute(update(api_keys).values(revoked_at=api_keys.c.created_at))
        session.commit()
    now[0] += keystore.REMEMBER_SECONDS - 0.1
    assert keystore.remembered(sessions, key) is not None
    now[0] += 0.2
    assert keystore.remembered(sessions, key) is None
    assert keystore.look_up(sessions, key) is None


def test_what_a_statement_was_given_is_not_in_its_error(session_for: Callable[[str], Session]) -> None:
    session = session_for("intake")
    row = {"bucket": "noor@example.org", "at": datetime(2026, 12, 1, tzinfo=UTC)}
    statement = text("INSERT INTO counters (bucket, window_start, number) VALUES (:bucket, :at, 1)")
    session.execute(statement, row)
    with pytest.raises(IntegrityError) as failed:
        session.execute(statement, row)
    assert "[SQL parameters hidden" in str(failed.value)


def test_every_wait_for_the_database_has_an_end() -> None:
    options = connect_options("intake")
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        assert f"-c{name}=" in str(options["options"])
    assert {"connect_timeout", "tcp_user_timeout", "keepalives_idle"} <= set(options)


def test_answers_with_data_in_them_are_kept_by_no_cache(
    client_for: Callable[[str], TestClient], make_key: Callable[..., dict[str, str]]
) -> None:
    answer = client_for("intake").get("/v1/work-items", headers=make_key("intake", "desk"))
    assert answer.headers["Cache-Control"] == "no-store"


def test_nul_in_a_form_is_refused(client_for: Callable[[str], TestClient]) -> None:
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client_for("intake").post("/status", content=b"reference=a%00b&code=c", headers=sent)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("task_acks_late", True),
        ("worker_prefetch_multiplier", 1),
        ("task_reject_on_worker_lost", False),
        ("broker_connection_max_retries", None),
        ("result_backend", None),
        ("accept_content", ["json"]),
        ("worker_enable_remote_control", False),
        ("worker_send_task_events", False),
        ("timezone", "UTC"),
    ],
)
def test_the_broker_is_used_in_the_one_way_that_loses_nothing(setting: str, value: object) -> None:
    assert make_app("intake", "redis://").conf[setting] == value


def test_what_a_dead_worker_held_comes_back_within_minutes() -> None:
    transport = make_app("intake", "redis://").conf.broker_transport_options
    assert transport["visibility_timeout"] == 300
    assert transport["unacked_restore_interval"] == 10
    assert transport["socket_timeout"] == 5
