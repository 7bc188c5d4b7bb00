"""The provider misbehaves at the worst moment; nobody is texted twice and nobody is forgotten."""

from __future__ import annotations

import pytest

from tests.faults.conftest import numbers
from tests.faults.disaster import (
    ask_all,
    each_heard_once,
    kill_all,
    receipts,
    request_id,
    rows,
    states,
    stopped,
)
from tests.kit.system import System, eventually


def test_a_text_taken_before_the_provider_failed_is_bound_by_its_callback_and_not_resent(
    system: System,
) -> None:
    system.twilio.behave("ok", "500-after")
    [number] = numbers(1)
    reference = ask_all(system, [number])[number]
    cause = request_id(system, reference)
    eventually(lambda: states(system, cause) == ["unknown"], what="an honest unknown")
    [entry] = system.twilio.to(number)
    assert system.twilio.call_back(entry, ["delivered"]) == [204]
    eventually(lambda: states(system, cause) == ["delivered"], what="the callback's word")
    assert len(system.twilio.to(number)) == 1


def test_a_text_that_was_surely_not_taken_is_tried_again(system: System) -> None:
    system.twilio.behave("ok", "429", "429", automatic=["delivered"])
    each_heard_once(system, ask_all(system, numbers(1)))


def test_callbacks_that_come_twice_and_backwards_end_where_the_family_is(system: System) -> None:
    system.twilio.behave("ok")
    [number] = numbers(1)
    cause = request_id(system, ask_all(system, [number])[number])
    eventually(lambda: system.twilio.to(number), what="the text")
    [entry] = system.twilio.to(number)
    system.twilio.call_back(entry, ["delivered", "sent", "queued"], times=2)
    assert states(system, cause) == ["delivered"]
    assert len(system.twilio.to(number)) == 1


def test_a_forged_callback_changes_nothing(system: System) -> None:
    system.twilio.behave("ok")
    [number] = numbers(1)
    cause = request_id(system, ask_all(system, [number])[number])
    eventually(lambda: system.twilio.to(number), what="the text")
    [entry] = system.twilio.to(number)
    assert entry.status_callback
    form = system.twilio.status_form(entry, "delivered")
    for signature in ("", "forged"):
        answer = system.call(
            "POST",
            "notify",
            entry.status_callback.split("/", 3)[3].join(("/", "")),
            data=form,
            headers={"X-Twilio-Signature": signature},
        )
        assert answer.status_code == 403
    assert states(system, cause) == ["accepted"]


@pytest.mark.slow
def test_a_worker_that_dies_while_the_provider_hangs_leaves_an_unknown_and_no_second_text(
    system: System,
) -> None:
    system.twilio.behave("ok", "hang")
    [number] = numbers(1)
    reference = ask_all(system, [number])[number]
    cause = request_id(system, reference)
    eventually(lambda: system.twilio.to(number), what="the text is with the provider")
    kill_all(system, "worker-notify")
    eventually(lambda: states(system, cause) == ["unknown"], 130, what="an honest unknown")
    [entry] = system.twilio.to(number)
    system.twilio.call_back(entry, ["delivered"])
    assert states(system, cause) == ["delivered"]
    assert receipts(system)[number] == 1


def test_a_hundred_texts_that_the_provider_slows_down_are_each_sent_once(system: System) -> None:
    system.twilio.behave("ok", *(["429"] * 40), automatic=["delivered"])
    each_heard_once(system, ask_all(system, numbers(100)))


def test_a_report_that_comes_before_our_own_answer_was_read_counts_and_nothing_is_sent_again(
    system: System,
) -> None:
    system.twilio.behave("held", automatic=["sent", "delivered"])
    references = ask_all(system, numbers(1))
    [reference] = references.values()
    cause = request_id(system, reference)
    eventually(lambda: states(system, cause) == ["delivered"], what="the report's word")
    unread = "SELECT count(*) FROM notify.attempts WHERE finished_at IS NULL AND channel = 'sms'"
    assert rows(system, unread) == [(1,)]
    system.twilio.answering.set()
    eventually(lambda: rows(system, unread) == [(0,)], what="our own answer")
    assert states(system, cause) == ["delivered"]
    each_heard_once(system, references)


@pytest.mark.slow
def test_a_thousand_texts_that_the_provider_refuses_as_too_many_are_each_sent_once(system: System) -> None:
    """Who is refused more than once waits longer each time, so this takes longer than other troubles."""
    system.twilio.behave("ok", *(["429"] * 1000), automatic=["delivered"])
    with stopped(system, "worker-notify"):
        references = ask_all(system, numbers(1000))
    each_heard_once(system, references, within=360)
    assert system.twilio.ledger.calls == 2000


@pytest.mark.slow
def test_texts_taken_without_an_answer_and_never_found_are_left_to_a_person_with_the_reason(
    system: System,
) -> None:
    """The provider hangs, fails or hangs up after taking them, and does not know them when it is asked."""
    system.twilio.behave("ok", "hang", "500-after", "drop-after", "500-after")
    references = ask_all(system, numbers(4))
    causes = [request_id(system, reference) for reference in references.values()]
    eventually(
        lambda: all(states(system, cause) == ["unknown"] for cause in causes), 60, what="honest unknowns"
    )
    taken = {entry.sid for entry in system.twilio.sent}
    system.twilio.ledger.entries.clear()
    system.wakes_at("2026-12-01T13:00:00+01:00")
    listed = "SELECT reason FROM notify.work_items WHERE subject_id IN (SELECT id FROM notify.messages)"
    eventually(lambda: len(rows(system, listed)) == 4, 40, what="four items on the desk's list")
    reasons = sorted(reason for (reason,) in rows(system, listed))
    assert reasons == ["connection-broke", "connection-broke", "provider-error-500", "provider-error-500"]
    assert len(taken) == 4
    assert system.twilio.sent == []


def test_a_text_that_its_providers_queue_dropped_is_heard_once(system: System) -> None:
    """The report that it was dropped comes twice, and its own "sent" comes late."""
    system.twilio.behave("ok")
    [number] = numbers(1)
    cause = request_id(system, ask_all(system, [number])[number])
    eventually(lambda: system.twilio.to(number), what="the text")
    [dropped] = system.twilio.to(number)
    assert system.twilio.call_back(dropped, ["failed"], error_code=30001, times=2) == [204, 204]
    eventually(lambda: len(system.twilio.to(number)) == 2, what="the same text anew")
    [again] = [entry for entry in system.twilio.to(number) if entry.sid != dropped.sid]
    assert system.twilio.call_back(dropped, ["sent"]) == [204]
    assert system.twilio.call_back(again, ["sent", "delivered"]) == [204, 204]
    assert states(system, cause) == ["delivered"]
    assert len(system.twilio.to(number)) == 2
