from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.notify.channels.port import (
    Accepted,
    Fault,
    NotSent,
    Outcome,
    Perhaps,
    ProviderStatus,
    Rejected,
    Seen,
)
from services.notify.contacts.rules import PAUSED
from services.notify.messages import rules
from services.notify.messages.rules import Go, Standing, Stop, Wait, at_the_door
from services.notify.messages.tables import AttemptState, MessageState, Purpose, RecipientKind

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def settle(outcome: Outcome, **given: object) -> Standing:
    known = {
        "state": MessageState.IN_FLIGHT,
        "known": None,
        "tries": 1,
        "not_after": None,
        "spread": 0.0,
        "at": NOON,
    }
    return rules.after_outcome(outcome, **(known | given))  # type: ignore[arg-type]


def hear(*reports: ProviderStatus, state: MessageState = MessageState.IN_FLIGHT) -> MessageState:
    """Return the state after these reports, in this order."""
    known: ProviderStatus | None = None
    for heard in reports:
        state = rules.after_report(state, known, heard) or state
        known = heard if rules.further(known, heard) else known
    return state


def test_what_the_provider_took_is_accepted() -> None:
    assert settle(Accepted("SM1")) == Standing(MessageState.ACCEPTED, AttemptState.ACCEPTED)


def test_what_the_postbus_took_is_delivered_at_once() -> None:
    assert settle(Accepted("x", ProviderStatus.DELIVERED)).state is MessageState.DELIVERED


def test_what_was_surely_not_sent_is_tried_again_after_a_while() -> None:
    first, second = settle(NotSent("busy")), settle(NotSent("busy"), tries=2)
    assert first.state is second.state is MessageState.PLANNED
    assert first.due_at is not None
    assert second.due_at is not None
    assert NOON < first.due_at < second.due_at


def test_a_provider_that_asks_to_wait_is_given_the_time() -> None:
    assert settle(NotSent("busy", retry_after=90)).due_at == NOON + timedelta(seconds=90)


def test_tries_that_are_spread_come_later_than_asked_and_never_sooner() -> None:
    assert settle(NotSent("busy", retry_after=100), spread=0.5).due_at == NOON + timedelta(seconds=110)


def test_nobody_waits_more_than_some_day_for_the_next_try() -> None:
    due_at = settle(NotSent("busy", retry_after=10**6), spread=0.99).due_at
    assert due_at is not None
    assert due_at <= NOON + timedelta(hours=24, minutes=12)


def test_texts_that_failed_together_do_not_come_back_together() -> None:
    assert settle(NotSent("busy"), spread=0.1).due_at != settle(NotSent("busy"), spread=0.9).due_at


def test_after_half_a_day_of_trying_a_person_decides() -> None:
    assert settle(NotSent("away"), tries=len(rules.BACKOFF)).state is MessageState.PLANNED
    assert settle(NotSent("away"), tries=len(rules.BACKOFF) + 1).state is MessageState.PERSON
    assert timedelta(hours=12) < sum(rules.BACKOFF, timedelta()) < timedelta(hours=24)


def test_the_waits_grow_from_seconds_to_an_hour() -> None:
    waits = [settle(NotSent("away"), tries=tries).due_at for tries in range(1, 11)]
    seconds = [(due_at - NOON).total_seconds() for due_at in waits if due_at is not None]
    assert seconds == [5, 15, 60, 120, 300, 600, 1200, 1800, 3600, 3600]


def test_a_reminder_is_not_tried_again_after_its_visit() -> None:
    late = settle(NotSent("busy", retry_after=600), not_after=NOON + timedelta(minutes=5))
    assert late.state is MessageState.EXPIRED


def test_up_to_its_visit_a_reminder_is_tried_again() -> None:
    in_time = settle(NotSent("busy", retry_after=600), not_after=NOON + timedelta(minutes=10))
    assert (in_time.state, in_time.due_at) == (MessageState.PLANNED, NOON + timedelta(minutes=10))


def test_what_was_perhaps_sent_is_never_planned_again() -> None:
    answer = settle(Perhaps("connection-broke"))
    assert (answer.state, answer.attempt) == (MessageState.UNKNOWN, AttemptState.UNKNOWN)
    assert answer.due_at == NOON + timedelta(minutes=1)


def test_a_refused_text_keeps_the_providers_code() -> None:
    assert settle(Rejected("21211", Fault.ADDRESS)) == Standing(
        MessageState.REJECTED, AttemptState.REJECTED, reason="21211"
    )


