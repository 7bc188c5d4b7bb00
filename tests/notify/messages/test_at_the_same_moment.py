"""Two workers that plan, send or record the same messages in opposite orders never deadlock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import Session, col, select

from services.notify.channels.port import Accepted, ChannelName, NotSent, Outcome, Outgoing
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages import commands
from services.notify.messages.commands import Limits, Wanted
from services.notify.messages.commands.ceilings import Asked, room
from services.notify.messages.tables import Budget, Message, MessageState, Purpose
from tests.kit.crossing import Work, by_index, by_table, crosswise, upside_down
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import Family, attempts, send_what_is_due


def wants(runtime: Runtime, *keys: str) -> Work:
    at = runtime.clock.now()
    wanted = [
        Wanted(
            purpose=Purpose.REQUEST_RECEIVED,
            cause_id=uuid4(),
            recipient_id=uuid4(),
            channel=ChannelName.SMS,
            language="nl",
            due_at=at,
            dedupe_key=key,
        )
        for key in keys
    ]
    return lambda session: commands.want_all(session, wanted, at=at)


def test_the_same_texts_wanted_in_opposite_orders_are_wanted_once(notify: Runtime) -> None:
    assert crosswise(notify, wants(notify, "b"), wants(notify, *"abc"), wants(notify, *"cba")) == []
    with notify.sessions() as session:
        assert sorted(session.exec(select(Message.dedupe_key)).all()) == ["a", "b", "c"]


def test_numbers_are_counted_one_at_a_time_in_one_order(notify: Runtime) -> None:
    low, middle, high = (number.to_bytes(8, signed=True) + bytes(24) for number in (-1, 0, 1))

    def counts(*indexes: bytes) -> Work:
        limits, at = Limits(sms_per_number_per_day=10, sms_per_day=10_000), notify.clock.now()
        asked = [Asked(uuid4(), index, Budget.REST, 0) for index in indexes]
        return lambda session: room(session, asked, limits, at)

    assert crosswise(notify, counts(middle), counts(low, middle, high), counts(high, middle, low)) == []


def being_called(notify: Runtime, many: Callable[[int], list[Family]]) -> list[tuple[UUID, Outgoing]]:
    """Three messages, by id, whose calls have begun and whose answers are not recorded yet."""
    ids = sorted(family.wants() for family in many(3))
    send_what_is_due(notify)
    calls = [(one, attempts(notify, one)[0].id) for one in ids]
    with notify.engine.begin() as connection:
        connection.execute(text("UPDATE messages SET state = 'in-flight'"))
        connection.execute(
            text(
                "UPDATE attempts SET state = 'in-flight', provider_sid = NULL, provider_status = NULL,"
                " finished_at = NULL"
            )
        )
    upside_down(notify, "messages")
    return [(message, Outgoing(attempt, "+31610000000", None, "", "nl")) for message, attempt in calls]


def writes_down(notify: Runtime, calls: Sequence[tuple[UUID, Outgoing]], outcome: Outcome) -> Work:
    answers = [(outgoing, outcome) for _, outgoing in calls]
    return lambda session: commands.finish(session, answers, at=notify.clock.now())


def holds(message_id: UUID) -> Work:
    def do(session: Session) -> None:
        session.exec(select(Message.id).where(col(Message.id) == message_id).with_for_update()).one()

    return do


def test_answers_written_down_twice_at_once_do_not_wait_for_each_other(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]]
) -> None:
    calls = being_called(notify, many)
    taken = Accepted("SM1")
    one, other = writes_down(notify, calls, taken), writes_down(notify, calls[::-1], taken)
    assert crosswise(notify, holds(calls[1][0]), one, other) == []
    with notify.sessions() as session:
        assert set(session.exec(select(Message.state))) == {MessageState.ACCEPTED}


def test_nor_do_those_that_say_different_things_however_their_rows_are_found(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]]
) -> None:
    calls = being_called(notify, many)
    refused = writes_down(notify, calls, NotSent("provider-is-busy"))
    assert crosswise(notify, holds(calls[1][0]), by_index(refused), by_table(refused)) == []
