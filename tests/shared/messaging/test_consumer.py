"""Receiving: each event once, together with others, and none at the cost of another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select, text
from sqlmodel import Session

from shared.events.details import ContactPoint
from shared.events.intake import RequestReceived
from shared.messaging import RetryLater, Subscriptions, on, on_many
from shared.messaging.consumer import Consumer
from shared.messaging.tables import inbox
from shared.runtime import Runtime
from tests.kit.crossing import Work, crosswise
from tests.kit.details import contact_point
from tests.kit.peers import fake

SOURCE = "urn:nld:kvknr:12345678:weerzien"


class Receiver:
    """Receives events as notify would, and remembers its acknowledgements."""

    def __init__(self, runtime: Runtime) -> None:
        self.subscriptions = Subscriptions("notify")
        self.receipts: list[dict[str, Any]] = []
        self.handled: list[Any] = []
        self.consumer = Consumer(
            runtime, self.subscriptions, lambda owner, receipts: self.receipts.extend(receipts)
        )

    def handle(self, session: Session, event: Any, detail: Any, *, at: datetime) -> None:
        self.handled.append(event)


def letter(request_id: Any = None, subject: Any = None) -> dict[str, Any]:
    return {
        "delivery": 1,
        "fence": 1,
        "from": "intake",
        "event": {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": SOURCE,
            "type": RequestReceived.event_type(),
            "subject": str(subject or uuid4()),
            "time": "2026-12-01T09:00:00Z",
            "sequence": "0000000001",
            "data": {"requestId": str(request_id or uuid4())},
        },
    }


@pytest.fixture
def receiver(runtime_for: Callable[[str], Runtime]) -> Receiver:
    return Receiver(runtime_for("notify"))


def test_an_event_that_comes_twice_is_handled_once_and_acknowledged_twice(receiver: Receiver) -> None:
    receiver.subscriptions.add(
        on(RequestReceived, lambda session, event, detail, *, at: receiver.handled.append(event))
    )
    twice = letter()
    receiver.consumer.consume([twice])
    receiver.consumer.consume([twice])
    assert len(receiver.handled) == 1
    assert [receipt["error"] for receipt in receiver.receipts] == [None, None]


def test_an_event_in_two_workers_hands_at_once_is_handled_once_and_acknowledged_by_both(
    runtime_for: Callable[[str], Runtime], monkeypatch: pytest.MonkeyPatch
) -> None:
    notify, both_have_it = runtime_for("notify"), Barrier(2, timeout=20)

    def asked(*_: object) -> dict[UUID, ContactPoint]:
        # Each has looked into the inbox by now, and found nothing there.
        both_have_it.wait()
        return {}

    monkeypatch.setattr(fake(notify, "intake"), "lookup", asked)
    receivers = [Receiver(notify) for _ in range(2)]
    for receiver in receivers:
        receiver.subscriptions.add(on(RequestReceived, receiver.handle, detail=ContactPoint))
    same = letter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda receiver: receiver.consumer.consume([same]), receivers))
    assert sum(len(receiver.handled) for receiver in receivers) == 1
    assert [[receipt["error"] for receipt in receiver.receipts] for receiver in receivers] == [[None], [None]]


def test_two_workers_with_the_same_events_in_opposite_orders_do_not_wait_for_each_other(
    runtime_for: Callable[[str], Runtime],
) -> None:
    notify, subject = runtime_for("notify"), uuid4()
    handled: list[Any] = []
    letters = sorted((letter(subject=subject) for _ in range(3)), key=lambda one: str(one["event"]["id"]))

    def handle(session: Session, events: Any, details: Any, *, at: datetime) -> None:
        handled.extend(event.id for event in events)

    def hear(letters: Sequence[dict[str, Any]]) -> Work:
        receiver = Receiver(notify)
        receiver.subscriptions.add(on_many(RequestReceived, handle))
        return lambda session: receiver.consumer.consume(letters)

    def middle(session: Session) -> None:
        middle_one = {"event_id": UUID(letters[1]["event"]["id"]), "type": "heard by a third"}
        session.execute(insert(inbox).values(middle_one))

    assert crosswise(notify, middle, hear(letters), hear(letters[::-1])) == []
    assert len(handled) == 3


def test_two_workers_with_news_of_the_same_subjects_do_not_wait_for_each_other(
    runtime_for: Callable[[str], Runtime],
) -> None:
    notify = runtime_for("notify")
    subjects = sorted(str(uuid4()) for _ in range(3))

    def lock(session: Session, subject: str) -> None:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:one, 0))"), {"one": subject})

    def hear(subjects: Sequence[str]) -> Work:
        receiver = Receiver(notify)
        receiver.subscriptions.add(
            on(RequestReceived, lambda session, event, detail, *, at: lock(session, event.subject))
        )
        return lambda session: receiver.consumer.consume([letter(subject=one) for one in subjects])

    assert (
        crosswise(notify, lambda session: lock(session, subjects[1]), hear(subjects), hear(subjects[::-1]))
        == []
    )


def test_a_handler_that_fails_leaves_no_trace_in_the_inbox(
    receiver: Receiver, session_for: Callable[[str], Session]
) -> None:
    def fail(session: Session, event: Any, detail: Any, *, at: datetime) -> None:
        raise RetryLater("peer-away")

    receiver.subscriptions.add(on(RequestReceived, fail))
    receiver.consumer.consume([letter()])
    assert [receipt["error"] for receipt in receiver.receipts] == ["peer-away"]
    assert session_for("notify").execute(select(inbox)).all() == []


def test_events_that_come_together_share_a_transaction_and_fail_each_alone(
    receiver: Receiver, session_for: Callable[[str], Session]
) -> None:
    transactions: list[Any] = []
    bad = uuid4()

    def handle(session: Session, event: Any, detail: Any, *, at: datetime) -> None:
        transactions.append(session.get_transaction())
        if event.data.request_id == bad:
            raise RetryLater("not-now")
        receiver.handled.append(event.id)

    receiver.subscriptions.add(on(RequestReceived, handle))
    receiver.consumer.consume([letter() for _ in range(3)])
    assert len(receiver.handled) == 3
    assert len(set(transactions)) == 1
    receiver.handled.clear()
    receiver.consumer.consume([letter(), letter(bad), letter()])
    assert sorted(str(receipt["error"]) for receipt in receiver.receipts[3:]) == ["None", "None", "not-now"]
    assert session_for("notify").scalar(select(func.count()).select_from(inbox)) == 5


def test_an_event_that_is_twice_among_those_that_come_together_is_handled_once(receiver: Receiver) -> None:
    receiver.subscriptions.add(
        on(RequestReceived, lambda session, event, detail, *, at: receiver.handled.append(event))
    )
    twice = letter()
    receiver.consumer.consume([twice, letter(), twice])
    assert len(receiver.handled) == 2
    assert [receipt["error"] for receipt in receiver.receipts] == [None, None, None]


def test_a_handler_of_many_gets_each_event_once_and_those_that_were_heard_before_not_at_all(
    receiver: Receiver,
) -> None:
    batches: list[list[Any]] = []

    def handle(session: Session, events: Any, details: Any, *, at: datetime) -> None:
        batches.append([event.id for event in events])

    receiver.subscriptions.add(on_many(RequestReceived, handle))
    known, twice, new = letter(), letter(), letter()
    receiver.consumer.consume([known])
    receiver.consumer.consume([known, twice, new, twice])
    assert [len(batch) for batch in batches] == [1, 2]
    assert not set(batches[0]) & set(batches[1])
    assert [receipt["error"] for receipt in receiver.receipts] == [None] * 5


def test_where_a_handler_of_many_fails_each_event_comes_to_it_alone(
    receiver: Receiver, session_for: Callable[[str], Session]
) -> None:
    bad = uuid4()

    def handle(session: Session, events: Any, details: Any, *, at: datetime) -> None:
        if bad in [event.data.request_id for event in events]:
            raise RetryLater("not-now")
        receiver.handled.extend(events)

    receiver.subscriptions.add(on_many(RequestReceived, handle))
    receiver.consumer.consume([letter(), letter(bad), letter()])
    assert len(receiver.handled) == 2
    assert sorted(str(receipt["error"]) for receipt in receiver.receipts) == ["None", "None", "not-now"]
    assert session_for("notify").scalar(select(func.count()).select_from(inbox)) == 2


def test_a_handler_that_commits_by_itself_is_refused(receiver: Receiver) -> None:
    receiver.subscriptions.add(on(RequestReceived, lambda session, event, detail, *, at: session.commit()))
    receiver.consumer.consume([letter(), letter()])
    assert [receipt["error"] for receipt in receiver.receipts] == ["CommittedTooSoon"] * 2


def test_one_bad_letter_does_not_keep_the_others_from_being_read(receiver: Receiver) -> None:
    receiver.subscriptions.add(
        on(RequestReceived, lambda session, event, detail, *, at: receiver.handled.append(event))
    )
    bad = letter()
    bad["event"]["type"] = "org.weerzien.never.heard.of.v1"
    receiver.consumer.consume([bad, letter()])
    assert len(receiver.handled) == 1
    assert sorted(str(receipt["error"]) for receipt in receiver.receipts) == ["None", "unreadable"]


def test_the_detail_is_asked_for_once_for_the_whole_batch(
    receiver: Receiver, runtime_for: Callable[[str], Runtime]
) -> None:
    intake, requests = fake(runtime_for("notify"), "intake"), [uuid4(), uuid4()]
    for one in requests:
        intake.learn(contact_point(one))

    def handle(session: Session, event: Any, detail: ContactPoint | None, *, at: datetime) -> None:
        receiver.handled.append((event.data.request_id, detail.id if detail else None))

    receiver.subscriptions.add(on(RequestReceived, handle, detail=ContactPoint))
    receiver.consumer.consume([letter(one) for one in requests])
    assert [sorted(ids) for _, ids in intake.asked] == [sorted(requests)]
    assert sorted(receiver.handled) == sorted((one, one) for one in requests)


def test_one_whose_detail_cannot_be_had_takes_no_other_with_it(
    receiver: Receiver, runtime_for: Callable[[str], Runtime]
) -> None:
    bad = uuid4()
    fake(runtime_for("notify"), "intake").unreadable = {bad}
    receiver.subscriptions.add(on(RequestReceived, receiver.handle, detail=ContactPoint))
    receiver.consumer.consume([letter(), letter(bad), letter()])
    assert len(receiver.handled) == 2
    assert sorted(str(one["error"]) for one in receiver.receipts) == ["AnswerUnreadable", "None", "None"]


def test_whoever_is_away_is_asked_once_for_all(
    receiver: Receiver, runtime_for: Callable[[str], Runtime]
) -> None:
    intake = fake(runtime_for("notify"), "intake")
    intake.away = True
    receiver.subscriptions.add(on(RequestReceived, receiver.handle, detail=ContactPoint))
    receiver.consumer.consume([letter(), letter(), letter()])
    assert len(intake.asked) == 1
    assert receiver.handled == []