@pytest.mark.parametrize("outcome", [Perhaps("timeout"), NotSent("busy"), Rejected("x", Fault.OTHER)])
def test_a_report_that_came_first_outweighs_what_the_call_answered(outcome: Outcome) -> None:
    answer = settle(outcome, state=MessageState.DELIVERED, known=ProviderStatus.DELIVERED)
    assert answer == Standing(MessageState.DELIVERED, AttemptState.ACCEPTED)


def test_our_late_answer_does_not_take_back_a_delivery() -> None:
    answer = settle(Accepted("SM1"), state=MessageState.DELIVERED, known=ProviderStatus.DELIVERED)
    assert answer.state is MessageState.DELIVERED


def test_reports_end_the_same_in_whatever_order_they_come() -> None:
    words = (ProviderStatus.QUEUED, ProviderStatus.SENT, ProviderStatus.DELIVERED)
    assert {hear(*order) for order in permutations(words)} == {MessageState.DELIVERED}


def test_a_late_sent_after_delivered_is_ignored() -> None:
    assert rules.after_report(MessageState.DELIVERED, ProviderStatus.DELIVERED, ProviderStatus.SENT) is None


def test_the_same_report_twice_changes_nothing() -> None:
    assert rules.after_report(MessageState.ACCEPTED, ProviderStatus.SENT, ProviderStatus.SENT) is None


def test_an_end_stays_the_end() -> None:
    assert hear(ProviderStatus.UNDELIVERED, ProviderStatus.DELIVERED) is MessageState.UNDELIVERED
    assert hear(ProviderStatus.DELIVERED, ProviderStatus.FAILED) is MessageState.DELIVERED


def test_that_it_was_read_is_further_than_that_it_was_delivered_and_takes_no_end_back() -> None:
    assert rules.further(ProviderStatus.SENT, ProviderStatus.READ)
    assert rules.further(ProviderStatus.DELIVERED, ProviderStatus.READ)
    assert not rules.further(ProviderStatus.READ, ProviderStatus.DELIVERED)
    assert hear(ProviderStatus.UNDELIVERED, ProviderStatus.READ) is MessageState.UNDELIVERED


@pytest.mark.parametrize(
    ("heard", "state"),
    [
        (ProviderStatus.DELIVERED, MessageState.DELIVERED),
        (ProviderStatus.SENT, None),
        (ProviderStatus.UNDELIVERED, None),
    ],
)
def test_of_an_earlier_try_it_only_matters_that_it_arrived(
    heard: ProviderStatus, state: MessageState | None
) -> None:
    assert rules.after_report(MessageState.IN_FLIGHT, None, heard, is_latest=False) is state


@pytest.mark.parametrize("state", [MessageState.UNKNOWN, MessageState.PERSON, MessageState.PLANNED])
def test_a_report_binds_what_was_given_up_or_would_have_been_tried_again(state: MessageState) -> None:
    assert hear(ProviderStatus.SENT, state=state) is MessageState.ACCEPTED


def test_half_a_text_did_not_arrive() -> None:
    assert rules.state_for(ProviderStatus.PARTIALLY_DELIVERED) is MessageState.UNDELIVERED


def test_an_unknown_text_is_looked_for_until_a_person_must_decide() -> None:
    moments, at = [], NOON
    while (look := rules.look_again(NOON, at)) is not None:
        moments.append(look)
        at = look
    assert len(moments) == len(rules.LOOKS)
    assert at == NOON + timedelta(minutes=30)


def seen(sid: str, minutes: float) -> Seen:
    moment = NOON + timedelta(minutes=minutes)
    return Seen(sid, "+31612345678", ProviderStatus.SENT, None, moment)


def test_the_one_text_of_that_moment_is_ours() -> None:
    until = NOON + timedelta(minutes=2)
    found = rules.find([seen("early", -10), seen("ours", 0.1), seen("late", 30)], NOON, until)
    assert found is not None
    assert found.sid == "ours"


@pytest.mark.parametrize(
    ("minutes", "ours"), [(-0.51, False), (-0.5, True), (2.4, True), (2.5, True), (2.51, False)]
)
def test_a_provider_whose_clock_is_half_a_minute_off_is_believed(minutes: float, ours: bool) -> None:
    found = rules.find([seen("perhaps", minutes)], NOON, NOON + timedelta(minutes=2))
    assert (found is not None) is ours


def test_between_two_texts_of_that_moment_the_machine_does_not_choose() -> None:
    assert rules.find([seen("one", 0.1), seen("two", 0.2)], NOON, NOON + timedelta(minutes=2)) is None


