"""What Prometheus reads is what the database says, also when it says nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from shared.clock import FixedClock
from shared.database.engine import make_engine, make_sessions
from shared.desk.items import open_item
from shared.messaging.heartbeat import DISPATCHER, beat
from shared.messaging.tables import deliveries, outbox
from shared.runtime import Runtime
from tests.kit.figures import figure, figures
from tests.kit.past import set_back


def event(runtime: Runtime, at: datetime, *, state: str = "due", attempts: int = 0) -> None:
    with runtime.sessions() as session:
        event_id = uuid4()
        session.execute(insert(outbox).values(id=event_id, type="t", subject=uuid4(), data={}, at=at))
        session.execute(
            insert(deliveries).values(
                event_id=event_id,
                subscriber="referral",
                state=state,
                attempts=attempts,
                due_at=datetime.now(UTC) - timedelta(seconds=90),
            )
        )
        session.commit()


def test_a_quiet_service_has_a_figure_for_everything_that_is_watched(
    client_for: Callable[[str], TestClient],
) -> None:
    found = figures(client_for("intake"))
    assert found["weerzien_database_up", "intake"] == 1
    for name in ("outbox_lag_seconds", "events_waiting", "events_oldest_seconds", "dead_letters"):
        assert found[f"weerzien_{name}", "intake"] == 0


def test_events_that_nobody_takes_are_seen_by_how_late_and_how_old_they_are(
    client_for: Callable[[str], TestClient], runtime_for: Callable[[str], Runtime], clock: FixedClock
) -> None:
    client = client_for("intake")
    event(runtime_for("intake"), clock.now() - timedelta(minutes=10), attempts=3)
    event(runtime_for("intake"), clock.now(), state="done")
    event(runtime_for("intake"), clock.now(), state="dead")
    found = figures(client)
    assert found["weerzien_events_waiting", "intake"] == 1
    assert found["weerzien_events_retrying", "intake"] == 1
    assert found["weerzien_dead_letters", "intake"] == 1
    assert 90 <= found["weerzien_outbox_lag_seconds", "intake"] < 120
    assert found["weerzien_events_oldest_seconds", "intake"] == 600


def test_what_waits_for_a_person_is_counted_by_kind(
    client_for: Callable[[str], TestClient], runtime_for: Callable[[str], Runtime], clock: FixedClock
) -> None:
    client = client_for("referral")
    opened: Any = {"reason": "r", "subject_id": uuid4(), "at": clock.now() - timedelta(hours=2)}
    with runtime_for("referral").sessions() as session:
        open_item(session, kind="unplaced", dedupe_key="a", **opened)
        open_item(session, kind="unplaced", dedupe_key="b", **opened)
        session.commit()
    assert figure(client, "weerzien_work_items_open", kind="unplaced") == 2
    assert figure(client, "weerzien_work_items_oldest_seconds", kind="unplaced") == 7200


def test_signs_of_life_grow_older(
    client_for: Callable[[str], TestClient], runtime_for: Callable[[str], Runtime]
) -> None:
    client, runtime = client_for("notify"), runtime_for("notify")
    beat(runtime, DISPATCHER)
    with runtime.engine.begin() as connection:
        set_back(connection, "heartbeats", "at", timedelta(minutes=2))
    assert 120 <= (figure(client, "weerzien_heartbeat_age_seconds", role="dispatcher") or 0) < 150


def test_who_never_gave_a_sign_of_life_is_as_late_as_can_be(
    client_for: Callable[[str], TestClient],
) -> None:
    """So that the alert on it fires."""
    client = client_for("notify")
    for role in ("worker", "dispatcher"):
        assert figure(client, "weerzien_heartbeat_age_seconds", role=role) == math.inf


def test_a_database_that_is_away_is_a_figure_and_no_error(
    client_for: Callable[[str], TestClient], runtime_for: Callable[[str], Runtime]
) -> None:
    client, runtime = client_for("intake"), runtime_for("intake")
    away = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", "intake")
    runtime.sessions = make_sessions(away)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert "weerzien_http_requests" in names
    assert figure(client, "weerzien_database_up", service="intake") == 0
    assert "weerzien_dead_letters" not in names
