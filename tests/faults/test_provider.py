"""The provider misbehaves at the worst moment; nobody is texted twice and nobody is forgotten."""

from __future__ import annotations

import pytest

from tests.faults.conftest import numbers
from tests.faults.disaster import ask_all, each_heard_once, kill_all, receipts
from tests.kit.system import System, eventually


def states(system: System, cause: str) -> list[str]:
    return [one["state"] for one in system.messages(cause) if one["purpose"] == "request-received"]


def request_id(system: System, reference: str) -> str:
    return str(system.get("intake", f"/v1/advice-requests/{reference}")["id"])


def test_a_text_that_was_taken_before_the_provider_failed_is_bound_by_its_callback_and_not_resent(
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
def test_a_worker_that_dies_while_the_provider_hangs_leaves_an_unknown_and_never_a_second_text(
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