def door(**given: object) -> Go | Wait | Stop:
    known = {
        "purpose": Purpose.VISIT_7,
        "not_after": NOON + timedelta(days=1),
        "silence": None,
        "opens_at": NOON,
        "ceiling_until": None,
        "at": NOON,
    }
    return at_the_door(**(known | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "keeps"),
    [
        ({}, False),
        ({"at": NOON + timedelta(hours=1)}, False),
        ({"at": NOON + timedelta(hours=1, seconds=1)}, True),
        ({"windowed": True}, True),
        ({"windowed": True, "purpose": Purpose.VISIT_MOVED}, True),
        ({"purpose": Purpose.OFFER, "at": NOON + timedelta(hours=9)}, False),
        ({"purpose": Purpose.VISIT_MOVED, "at": NOON + timedelta(hours=9)}, False),
        ({"purpose": Purpose.VISIT_CANCELLED, "at": NOON + timedelta(hours=9)}, False),
    ],
)
def test_an_answer_goes_at_once_and_hours_later_at_night_only_against_a_journey_in_vain(
    given: dict[str, Any], keeps: bool
) -> None:
    known: dict[str, Any] = {
        "purpose": Purpose.REQUEST_RECEIVED,
        "windowed": False,
        "asked_at": NOON,
        "at": NOON,
    }
    assert rules.keeps_to_the_window(**(known | given)) is keeps


def test_nothing_in_the_way() -> None:
    assert door() == Go()
    assert door(not_after=None) == Go()
    assert door(not_after=NOON) == Go()


def test_who_said_stop_gets_nothing_but_that_it_was_heard() -> None:
    assert door(silence="stop-word") == Stop(MessageState.VOID, "suppressed")
    assert door(silence="stop-word", purpose=Purpose.STOP_CONFIRMED) == Go()


def test_while_a_number_is_paused_texts_wait_but_those_that_people_act_on_are_told_by_telephone() -> None:
    assert door(silence=PAUSED) == Wait(NOON + rules.LOOK_AT_A_PAUSE, PAUSED)
    assert door(silence=PAUSED, purpose=Purpose.STOP_CONFIRMED) == Go()
    assert door(silence=PAUSED, purpose=Purpose.VISIT_CANCELLED) == Stop(MessageState.VOID, "suppressed")


def test_a_text_outside_the_window_waits_until_it_opens() -> None:
    opens = NOON + timedelta(hours=9)
    assert door(opens_at=opens) == Wait(opens, "outside-window")


def test_a_text_that_would_come_after_its_visit_does_not_come() -> None:
    assert door(not_after=NOON - timedelta(minutes=1)) == Stop(MessageState.EXPIRED, rules.TOO_LATE)
    assert door(opens_at=NOON + timedelta(days=2)) == Stop(MessageState.EXPIRED, rules.TOO_LATE)


def test_above_the_ceiling_a_text_waits_and_still_keeps_to_the_window() -> None:
    later, opens = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    assert door(ceiling_until=later) == Wait(later, "ceiling")
    assert door(ceiling_until=later, opens_at=opens) == Wait(opens, "ceiling")


def test_what_fails_reaches_a_person() -> None:
    assert rules.needs_a_person(Purpose.VISIT_1, MessageState.UNDELIVERED)
    assert rules.needs_a_person(Purpose.ACCEPTED, MessageState.EXPIRED)
    assert not rules.needs_a_person(Purpose.VISIT_1, MessageState.VOID)
    assert not rules.needs_a_person(Purpose.VISIT_1, MessageState.DELIVERED)
    assert not rules.needs_a_person(Purpose.STOP_CONFIRMED, MessageState.REJECTED)


@pytest.mark.parametrize("purpose", [Purpose.VISIT_MOVED, Purpose.VISIT_CANCELLED, Purpose.ACCEPTED])
def test_what_somebody_acts_on_is_told_by_a_person_where_no_text_may(purpose: Purpose) -> None:
    assert rules.needs_a_person(purpose, MessageState.VOID, "suppressed")
    assert rules.needs_a_person(purpose, MessageState.VOID, "visit-past")
    assert not rules.needs_a_person(purpose, MessageState.VOID, "withdrawn")
    assert not rules.needs_a_person(Purpose.VISIT_7, MessageState.VOID, "suppressed")


def test_a_partners_mail_is_its_owners_matter() -> None:
    assert rules.owner_is_told(RecipientKind.PARTNER)
    assert not rules.owner_is_told(RecipientKind.ASKER)


def test_only_who_told_the_provider_to_stop_is_left_alone_for_good() -> None:
    assert rules.suppresses(Rejected("21610", Fault.OPTED_OUT))
    assert not rules.suppresses(Rejected("21211", Fault.ADDRESS))
    assert not rules.suppresses(NotSent("busy"))
