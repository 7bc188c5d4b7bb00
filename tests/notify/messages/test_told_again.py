"""What became of a call, told twice, late, or by somebody who stood still: the first firm word stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notify.channels.port import (
    Accepted,
    Fault,
    NotSent,
    Outcome,
    Outgoing,
    Perhaps,
    ProviderStatus,
    Rejected,
)
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages import commands
from services.notify.messages.commands import void
from services.notify.messages.tables import AttemptState, Message, MessageState
from shared.clock import FixedClock
from shared.desk.items import resolve
from tests.kit.crossing import at_this_moment
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import (
    Family,
    attempts,
    claim,
    on_the_list,
    read,
    send_what_is_due,
)
from tests.notify.messages.told import a_person_sends_it_again, handed_over, reported, written_down

Called = Callable[[], Outgoing]
REFUSED = Rejected("21211", Fault.ADDRESS)


@pytest.fixture
def called(notify: Runtime, monkeypatch: pytest.MonkeyPatch) -> Called:
    return lambda: handed_over(notify, monkeypatch)


def planned_again(runtime: Runtime, message_id: UUID) -> None:
    with runtime.sessions() as session:
        message = session.get_one(Message, message_id)
        message.state, message.leased_until = MessageState.PLANNED, None
        session.commit()


@pytest.mark.parametrize("later", [NotSent("provider-is-busy"), Perhaps("time-out")])
def test_a_refusal_stays_a_refusal_whatever_a_slower_worker_writes(
    notify: Runtime, family: Family, called: Called, clock: FixedClock, later: Outcome
) -> None:
    message_id = family.wants()
    outgoing, refused_at = called(), clock.now()
    written_down(notify, outgoing, REFUSED)
    clock.advance(timedelta(minutes=2))
    written_down(notify, outgoing, later)
    message, [attempt] = read(notify, message_id), attempts(notify, message_id)
    assert (message.state, message.reason) == (MessageState.REJECTED, "21211")
    assert (attempt.state, attempt.finished_at, attempt.error_code) == (
        AttemptState.REJECTED,
        refused_at,
        "21211",
    )


def test_a_busy_provider_heard_of_twice_is_waited_for_once(
    notify: Runtime, family: Family, called: Called, clock: FixedClock
) -> None:
    message_id = family.wants()
    outgoing = called()
    written_down(notify, outgoing, NotSent("provider-is-busy"))
    before = read(notify, message_id)
    clock.advance(timedelta(seconds=4))
    written_down(notify, outgoing, NotSent("provider-is-busy"))
    after = read(notify, message_id)
    assert (after.state, after.due_at, after.fence) == (MessageState.PLANNED, before.due_at, before.fence)


def test_a_doubt_that_is_told_twice_is_as_old_as_when_it_was_told_first(
    notify: Runtime, family: Family, called: Called, clock: FixedClock
) -> None:
    message_id = family.wants()
    outgoing = called()
    written_down(notify, outgoing, Perhaps("time-out"))
    before = read(notify, message_id)
    clock.advance(timedelta(seconds=30))
    written_down(notify, outgoing, Perhaps("connection-lost"))
    after = read(notify, message_id)
    assert (after.reason, after.unknown_at, after.look_at) == ("time-out", before.unknown_at, before.look_at)


def test_a_doubt_is_taken_away_by_a_refusal(notify: Runtime, family: Family, called: Called) -> None:
    message_id = family.wants()
    outgoing = called()
    written_down(notify, outgoing, Perhaps("time-out"))
    written_down(notify, outgoing, REFUSED)
    assert read(notify, message_id).state is MessageState.REJECTED
    assert [item.reason for item in on_the_list(notify)] == ["21211"]


def test_a_text_that_a_person_sends_again_goes_though_its_first_answer_comes_only_now(
    notify: Runtime, twilio: TwilioStandIn, family: Family, called: Called
) -> None:
    message_id = family.wants()
    outgoing = called()
    reported(notify, outgoing.attempt_id, ProviderStatus.UNDELIVERED, sid=twilio.sent[0].sid)
    a_person_sends_it_again(notify)
    written_down(notify, outgoing, Accepted(twilio.sent[0].sid))
    assert read(notify, message_id).state is MessageState.PLANNED
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert len(twilio.sent) == 2


@pytest.mark.parametrize("late", [NotSent("provider-is-busy"), REFUSED, Perhaps("time-out")])
def test_what_became_of_a_first_try_says_nothing_about_the_second(
    notify: Runtime, twilio: TwilioStandIn, family: Family, called: Called, late: Outcome
) -> None:
    message_id = family.wants()
    first = called()
    planned_again(notify, message_id)
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    written_down(notify, first, late)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert on_the_list(notify) == []


def test_a_report_that_changes_nothing_leaves_the_text_as_it_is(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    """A message that a person has sent again, of whose first try it is heard late that it failed."""
    message_id = family.wants()
    twilio.behave("ok", "drop-after")
    send_what_is_due(notify)
    [first] = attempts(notify, message_id)
    planned_again(notify, message_id)
    send_what_is_due(notify)
    reported(notify, first.id, ProviderStatus.FAILED)
    message = read(notify, message_id)
    assert (message.state, message.reason) == (MessageState.ACCEPTED, None)


def test_what_was_taken_back_stays_so_for_who_read_it_before(notify: Runtime, family: Family) -> None:
    message_id = family.wants()
    claim(notify)
    with notify.sessions() as slow:
        as_it_was = slow.get_one(Message, message_id)
        assert as_it_was.state is MessageState.PLANNED
        with notify.sessions() as session:
            void(session, family.request_id, reason="withdrawn")
            session.commit()
        commands.end(slow, message_id, 1, MessageState.PERSON, "unreadable", at=notify.clock.now())
    assert read(notify, message_id).reason == "withdrawn"
    assert on_the_list(notify) == []


def test_writing_down_one_answer_waits_for_no_other_text(
    notify: Runtime, family: Family, called: Called
) -> None:
    message_id = family.wants()
    outgoing = called()
    other = family.wants()
    with notify.sessions() as held:
        held.get_one(Message, other, with_for_update=True)
        written_down(notify, outgoing, REFUSED)  # whoever waits gets a lock time-out
    assert read(notify, message_id).state is MessageState.REJECTED


def test_an_acceptance_after_a_doubt_is_written_down_whole(
    notify: Runtime, twilio: TwilioStandIn, family: Family, called: Called
) -> None:
    message_id = family.wants()
    outgoing = called()
    written_down(notify, outgoing, Perhaps("time-out"))
    written_down(notify, outgoing, Accepted(twilio.sent[0].sid, ProviderStatus.SENDING))
    message, [attempt] = read(notify, message_id), attempts(notify, message_id)
    assert (message.state, attempt.state) == (MessageState.ACCEPTED, AttemptState.ACCEPTED)
    assert (attempt.provider_sid, attempt.provider_status) == (twilio.sent[0].sid, ProviderStatus.SENDING)


def test_an_acceptance_that_comes_late_takes_no_report_back(
    notify: Runtime, family: Family, called: Called
) -> None:
    message_id = family.wants()
    outgoing = called()
    written_down(notify, outgoing, Perhaps("time-out"))
    reported(notify, outgoing.attempt_id, ProviderStatus.DELIVERED)
    written_down(notify, outgoing, Accepted("SM1"))
    assert read(notify, message_id).state is MessageState.DELIVERED
    assert attempts(notify, message_id)[0].provider_status is ProviderStatus.DELIVERED


def test_what_a_person_has_settled_does_not_come_back_with_a_late_answer(
    notify: Runtime, family: Family, called: Called
) -> None:
    message_id = family.wants()
    outgoing = called()
    reported(notify, outgoing.attempt_id, ProviderStatus.UNDELIVERED, error_code="30003")
    [item] = on_the_list(notify)
    with notify.sessions() as session:
        resolve(session, item.id, "settled-by-telephone", at=notify.clock.now(), by="desk")
        session.commit()
    written_down(notify, outgoing, Accepted("SM1"))
    assert on_the_list(notify) == []
    message = read(notify, message_id)
    assert (message.state, message.reason) == (MessageState.UNDELIVERED, "30003")


def test_a_text_that_the_provider_takes_and_gives_up_at_once_reaches_the_desk(
    notify: Runtime, family: Family, called: Called
) -> None:
    message_id = family.wants()
    written_down(notify, called(), Accepted("SM1", ProviderStatus.FAILED))
    assert read(notify, message_id).state is MessageState.UNDELIVERED
    assert [item.subject_id for item in on_the_list(notify)] == [message_id]


@pytest.mark.parametrize("outcome", [Accepted("SM1"), NotSent("provider-is-busy"), REFUSED])
def test_an_answer_about_a_text_that_is_no_more_does_no_harm(
    notify: Runtime, family: Family, called: Called, outcome: Outcome
) -> None:
    message_id = family.wants()
    gone = called()
    with notify.engine.begin() as connection:
        connection.execute(text("DELETE FROM messages WHERE id = :id"), {"id": message_id})
    written_down(notify, gone, outcome)
    with notify.sessions() as session:
        commands.end(session, message_id, 1, MessageState.PERSON, "unreadable", at=notify.clock.now())
    assert on_the_list(notify) == []


def test_a_text_that_is_taken_back_at_this_moment_is_no_persons_matter(
    notify: Runtime, family: Family
) -> None:
    message_id = family.wants()
    claim(notify)

    def end() -> None:
        with notify.sessions() as session:
            commands.end(session, message_id, 1, MessageState.PERSON, "unreadable", at=notify.clock.now())

    at_this_moment(notify, "UPDATE messages SET state = 'void', reason = 'withdrawn'", end)
    assert read(notify, message_id).reason == "withdrawn"
    assert on_the_list(notify) == []


def test_of_two_reports_at_this_moment_the_first_to_settle_it_stays(
    notify: Runtime, family: Family, called: Called
) -> None:
    message_id = family.wants()
    outgoing = called()
    at_this_moment(
        notify,
        "WITH it AS (UPDATE messages SET state = 'delivered')"
        " UPDATE attempts SET state = 'accepted', provider_sid = 'SM1', provider_status = 'delivered'",
        lambda: reported(notify, outgoing.attempt_id, ProviderStatus.UNDELIVERED, error_code="30003"),
    )
    assert read(notify, message_id).state is MessageState.DELIVERED
    assert attempts(notify, message_id)[0].provider_status is ProviderStatus.DELIVERED
    assert on_the_list(notify) == []
