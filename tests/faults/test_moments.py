"""A process dies, or stands still, at one exact moment: what was accepted goes on, once."""

from __future__ import annotations

import os
import signal
from threading import Thread

import pytest

from tests.faults.conftest import numbers
from tests.faults.disaster import (
    TWO_MINUTES,
    also,
    answers,
    arm,
    ask,
    ask_all,
    at_rest,
    broker,
    each_heard_once,
    kill_all,
    reached_by,
    request_id,
    rows,
    signal_all,
    states,
)
from tests.kit.system import System, eventually

QUESTION = "INSERT INTO advice_requests"
INBOX = "INSERT INTO inbox"
EVENTS_LEASED = "UPDATE deliveries SET due_at=(clock_timestamp()"
EVENTS_OUT = "weerzien.events.consume"
TEXTS_CLAIMED = "UPDATE messages SET leased_until=(clock_timestamp()"
TEXTS_OUT = "notify.messages.send"
TEXT_LOCKED = "ORDER BY messages.id FOR UPDATE"
IN_FLIGHT = "INSERT INTO attempts"
RESULT = "UPDATE attempts a SET"
SLOW = pytest.mark.slow


def a_question(system: System) -> dict[str, str]:
    return ask_all(system, numbers(1))


def the_text(system: System, references: dict[str, str], state: str) -> str:
    """The question's id, as soon as its receipt is in this state."""
    [reference] = references.values()
    cause = request_id(system, reference)
    eventually(lambda: states(system, cause) == [state], TWO_MINUTES, what=f"a text that is {state}")
    return cause


@pytest.mark.parametrize(
    ("when", "what"),
    [
        pytest.param("before", QUESTION, marks=SLOW, id="before-the-question-is-on-disk"),
        pytest.param("after", QUESTION, id="between-the-commit-and-the-answer"),
        pytest.param("after", EVENTS_LEASED, id="the-dispatcher-between-lease-and-publication"),
        pytest.param("after", EVENTS_OUT, marks=SLOW, id="the-dispatcher-right-after-publication"),
        pytest.param("after", TEXTS_CLAIMED, marks=SLOW, id="a-text-claimed-and-not-handed-out"),
        pytest.param("after", TEXTS_OUT, marks=SLOW, id="a-text-handed-out-and-nothing-more"),
        pytest.param("before", INBOX, marks=SLOW, id="the-worker-before-its-decision-is-on-disk"),
        pytest.param("after", INBOX, marks=SLOW, id="the-worker-before-its-acknowledgement"),
        pytest.param("before", IN_FLIGHT, id="the-worker-before-in-flight-is-on-disk"),
    ],
)
def test_whatever_dies_before_the_call_a_family_hears_once(watched: System, when: str, what: str) -> None:
    arm(watched, when, what)
    references = a_question(watched)
    assert reached_by(watched)
    each_heard_once(watched, references)


def test_a_worker_that_dies_just_before_the_call_leaves_the_text_to_a_person_with_the_reason(
    watched: System,
) -> None:
    arm(watched, "after", IN_FLIGHT)
    cause = the_text(watched, a_question(watched), "unknown")
    assert watched.twilio.sent == []
    watched.wakes_at("2026-12-01T12:00:00+01:00")
    [item] = eventually(lambda: watched.work_items("notify", cause), what="an item on the desk's list")
    assert (item["kind"], item["reason"]) == ("message-failed", "interrupted")
    assert watched.twilio.sent == []


def test_a_worker_that_dies_after_the_call_leaves_one_text_that_its_report_settles(
    watched: System,
) -> None:
    watched.twilio.behave("ok")
    arm(watched, "before", RESULT)
    references = a_question(watched)
    the_text(watched, references, "unknown")
    [entry] = watched.twilio.sent
    assert watched.twilio.call_back(entry, ["delivered"]) == [204]
    the_text(watched, references, "delivered")
    each_heard_once(watched, references)


def test_a_message_that_was_popped_and_not_begun_when_the_worker_died_is_handled(watched: System) -> None:
    """The broker gives a message to whoever waits for one, also where that process does not run any more."""
    references: dict[str, str] = {}
    for number in numbers(30):
        signal_all(watched, signal.SIGSTOP, "worker-referral")
        references[number] = ask(watched, number)
        eventually(lambda: _handed_out(watched), what="the publication")
        if broker(watched).llen("referral.events") == 0:
            break
        signal_all(watched, signal.SIGCONT, "worker-referral")
        eventually(lambda: at_rest(watched), what="rest")
    assert broker(watched).llen("referral.events") == 0
    kill_all(watched, "worker-referral")
    each_heard_once(watched, references)


def _handed_out(system: System) -> bool:
    """Whether every event for referral is leased and out; a publication takes far less than a lease."""
    waiting = (
        "SELECT count(*) FROM intake.deliveries WHERE subscriber = 'referral' AND state = 'due'"
        " AND (attempts = 0 OR due_at > clock_timestamp() + interval '4.9 seconds')"
    )
    return rows(system, waiting) == [(0,)]


@pytest.mark.parametrize(
    ("when", "what"),
    [
        pytest.param("saying", TEXT_LOCKED, id="a-text-prepared-and-not-begun"),
        pytest.param("after", IN_FLIGHT, marks=SLOW, id="in-flight-and-not-called"),
        pytest.param("before", RESULT, marks=SLOW, id="called-and-not-written-down"),
    ],
)
def test_a_worker_that_wakes_after_another_took_over_sends_no_second_text(
    watched: System, when: str, what: str
) -> None:
    arm(watched, when, what, signal.SIGSTOP)
    references = a_question(watched)
    sleeper = reached_by(watched)
    with also(watched, "worker", "notify", "--with-dispatcher"):
        eventually(lambda: _taken_over(watched), TWO_MINUTES, what="another that takes over")
        os.kill(sleeper, signal.SIGCONT)
        the_text(watched, references, "delivered")
        each_heard_once(watched, references)


def _taken_over(system: System) -> bool:
    """Whether somebody else has brought the text to an end or has given its call up."""
    settled = "SELECT state IN ('delivered', 'unknown') FROM notify.messages WHERE channel = 'sms'"
    return rows(system, settled) == [(True,)]


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(QUESTION, marks=SLOW, id="a-question"),
        pytest.param(INBOX, marks=SLOW, id="a-decision"),
        pytest.param(IN_FLIGHT, id="in-flight"),
        pytest.param(RESULT, marks=SLOW, id="the-providers-answer"),
    ],
)
def test_a_transaction_that_the_database_dies_in_is_as_if_it_had_not_been(watched: System, what: str) -> None:
    arm(watched, "before", what, signal.SIGSTOP)
    references: dict[str, str] = {}
    asking = Thread(target=lambda: references.update(a_question(watched)))
    asking.start()
    sleeper = reached_by(watched)
    kill_all(watched, "postgres")
    eventually(lambda: answers(watched), what="a database that answers again")
    os.kill(sleeper, signal.SIGCONT)
    asking.join()
    each_heard_once(watched, references)
