"""What Twilio reports: late, twice, out of order, before our own answer, or not by Twilio at all."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from services.notify.channels.port import Accepted, ProviderStatus
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages import commands
from services.notify.messages.tables import AttemptState, MessageState
from services.notify.service import SERVICE
from shared.clock import FixedClock
from shared.desk.commands import carry_out
from tests.kit.twilio_ledger import Entry
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import (
    Family,
    attempts,
    lease_runs_out,
    look_for_what_is_unknown,
    on_the_list,
    read,
    send_what_is_due,
)

Report = Callable[..., int]


def test_a_delivered_text_is_delivered(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    assert report(twilio.sent[0], "sent") == 204
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert report(twilio.sent[0], "delivered") == 204
    assert read(notify, message_id).state is MessageState.DELIVERED


def test_a_late_sent_after_delivered_changes_nothing(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    for status in ("delivered", "sent", "delivered", "queued"):
        assert report(twilio.sent[0], status) == 204
    assert read(notify, message_id).state is MessageState.DELIVERED
    assert attempts(notify, message_id)[0].provider_status is ProviderStatus.DELIVERED


def test_an_undelivered_text_reaches_the_desk_with_the_carriers_reason(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    for _ in range(2):
        report(twilio.sent[0], "undelivered", 30003)
    assert read(notify, message_id).state is MessageState.UNDELIVERED
    assert [item.reason for item in on_the_list(notify)] == ["30003"]


def test_a_report_that_comes_before_our_own_answer_counts(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    report: Report,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message_id = family.wants()
    finish = commands.finish

    def after_the_report(*given: object, **named: object) -> None:
        assert report(twilio.sent[0], "delivered") == 204
        finish(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(commands, "finish", after_the_report)
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.DELIVERED
    [attempt] = attempts(notify, message_id)
    assert attempt.state is AttemptState.ACCEPTED
    assert attempt.provider_status is ProviderStatus.DELIVERED


@pytest.mark.parametrize("mode", ["500-after", "drop-after"])
def test_a_report_binds_a_text_that_had_no_answer(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    report: Report,
    clock: FixedClock,
    mode: str,
) -> None:
    message_id = family.wants()
    twilio.behave(mode)
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.UNKNOWN
    report(twilio.sent[0], "delivered")
    clock.advance(timedelta(hours=1))
    look_for_what_is_unknown(notify)
    assert read(notify, message_id).state is MessageState.DELIVERED
    assert on_the_list(notify) == []


def test_a_report_that_comes_after_a_person_was_asked_takes_it_off_the_list(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report, clock: FixedClock
) -> None:
    message_id = family.wants()
    twilio.behave("drop-after")
    send_what_is_due(notify)
    clock.advance(timedelta(hours=1))
    look_for_what_is_unknown(notify)
    assert read(notify, message_id).state is MessageState.PERSON
    assert len(on_the_list(notify)) == 1
    report(twilio.sent[0], "delivered")
    assert read(notify, message_id).state is MessageState.DELIVERED
    assert on_the_list(notify) == []


def test_an_answer_that_comes_after_all_takes_the_doubt_away(
    notify: Runtime, twilio: TwilioStandIn, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = family.wants()
    kept: list[object] = []
    monkeypatch.setattr(commands, "finish", lambda session, answers, at: kept.append(answers[0][0]))
    send_what_is_due(notify)
    monkeypatch.undo()
    lease_runs_out(notify)
    look_for_what_is_unknown(notify)
    assert read(notify, message_id).state is MessageState.UNKNOWN
    with notify.sessions() as session:
        commands.finish(session, [(kept[0], Accepted(twilio.sent[0].sid))], at=notify.clock.now())  # type: ignore[list-item]
    assert read(notify, message_id).state is MessageState.ACCEPTED


def test_a_text_that_was_refused_and_then_reported_is_not_sent_again(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report, clock: FixedClock
) -> None:
    """A contradiction of the provider's: whichever of its words is true, the text may be on its way."""
    message_id = family.wants()
    twilio.behave("429")
    send_what_is_due(notify)
    [attempt] = attempts(notify, message_id)
    entry = Entry(
        "SM" + "1" * 32, "+31612345678", "x", None, None, f"http://notify.test/twilio/status/{attempt.id}", ""
    )
    report(entry, "sent")
    clock.advance(timedelta(hours=1))
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert twilio.ledger.calls == 1


