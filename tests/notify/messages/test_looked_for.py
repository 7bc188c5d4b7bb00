"""A text of which nobody knows whether it went is found at the provider, or a person decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.notify.channels.port import Missing, ProviderStatus, Report, Seen
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages import commands
from services.notify.messages.commands import claim_due, claim_unknown
from services.notify.messages.tables import AttemptState, Message, MessageState, Purpose
from services.notify.service import SERVICE
from shared.clock import FixedClock
from shared.desk.commands import carry_out
from tests.kit.crossing import at_this_moment, by_table
from tests.kit.past import set_back
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import (
    NUMBER,
    Family,
    attempts,
    claim,
    lease_runs_out,
    look_for_what_is_unknown,
    on_the_list,
    read,
    send_what_is_due,
)


@pytest.fixture
def unsure(notify: Runtime, twilio: TwilioStandIn, family: Family) -> UUID:
    """A text that was handed over, of which nobody knows whether it went."""
    message_id = family.wants()
    twilio.behave("ok", "drop")
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.UNKNOWN
    return message_id


def looked_for(runtime: Runtime, message_id: UUID, *seen: Seen | Missing) -> MessageState:
    with runtime.sessions() as session:
        return commands.bind(session, message_id, seen, at=runtime.clock.now())


def one_seen(
    *,
    to: str = NUMBER,
    attempt_id: UUID | None = None,
    status: ProviderStatus = ProviderStatus.DELIVERED,
    error_code: str | None = None,
    ago: timedelta = timedelta(0),
) -> Seen:
    return Seen(f"SM{uuid4().hex}", to, status, error_code, datetime.now(UTC) - ago, attempt_id)


def test_the_only_text_to_this_number_is_this_one(notify: Runtime, unsure: UUID) -> None:
    seen = one_seen()
    assert looked_for(notify, unsure, seen) is MessageState.DELIVERED
    [attempt] = attempts(notify, unsure)
    assert (attempt.state, attempt.provider_sid) == (AttemptState.ACCEPTED, seen.sid)


@pytest.mark.parametrize(
    "others",
    [
        lambda: [one_seen(to="+31687654321")],
        lambda: [one_seen(attempt_id=uuid4())],
        lambda: [Missing(uuid4())],
        lambda: [one_seen(ago=timedelta(minutes=3))],
        lambda: [one_seen(), one_seen()],
        list,
    ],
    ids=["another-number", "another-try", "another-missing", "long-before", "either-of-two", "nothing"],
)
def test_what_is_another_text_or_may_be_is_not_taken_for_this_one(
    notify: Runtime, unsure: UUID, others: Callable[[], Sequence[Seen | Missing]]
) -> None:
    assert looked_for(notify, unsure, *others()) is MessageState.UNKNOWN
    [attempt] = attempts(notify, unsure)
    assert (attempt.state, attempt.provider_sid) == (AttemptState.UNKNOWN, None)


def test_a_text_that_the_carrier_could_not_deliver_reaches_the_desk_with_the_reason(
    notify: Runtime, unsure: UUID
) -> None:
    seen = one_seen(status=ProviderStatus.UNDELIVERED, error_code="30003")
    assert looked_for(notify, unsure, seen) is MessageState.UNDELIVERED
    assert [item.reason for item in on_the_list(notify)] == ["30003"]
    assert attempts(notify, unsure)[0].error_code == "30003"


def test_what_the_provider_never_had_goes_again_and_says_why(
    notify: Runtime, twilio: TwilioStandIn, unsure: UUID, clock: FixedClock
) -> None:
    [attempt] = attempts(notify, unsure)
    assert looked_for(notify, unsure, Missing(attempt.id)) is MessageState.PLANNED
    message = read(notify, unsure)
    assert message.reason == "provider-never-had-it"
    assert message.due_at > clock.now()
    clock.set(message.due_at)
    send_what_is_due(notify)
    assert read(notify, unsure).state is MessageState.ACCEPTED
    assert len(twilio.sent) == 1


def test_of_two_tries_in_doubt_the_last_is_looked_for(
    notify: Runtime, twilio: TwilioStandIn, unsure: UUID, clock: FixedClock
) -> None:
    clock.advance(timedelta(hours=1))
    look_for_what_is_unknown(notify)
    [item] = on_the_list(notify)
    with notify.sessions() as session:
        carry_out(session, SERVICE.desk, item.id, "send-again", {}, at=clock.now(), by="desk")
    twilio.behave("ok", "drop")
    send_what_is_due(notify)
    first, second = attempts(notify, unsure)
    assert first.state is second.state is AttemptState.UNKNOWN
    assert looked_for(notify, unsure, one_seen(attempt_id=second.id)) is MessageState.DELIVERED
    assert [one.state for one in attempts(notify, unsure)] == [AttemptState.UNKNOWN, AttemptState.ACCEPTED]


def test_it_is_looked_for_after_longer_and_longer_waits(
    notify: Runtime, unsure: UUID, clock: FixedClock
) -> None:
    since, looks = clock.now(), []
    for _ in range(6):
        look_at = read(notify, unsure).look_at
        assert look_at is not None
        looks.append((look_at - since) / timedelta(minutes=1))
        clock.set(look_at - timedelta(milliseconds=1))
        with notify.sessions() as session:
            assert claim_unknown(session, clock.now(), 10) == []
        clock.set(look_at)
        look_for_what_is_unknown(notify)
    assert looks == [1, 2, 4, 8, 15, 30]
    assert read(notify, unsure).state is MessageState.PERSON


def test_whoever_looks_waits_for_a_report_that_comes_at_this_moment(notify: Runtime, unsure: UUID) -> None:
    [attempt] = attempts(notify, unsure)
    found: list[MessageState] = []
    at_this_moment(
        notify,
        "UPDATE messages SET state = 'delivered', reason = NULL",
        lambda: found.append(looked_for(notify, unsure, Missing(attempt.id))),
    )
    assert found == [MessageState.DELIVERED]
    assert read(notify, unsure).state is MessageState.DELIVERED


def test_what_was_reported_is_in_doubt_no_more_for_who_read_it_before(
    notify: Runtime, unsure: UUID, clock: FixedClock
) -> None:
    [attempt] = attempts(notify, unsure)
    with notify.sessions() as slow:
        as_it_was = slow.get_one(Message, unsure)
        assert as_it_was.state is MessageState.UNKNOWN
        with notify.sessions() as session:
            told = Report("SM1", NUMBER, ProviderStatus.DELIVERED, None)
            commands.report(session, attempt.id, told, at=clock.now())
        clock.advance(timedelta(hours=1))
        assert commands.bind(slow, unsure, [], at=clock.now()) is MessageState.DELIVERED
    assert on_the_list(notify) == []


def test_a_text_made_long_after_the_call_is_another(notify: Runtime, unsure: UUID) -> None:
    with notify.engine.begin() as connection:
        set_back(connection, "attempts", "called_at", timedelta(hours=1))
    assert looked_for(notify, unsure, one_seen()) is MessageState.UNKNOWN
    assert looked_for(notify, unsure, one_seen(ago=timedelta(hours=1))) is MessageState.DELIVERED


def test_a_text_in_doubt_to_another_number_is_no_twin(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]]
) -> None:
    one, other = many(2)
    ids = [one.wants(), other.wants()]
    twilio.behave("ok", "drop", "drop")
    send_what_is_due(notify)
    assert looked_for(notify, ids[0], one_seen(to=one.phone)) is MessageState.DELIVERED
    assert read(notify, ids[1]).state is MessageState.UNKNOWN


def test_a_try_that_surely_went_nowhere_is_no_twin(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = family.wants()
    twilio.behave("ok", "429", "drop")
    for _ in range(2):
        send_what_is_due(notify)
        clock.advance(timedelta(minutes=1))
    assert [one.state for one in attempts(notify, message_id)] == [
        AttemptState.NOT_SENT,
        AttemptState.UNKNOWN,
    ]
    assert looked_for(notify, message_id, one_seen()) is MessageState.DELIVERED


def test_what_is_known_of_another_text_in_doubt_is_not_said_of_this_one(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]], clock: FixedClock
) -> None:
    tried_twice, tried_once = many(2)
    twilio.behave("ok", "429", "drop", "drop")
    twice = tried_twice.wants()
    send_what_is_due(notify)
    clock.advance(timedelta(minutes=1))
    send_what_is_due(notify)
    once = tried_once.wants()
    send_what_is_due(notify)
    [attempt] = attempts(notify, once)
    assert looked_for(notify, once, one_seen(attempt_id=attempt.id)) is MessageState.DELIVERED
    assert read(notify, twice).state is MessageState.UNKNOWN


def test_of_an_interrupted_text_only_the_last_try_is_in_doubt(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = family.wants()
    twilio.behave("ok", "429")
    for _ in range(2):
        send_what_is_due(notify)
        clock.advance(timedelta(minutes=1))
    with notify.engine.begin() as connection:
        connection.execute(text("UPDATE messages SET state = 'in-flight', leased_until = clock_timestamp()"))
        connection.execute(text("UPDATE attempts SET state = 'in-flight' WHERE number = 2"))
    lease_runs_out(notify)
    with notify.sessions() as session:
        claim_unknown(session, clock.now(), 10)
        session.commit()
    assert [one.state for one in attempts(notify, message_id)] == [
        AttemptState.NOT_SENT,
        AttemptState.UNKNOWN,
    ]


def test_a_try_without_any_doubt_left_is_not_looked_for(notify: Runtime, unsure: UUID) -> None:
    with notify.engine.begin() as connection:
        connection.execute(text("UPDATE attempts SET state = 'rejected'"))
    [attempt] = attempts(notify, unsure)
    assert looked_for(notify, unsure, one_seen(attempt_id=attempt.id)) is MessageState.UNKNOWN


def test_what_is_due_first_is_claimed_first_however_its_row_is_found(
    notify: Runtime, family: Family, clock: FixedClock
) -> None:
    now = clock.now()
    waits = [1, 3, 2]
    ids = {minutes: family.wants(due_at=now - timedelta(minutes=minutes)) for minutes in waits}
    for minutes in sorted(waits, reverse=True):
        with notify.sessions() as session:
            assert by_table(lambda session: claim_due(session, now, 1))(session) == [ids[minutes]]
            session.commit()


def test_what_is_not_due_yet_is_not_claimed(notify: Runtime, family: Family, clock: FixedClock) -> None:
    now = clock.now()
    at_once, later = family.wants(), family.wants(due_at=now + timedelta(seconds=1))
    assert claim(notify) == [at_once]
    clock.advance(timedelta(seconds=1))
    assert claim(notify) == [later]


def test_two_dispatchers_claim_different_texts_and_neither_waits(
    notify: Runtime, many: Callable[[int], list[Family]]
) -> None:
    ids = {family.wants() for family in many(2)}
    with notify.sessions() as one, notify.sessions() as other:
        first, second = claim_due(one, notify.clock.now(), 1), claim_due(other, notify.clock.now(), 2)
        one.commit()
        other.commit()
    assert (len(first), len(second)) == (1, 1)
    assert {*first, *second} == ids


def test_only_the_try_that_was_interrupted_is_in_doubt(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    interrupted, done = family.wants(), family.wants(Purpose.NOBODY_FOUND)
    send_what_is_due(notify)
    with notify.engine.begin() as connection:
        of_one = {"id": interrupted, "lease": datetime.now(UTC)}
        connection.execute(
            text("UPDATE messages SET state = 'in-flight', leased_until = :lease WHERE id = :id"), of_one
        )
        connection.execute(text("UPDATE attempts SET state = 'in-flight' WHERE message_id = :id"), of_one)
    lease_runs_out(notify)
    with notify.sessions() as session:
        assert claim_unknown(session, notify.clock.now(), 10) == [interrupted]
        session.commit()
    message, [attempt] = read(notify, interrupted), attempts(notify, interrupted)
    assert (message.state, message.reason) == (MessageState.UNKNOWN, "interrupted")
    assert (message.unknown_at, message.look_at) == (notify.clock.now(), notify.clock.now())
    assert (attempt.state, attempt.error_code) == (AttemptState.UNKNOWN, "interrupted")
    assert attempts(notify, done)[0].state is AttemptState.ACCEPTED


def test_a_call_that_is_going_on_is_not_in_doubt_for_one_that_was_interrupted(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    interrupted, going_on = family.wants(), family.wants(Purpose.NOBODY_FOUND)
    send_what_is_due(notify)
    with notify.engine.begin() as connection:
        until = "clock_timestamp() + CASE id WHEN :id THEN interval '-1 second' ELSE interval '1 minute' END"
        connection.execute(
            text(f"UPDATE messages SET state = 'in-flight', leased_until = {until}"), {"id": interrupted}
        )
        connection.execute(text("UPDATE attempts SET state = 'in-flight'"))
    with notify.sessions() as session:
        assert claim_unknown(session, notify.clock.now(), 10) == [interrupted]
        session.commit()
    assert read(notify, going_on).state is MessageState.IN_FLIGHT
    assert attempts(notify, going_on)[0].state is AttemptState.IN_FLIGHT


def test_no_more_are_put_in_doubt_at_once_than_were_asked_for(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]]
) -> None:
    ids = [family.wants() for family in many(3)]
    send_what_is_due(notify)
    with notify.engine.begin() as connection:
        connection.execute(text("UPDATE messages SET state = 'in-flight', leased_until = clock_timestamp()"))
    lease_runs_out(notify)
    with notify.sessions() as session:
        assert len(claim_unknown(session, notify.clock.now(), 2)) == 2
        session.commit()
    assert sorted(read(notify, one).state for one in ids) == ["in-flight", "unknown", "unknown"]


def test_no_more_are_looked_for_at_once_than_were_asked_for(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]], clock: FixedClock
) -> None:
    for family in many(3):
        family.wants()
    twilio.behave("ok", "drop", "drop", "drop")
    send_what_is_due(notify)
    clock.advance(timedelta(minutes=1))
    with notify.sessions() as session:
        claimed = [len(claim_unknown(session, clock.now(), 2)) for _ in range(3)]
    assert claimed == [2, 1, 0]
