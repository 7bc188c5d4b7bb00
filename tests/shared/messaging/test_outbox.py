from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlmodel import Session

from shared.desk.items import open_items
from shared.events.catalogue import parse
from shared.events.intake import RequestReceived
from shared.messaging import RetryLater, Subscriptions, announce, deliveries
from shared.messaging.consumer import Consumer
from shared.messaging.dead_letters import dead_letters, replay
from shared.messaging.dispatcher import Dispatcher
from shared.messaging.heartbeat import DISPATCHER, is_alive
from shared.messaging.tables import deliveries as rows
from shared.messaging.tables import inbox
from shared.messaging.work import DueWork, Wiring
from shared.runtime import Runtime
from shared.web.peers import PeerUnavailable
from tests.kit.system import eventually

AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
ALMOST_ALL_OF_IT = timedelta(seconds=30)
SOURCE = "urn:nld:kvknr:12345678:weerzien"


class PublisherOnPaper:
    """Keeps what would have gone to the broker."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, list[Any], str]] = []
        self.away = False

    def send(self, task: str, argument: list[Any], queue: str) -> None:
        if self.away:
            raise ConnectionError("the broker is away")
        self.sent.append((task, argument, queue))


@pytest.fixture
def intake(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def wiring(service: str) -> Wiring:
    return Wiring(service, None, None, Subscriptions(service))  # type: ignore[arg-type]


def lease_all(session: Session) -> list[deliveries.Leased]:
    leased = deliveries.lease(session, 100, source=SOURCE, detail_base="http://intake.test")
    session.commit()
    return leased


def make_due(session: Session) -> None:
    session.execute(text("UPDATE deliveries SET due_at = clock_timestamp() WHERE state = 'due'"))
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
    deliveries.settle(
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


def test_what_fails_twelve_times_is_a_dead_letter_on_the_desks_list_and_can_be_replayed(
    intake: Session,
) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    for _ in range(deliveries.MAX_ATTEMPTS):
        leased = lease_all(intake)
        assert len(leased) == 2
        deliveries.settle(
            intake, [deliveries.Receipt(one.delivery, one.fence, "ValueError") for one in leased]
        )
        make_due(intake)
    assert lease_all(intake) == []
    assert [letter["last_error"] for letter in dead_letters(intake)] == ["ValueError", "ValueError"]
    assert [item.kind for item in open_items(intake)] == ["dead-letter", "dead-letter"]
    assert replay(intake) == 2
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
    dispatcher = Dispatcher(runtime_for("intake"), wiring("intake"), publisher)  # type: ignore[arg-type]
    with pytest.raises(ConnectionError):
        dispatcher.relay_events()
    assert {row.attempts for row in intake.execute(select(rows))} == {0}
    intake.rollback()
    make_due(intake)
    publisher.away = False
    assert dispatcher.relay_events() == 2
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


class Desk:
    """Receives events as notify would, and remembers its acknowledgements."""

    def __init__(self, runtime: Runtime) -> None:
        self.subscriptions = Subscriptions("notify")
        self.receipts: list[dict[str, Any]] = []
        self.handled: list[Any] = []
        self.consumer = Consumer(
            runtime, self.subscriptions, lambda owner, receipts: self.receipts.extend(receipts)
        )


def letter(request_id: Any = None) -> dict[str, Any]:
    return {
        "delivery": 1,
        "fence": 1,
        "from": "intake",
        "event": {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": SOURCE,
            "type": RequestReceived.event_type(),
            "subject": str(uuid4()),
            "time": "2026-12-01T09:00:00Z",
            "sequence": "0000000001",
            "data": {"requestId": str(request_id or uuid4())},
        },
    }


@pytest.fixture
def desk(runtime_for: Callable[[str], Runtime]) -> Desk:
    return Desk(runtime_for("notify"))


def test_an_event_that_comes_twice_is_handled_once_and_acknowledged_twice(desk: Desk) -> None:
    desk.subscriptions.on(RequestReceived)(lambda session, event, detail, *, at: desk.handled.append(event))
    twice = letter()
    desk.consumer.consume([twice])
    desk.consumer.consume([twice])
    assert len(desk.handled) == 1
    assert [receipt["error"] for receipt in desk.receipts] == [None, None]


def test_a_handler_that_fails_leaves_no_trace_in_the_inbox(
    desk: Desk, session_for: Callable[[str], Session]
) -> None:
    def fail(session: Session, event: Any, detail: Any, *, at: datetime) -> None:
        raise RetryLater("peer-away")

    desk.subscriptions.on(RequestReceived)(fail)
    desk.consumer.consume([letter()])
    assert [receipt["error"] for receipt in desk.receipts] == ["peer-away"]
    assert session_for("notify").execute(select(inbox)).all() == []


def test_events_that_come_together_share_a_transaction_and_one_that_fails_takes_no_other_with_it(
    desk: Desk, session_for: Callable[[str], Session]
) -> None:
    transactions: list[Any] = []
    bad = uuid4()

    def handle(session: Session, event: Any, detail: Any, *, at: datetime) -> None:
        transactions.append(session.get_transaction())
        if event.data.request_id == bad:
            raise RetryLater("not-now")
        desk.handled.append(event.id)

    desk.subscriptions.on(RequestReceived)(handle)
    desk.consumer.consume([letter() for _ in range(3)])
    assert len(desk.handled) == 3
    assert len(set(transactions)) == 1
    desk.handled.clear()
    desk.consumer.consume([letter(), letter(bad), letter()])
    assert sorted(str(receipt["error"]) for receipt in desk.receipts[3:]) == ["None", "None", "not-now"]
    assert session_for("notify").scalar(select(func.count()).select_from(inbox)) == 5


def test_an_event_that_is_twice_among_those_that_come_together_is_handled_once(desk: Desk) -> None:
    desk.subscriptions.on(RequestReceived)(lambda session, event, detail, *, at: desk.handled.append(event))
    twice = letter()
    desk.consumer.consume([twice, letter(), twice])
    assert len(desk.handled) == 2
    assert [receipt["error"] for receipt in desk.receipts] == [None, None, None]


def test_a_handler_of_many_gets_each_event_once_and_those_that_were_heard_before_not_at_all(
    desk: Desk,
) -> None:
    batches: list[list[Any]] = []

    def handle(session: Session, events: Any, details: Any, *, at: datetime) -> None:
        batches.append([event.id for event in events])

    desk.subscriptions.on_many(RequestReceived)(handle)
    known, twice, new = letter(), letter(), letter()
    desk.consumer.consume([known])
    desk.consumer.consume([known, twice, new, twice])
    assert [len(batch) for batch in batches] == [1, 2]
    assert not set(batches[0]) & set(batches[1])
    assert [receipt["error"] for receipt in desk.receipts] == [None] * 5


def test_where_a_handler_of_many_fails_each_event_comes_to_it_alone(
    desk: Desk, session_for: Callable[[str], Session]
) -> None:
    bad = uuid4()

    def handle(session: Session, events: Any, details: Any, *, at: datetime) -> None:
        if bad in [event.data.request_id for event in events]:
            raise RetryLater("not-now")
        desk.handled.extend(events)

    desk.subscriptions.on_many(RequestReceived)(handle)
    desk.consumer.consume([letter(), letter(bad), letter()])
    assert len(desk.handled) == 2
    assert sorted(str(receipt["error"]) for receipt in desk.receipts) == ["None", "None", "not-now"]
    assert session_for("notify").scalar(select(func.count()).select_from(inbox)) == 2


def test_a_handler_that_commits_by_itself_is_refused(desk: Desk) -> None:
    desk.subscriptions.on(RequestReceived)(lambda session, event, detail, *, at: session.commit())
    desk.consumer.consume([letter(), letter()])
    assert [receipt["error"] for receipt in desk.receipts] == ["CommittedTooSoon"] * 2


def test_one_bad_letter_does_not_keep_the_others_from_being_read(desk: Desk) -> None:
    desk.subscriptions.on(RequestReceived)(lambda session, event, detail, *, at: desk.handled.append(event))
    bad = letter()
    bad["event"]["type"] = "org.weerzien.never.heard.of.v1"
    desk.consumer.consume([bad, letter()])
    assert len(desk.handled) == 1
    assert sorted(str(receipt["error"]) for receipt in desk.receipts) == ["None", "unreadable"]


def test_the_detail_is_fetched_once_for_the_whole_batch(desk: Desk) -> None:
    asked: list[int] = []

    def fetch(events: Any) -> dict[Any, str]:
        asked.append(len(events))
        return {event.id: f"detail of {event.data.request_id}" for event in events}

    desk.subscriptions.on(RequestReceived, fetch=fetch)(
        lambda session, event, detail, *, at: desk.handled.append((event.data.request_id, detail))
    )
    desk.consumer.consume([letter(), letter()])
    assert asked == [2]
    assert all(detail == f"detail of {request}" for request, detail in desk.handled)


def test_one_whose_detail_cannot_be_had_takes_no_other_with_it(desk: Desk) -> None:
    bad = uuid4()

    def fetch(events: Any) -> dict[Any, str]:
        if bad in [event.data.request_id for event in events]:
            raise PeerUnavailable("intake did not answer", answered=True)
        return {event.id: "detail" for event in events}

    desk.subscriptions.on(RequestReceived, fetch=fetch)(
        lambda session, event, detail, *, at: desk.handled.append(detail)
    )
    desk.consumer.consume([letter(), letter(bad), letter()])
    assert desk.handled == ["detail", "detail"]
    assert sorted(str(one["error"]) for one in desk.receipts) == ["None", "None", "PeerUnavailable"]


def test_whoever_is_away_is_asked_once_for_all(desk: Desk) -> None:
    asked: list[int] = []

    def fetch(events: Any) -> dict[Any, str]:
        asked.append(len(events))
        raise PeerUnavailable("intake is away")

    desk.subscriptions.on(RequestReceived, fetch=fetch)(lambda session, event, detail, *, at: None)
    desk.consumer.consume([letter(), letter(), letter()])
    assert asked == [3]


def test_a_dead_letter_that_is_delivered_after_all_leaves_the_desks_list(intake: Session) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    late, again = lease_all(intake)
    deliveries.bury(intake, [late.delivery, again.delivery])
    intake.commit()
    assert len(open_items(intake)) == 2
    deliveries.settle(intake, [deliveries.Receipt(late.delivery, late.fence, None)])
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
    due = [DueWork("bad", fails, "intake.bad"), DueWork("good", lambda *_: [work], "intake.good")]
    all_of_it = Wiring("intake", None, None, Subscriptions("intake"), due)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        Dispatcher(runtime_for("intake"), all_of_it, publisher).drain()  # type: ignore[arg-type]
    assert [(task, argument) for task, argument, _ in publisher.sent] == [("intake.good", [str(work)])]


def test_a_dispatcher_that_cannot_hand_anything_out_still_gives_signs_of_life(
    intake: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.commit()
    publisher, stop = PublisherOnPaper(), threading.Event()
    publisher.away = True
    dispatcher = Dispatcher(runtime_for("intake"), wiring("intake"), publisher)  # type: ignore[arg-type]
    thread = threading.Thread(target=dispatcher.run, args=(stop,))
    thread.start()
    try:
        eventually(lambda: is_alive(runtime_for("intake").engine, DISPATCHER))
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def test_house_is_kept_without_what_somebody_may_still_need(
    intake: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    for _ in range(2):
        announce(intake, RequestReceived(request_id=uuid4()), at=AT)
    intake.execute(text("UPDATE outbox SET at = now() - interval '40 days'"))
    done = intake.execute(text("SELECT id FROM outbox ORDER BY sequence LIMIT 1")).scalar_one()
    intake.execute(text("UPDATE deliveries SET state = 'done' WHERE event_id = :id"), {"id": done})
    for days in (40, 500):
        intake.execute(
            inbox.insert().values(
                event_id=uuid4(), type="x", received_at=datetime.now(UTC) - timedelta(days=days)
            )
        )
    intake.commit()
    Dispatcher(runtime_for("intake"), wiring("intake"), PublisherOnPaper())._clean()  # type: ignore[arg-type]
    left = intake.execute(text("SELECT count(*), (SELECT count(*) FROM inbox) FROM outbox")).one()
    assert tuple(left) == (1, 1)