@pytest.mark.parametrize("signature", [None, "", "wrong", "aGVsbG8=", "é"])
def test_a_report_without_twilios_signature_is_refused(
    notify: Runtime, twilio: TwilioStandIn, family: Family, web: TestClient, signature: str | None
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    [entry] = twilio.sent
    headers = {} if signature is None else {"X-Twilio-Signature": signature.encode()}
    answer = web.post(
        entry.status_callback or "", data=twilio.status_form(entry, "delivered"), headers=headers
    )
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert read(notify, message_id).state is MessageState.ACCEPTED


def test_a_signature_of_another_text_is_refused(
    notify: Runtime, twilio: TwilioStandIn, family: Family, web: TestClient
) -> None:
    for _ in range(2):
        family.wants()
    send_what_is_due(notify)
    one, two = twilio.sent
    form = twilio.status_form(one, "delivered")
    headers = {"X-Twilio-Signature": twilio.signature(one.status_callback or "", form)}
    assert web.post(two.status_callback or "", data=form, headers=headers).status_code == 403
    assert web.post(one.status_callback or "", data=form | {"To": "+1"}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("changed", "answered"),
    [
        ({"AccountSid": "AC" + "9" * 32}, 403),
        ({"AccountSid": ""}, 403),
        ({"To": "+31699999999"}, 204),
        ({"MessageSid": "SM" + "9" * 32}, 204),
        ({"To": ""}, 204),
    ],
)
def test_a_report_that_names_another_account_number_or_text_changes_nothing(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    report: Report,
    changed: dict[str, str],
    answered: int,
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    assert report(twilio.sent[0], "undelivered", 30005, **changed) == answered
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert report(twilio.sent[0], "delivered") == 204
    assert read(notify, message_id).state is MessageState.DELIVERED


def test_what_a_full_queue_dropped_never_left_and_goes_again_once(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report, clock: FixedClock
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    for _ in range(2):
        assert report(twilio.sent[0], "failed", 30001) == 204
    message = read(notify, message_id)
    assert (message.state, message.reason) == (MessageState.PLANNED, "30001")
    assert on_the_list(notify) == []
    clock.advance(timedelta(minutes=1))
    send_what_is_due(notify)
    first, second = twilio.sent
    assert report(first, "sent") == 204
    assert report(second, "delivered") == 204
    clock.advance(timedelta(hours=1))
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.DELIVERED
    assert len(twilio.sent) == 2


def test_that_a_full_queue_dropped_it_counts_also_before_our_own_answer_was_read(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    report: Report,
    monkeypatch: pytest.MonkeyPatch,
    clock: FixedClock,
) -> None:
    message_id = family.wants()
    finish = commands.finish

    def after_the_report(*given: object, **named: object) -> None:
        assert report(twilio.sent[0], "failed", 30001) == 204
        finish(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(commands, "finish", after_the_report)
    send_what_is_due(notify)
    monkeypatch.undo()
    assert read(notify, message_id).state is MessageState.PLANNED
    assert [one.state for one in attempts(notify, message_id)] == [AttemptState.NOT_SENT]
    clock.advance(timedelta(minutes=1))
    send_what_is_due(notify)
    assert len(twilio.sent) == 2


def test_a_text_that_arrived_though_it_was_said_to_be_dropped_is_not_sent_again(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report, clock: FixedClock
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    report(twilio.sent[0], "failed", 30001)
    report(twilio.sent[0], "delivered")
    clock.advance(timedelta(hours=1))
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.DELIVERED
    assert len(twilio.sent) == 1


def test_a_text_that_was_dropped_too_late_to_go_again_is_told_by_a_person(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report, clock: FixedClock
) -> None:
    message_id = family.wants(not_after=clock.now() + timedelta(minutes=1))
    send_what_is_due(notify)
    clock.advance(timedelta(minutes=2))
    report(twilio.sent[0], "failed", 30001)
    assert read(notify, message_id).state is MessageState.EXPIRED
    assert [item.reason for item in on_the_list(notify)] == ["30001"]


def test_a_text_that_waited_too_long_at_the_provider_reaches_a_person(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    report(twilio.sent[0], "failed", 30036)
    assert read(notify, message_id).state is MessageState.UNDELIVERED
    assert [item.reason for item in on_the_list(notify)] == ["30036"]


def test_an_opt_out_that_is_heard_of_in_a_report_silences_too(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report
) -> None:
    family.wants()
    send_what_is_due(notify)
    report(twilio.sent[0], "undelivered", 21610)
    second = family.wants()
    send_what_is_due(notify)
    assert read(notify, second).reason == "suppressed"
    assert len(twilio.sent) == 1


def test_a_report_about_nobodys_attempt_is_not_found(
    notify: Runtime, twilio: TwilioStandIn, report: Report
) -> None:
    callback = f"http://notify.test/twilio/status/{uuid4()}"
    assert report(Entry("SM1", "+31", "x", None, None, callback, ""), "sent") == 404


def test_a_status_that_nobody_knows_is_answered_and_ignored(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    assert report(twilio.sent[0], "teleported") == 204
    assert read(notify, message_id).state is MessageState.ACCEPTED


def test_without_an_account_no_signature_is_right(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report
) -> None:
    family.wants()
    send_what_is_due(notify)
    notify.settings.twilio_auth_token = None
    assert report(twilio.sent[0], "delivered") == 403


def test_a_failed_text_can_be_sent_again_by_a_person(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    report: Report,
    web: TestClient,
    desk_key: dict[str, str],
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    report(twilio.sent[0], "undelivered", 30005)
    family.is_now(phone="+31699999999")
    [item] = web.get("/v1/work-items", headers=desk_key).json()["items"]
    assert item["actions"] == ["settled-by-telephone", "settled-in-writing", "send-again"]
    answer = web.post(
        f"/v1/work-items/{item['id']}/resolutions", json={"action": "send-again"}, headers=desk_key
    )
    assert answer.status_code == 201
    send_what_is_due(notify)
    assert [entry.to for entry in twilio.sent] == ["+31612345678", "+31699999999"]
    assert read(notify, message_id).attempt_count == 2
    assert on_the_list(notify) == []


def test_a_late_report_about_a_first_attempt_does_not_judge_the_second(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report, clock: FixedClock
) -> None:
    message_id = family.wants()
    twilio.behave("ok", "drop-after")
    send_what_is_due(notify)
    clock.advance(timedelta(hours=1))
    look_for_what_is_unknown(notify)
    [item] = on_the_list(notify)
    with notify.sessions() as session:
        carry_out(session, SERVICE.desk, item.id, "send-again", {}, at=clock.now(), by="desk")
    send_what_is_due(notify)
    first, second = twilio.sent
    report(first, "undelivered", 30003)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    report(second, "delivered")
    assert read(notify, message_id).state is MessageState.DELIVERED


def test_a_report_stops_what_a_person_wanted_to_send_again(
    notify: Runtime, twilio: TwilioStandIn, family: Family, report: Report, clock: FixedClock
) -> None:
    message_id = family.wants()
    twilio.behave("ok", "drop-after")
    send_what_is_due(notify)
    clock.advance(timedelta(hours=1))
    look_for_what_is_unknown(notify)
    [item] = on_the_list(notify)
    with notify.sessions() as session:
        carry_out(session, SERVICE.desk, item.id, "send-again", {}, at=clock.now(), by="desk")
    report(twilio.sent[0], "sent")
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert len(twilio.sent) == 1
