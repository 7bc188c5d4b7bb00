from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlmodel import Session

from shared.audit.tables import audit_entries
from shared.desk.items import open_items
from shared.events.catalogue import parse
from shared.events.intake import RequestReceived
from shared.messaging import Subscriptions, announce, deliveries, dispatcher
from shared.messaging.dead_letters import dead_letters, replay
from shared.messaging.dispatcher import Dispatcher
from shared.messaging.heartbeat import DISPATCHER, is_alive
from shared.messaging.tables import deliveries as rows
from shared.messaging.tables import inbox
from shared.messaging.waker import NOTIFY, Waker
from shared.messaging.work import DueWork, Wiring
from shared.runtime import Runtime
from tests.kit.crossing import Work, by_index, by_table, crosswise, upside_down
from tests.kit.dispatching import PublisherOnPaper
from tests.kit.past import set_back
from tests.kit.system import eventually

AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
ALMOST_ALL_OF_IT = timedelta(seconds=30)
SOURCE = "urn:nld:kvknr:12345678:weerzien"


@pytest.fixture
def intake(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def wiring(service: str) -> Wiring:
    return Wiring(service, Subscriptions(service))


def never(runtime: Any, ids: Any) -> None:
    raise AssertionError("a worker does this, not the dispatcher")


def with_work(*due: DueWork) -> Wiring:
    return Wiring("intake", Subscriptions("intake"), due)


@contextmanager
def at_work(one: Dispatcher) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=one.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def lease_all(session: Session) -> list[deliveries.Leased]:
    leased = deliveries.lease(session, 100, source=SOURCE, detail_base="http://intake.test")
    session.commit()
    return leased


def make_due(session: Session) -> None:
    set_back(session, "deliveries", "due_at", timedelta(0))
    session.commit()


def test_what_is_rolled_back_was_never_said(intake: Session) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.rollback()
    assert lease_all(intake) == []


def test_each_subscriber_gets_the_event_as_a_letter_by_the_profile(intake: Session) -> None:
    request = uuid4()
    announce(intake, RequestReceived(request_id=request), at=AT, correlation_id="c" * 32)
    intake.commit()
    leased = lease_all(intake)
    assert sorted(one.subscriber for one in leased) == ["notify", "referral"]
    event = parse(leased[0].event)
    assert event.data == RequestReceived(request_id=request)
    assert event.time == AT
    assert event.dataref == "http://intake.test/internal/advice-requests"
    assert event.correlationid == "c" * 32


def test_what_is_leased_is_nobody_elses_until_the_minute_is_over(intake: Session) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    assert len(lease_all(intake)) == 2
    assert lease_all(intake) == []
    make_due(intake)
    again = lease_all(intake)
    assert [one.fence for one in again] == [2, 2]


def test_an_acknowledgement_settles_and_a_late_refusal_of_an_old_lease_changes_nothing(
    intake: Session,
) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    first, second = lease_all(intake)
    make_due(intake)
    lease_all(intake)
    deliveries.record_receipts(
        intake,
        [
            deliveries.Receipt(first.delivery, first.fence, None),
            deliveries.Receipt(second.delivery, second.fence, "peer-away"),
        ],
    )
    intake.commit()
    found = {row.id: row for row in intake.execute(select(rows))}
    assert found[first.delivery].state == "done"
    assert found[second.delivery].last_error == deliveries.NOT_ACKNOWLEDGED


def test_acknowledgements_do_not_wait_for_each_other_however_their_rows_are_found(
    runtime_for: Callable[[str], Runtime], intake: Session
) -> None:
    for _ in range(2):
        announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    receipts = [deliveries.Receipt(one.delivery, one.fence, None) for one in lease_all(intake)]
    middle = sorted(one.delivery for one in receipts)[1:3]
    upside_down(runtime_for("intake"), "deliveries")

    def settles(only: Sequence[int] = ()) -> Work:
        some = [one for one in receipts if not only or one.delivery in only]
        return lambda session: deliveries.record_receipts(session, some)

    assert crosswise(runtime_for("intake"), settles(middle), by_index(settles()), by_table(settles())) == []
    assert {row.state for row in intake.execute(select(rows))} == {"done"}


def test_what_fails_twelve_times_is_a_dead_letter_on_the_desks_list_and_can_be_replayed(
    intake: Session,
) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    for _ in range(deliveries.MAX_ATTEMPTS):
        leased = lease_all(intake)
        assert len(leased) == 2
        deliveries.record_receipts(
            intake, [deliveries.Receipt(one.delivery, one.fence, "ValueError") for one in leased]
        )
        make_due(intake)
    assert lease_all(intake) == []
    assert [letter["last_error"] for letter in dead_letters(intake)] == ["ValueError", "ValueError"]
    assert [item.kind for item in open_items(intake)] == ["dead-letter", "dead-letter"]
    assert replay(intake) == 2
    noted = select(audit_entries.c.who, audit_entries.c.deed, audit_entries.c.about)
    assert intake.execute(noted).all() == [("operator", "dead-letter.replay", "dead-letters")]
    assert replay(intake) == 0
    assert len(intake.execute(noted).all()) == 1
    assert len(lease_all(intake)) == 2
    assert dead_letters(intake) == []


def test_a_subscriber_that_never_answers_becomes_a_dead_letter_too(intake: Session) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    for _ in range(deliveries.MAX_ATTEMPTS + 1):
        lease_all(intake)
        make_due(intake)
    assert {letter["last_error"] for letter in dead_letters(intake)} == {deliveries.NOT_ACKNOWLEDGED}
    assert len(open_items(intake)) == 2


def test_when_the_broker_is_away_the_rows_come_back_and_no_attempt_is_counted(
    runtime_for: Callable[[str], Runtime], intake: Session
) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    publisher = PublisherOnPaper()
    publisher.away = True
    ours = Dispatcher(runtime_for("intake"), wiring("intake"), publisher)
    with pytest.raises(ConnectionError):
        ours.relay_events()
    assert {row.attempts for row in intake.execute(select(rows))} == {0}
    intake.rollback()
    make_due(intake)
    publisher.away = False
    assert ours.relay_events() == 2
    assert sorted(queue for _, _, queue in publisher.sent) == ["notify.events", "referral.events"]


def test_who_gives_back_an_old_lease_takes_nothing_from_the_new_one(intake: Session) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    old = lease_all(intake)
    make_due(intake)
    assert len(lease_all(intake)) == 2
    deliveries.release(intake, old)
    intake.commit()
    found = intake.execute(select(rows.c.attempts, rows.c.due_at > func.clock_timestamp() + ALMOST_ALL_OF_IT))
    assert [tuple(row) for row in found] == [(2, True), (2, True)]


def test_a_dead_letter_that_is_delivered_after_all_leaves_the_desks_list(intake: Session) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    late, again = lease_all(intake)
    deliveries.give_up(intake, [late.delivery, again.delivery])
    intake.commit()
    assert len(open_items(intake)) == 2
    deliveries.record_receipts(intake, [deliveries.Receipt(late.delivery, late.fence, None)])
    intake.commit()
    assert [item.details["delivery"] for item in open_items(intake)] == [again.delivery]
    replay(intake, [again.delivery])
    assert open_items(intake) == []


def test_what_goes_wrong_with_one_kind_of_work_keeps_no_other_from_going_out(
    intake: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    def fails(session: Session, now: datetime, limit: int) -> list[Any]:
        raise ZeroDivisionError

    publisher, work = PublisherOnPaper(), uuid4()
    all_of_it = with_work(
        DueWork("intake.bad", fails, never), DueWork("intake.good", lambda *_: [work], never)
    )
    with pytest.raises(ZeroDivisionError):
        Dispatcher(runtime_for("intake"), all_of_it, publisher).drain()
    assert [(task, argument) for task, argument, _ in publisher.sent] == [("intake.good", [str(work)])]


@pytest.mark.parametrize(
    ("woken", "found"),
    [(True, ["intake.text"]), (False, ["intake.text", "intake.reminder"])],
    ids=["commit", "sweep"],
)
def test_a_text_that_a_commit_made_due_waits_for_no_look_at_what_the_clock_makes_due(
    intake: Session, runtime_for: Callable[[str], Runtime], woken: bool, found: list[str]
) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    publisher = PublisherOnPaper()
    all_of_it = with_work(
        DueWork("intake.reminder", lambda *_: [uuid4()], never),
        DueWork("intake.text", lambda *_: [uuid4()], never, wakes=True),
    )
    Dispatcher(runtime_for("intake"), all_of_it, publisher).drain(woken=woken)
    assert [task for task, _, queue in publisher.sent if queue == "intake.work"] == found
    assert sorted(queue for _, _, queue in publisher.sent if queue != "intake.work") == [
        "notify.events",
        "referral.events",
    ]


def test_what_nobody_woke_for_is_found_by_the_sweep(
    intake: Session, runtime_for: Callable[[str], Runtime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Waker, "wake", lambda waker: None)
    publisher, work = PublisherOnPaper(), [uuid4()]
    due = DueWork("intake.reminder", lambda *_: [work.pop()] if publisher.sent and work else [], never)
    with at_work(Dispatcher(runtime_for("intake"), with_work(due), publisher)):
        eventually(lambda: is_alive(runtime_for("intake").engine, DISPATCHER))
        announce(intake, RequestReceived(request_id=uuid4()), at=AT)
        intake.commit()
        eventually(lambda: len(publisher.sent) == 3, what="a sweep")
    assert sorted(queue for _, _, queue in publisher.sent) == [
        "intake.work",
        "notify.events",
        "referral.events",
    ]


def test_what_the_clock_makes_due_goes_out_also_while_commits_wake_without_end(
    intake: Session, runtime_for: Callable[[str], Runtime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "SWEEP", 0.05)
    looks: Counter[str] = Counter()

    def wakes_again(session: Session, now: datetime, limit: int) -> list[Any]:
        session.execute(NOTIFY)
        looks["text"] += 1
        return []

    def looked_for(session: Session, now: datetime, limit: int) -> list[Any]:
        looks["reminder"] += 1
        return []

    all_of_it = with_work(
        DueWork("intake.text", wakes_again, never, wakes=True), DueWork("intake.reminder", looked_for, never)
    )
    with at_work(Dispatcher(runtime_for("intake"), all_of_it, PublisherOnPaper())):
        eventually(lambda: looks["reminder"] > 3, what="a sweep")


def test_a_dispatcher_that_cannot_hand_anything_out_still_gives_signs_of_life(
    intake: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    publisher = PublisherOnPaper()
    publisher.away = True
    with at_work(Dispatcher(runtime_for("intake"), wiring("intake"), publisher)):
        eventually(lambda: is_alive(runtime_for("intake").engine, DISPATCHER))


def test_house_is_kept_without_what_somebody_may_still_need(
    intake: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    for _ in range(2):
        announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    set_back(intake, "outbox", "at", timedelta(days=40))
    done = intake.execute(text("SELECT id FROM outbox ORDER BY sequence LIMIT 1")).scalar_one()
    intake.execute(text("UPDATE deliveries SET state = 'done' WHERE event_id = :id"), {"id": done})
    for days in (40, 500):
        intake.execute(
            inbox.insert().values(
                event_id=uuid4(), type="x", received_at=datetime.now(UTC) - timedelta(days=days)
            )
        )
    intake.commit()
    Dispatcher(runtime_for("intake"), wiring("intake"), PublisherOnPaper())._clean()
    left = intake.execute(text("SELECT count(*), (SELECT count(*) FROM inbox) FROM outbox")).one()
    assert tuple(left) == (1, 1)
