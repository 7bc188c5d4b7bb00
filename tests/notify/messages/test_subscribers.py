"""The events that make notify write to a person."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.channels.postbus import newest
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.channels.smtp_email import MailServer, SmtpEmail
from services.notify.channels.tables import Posted
from services.notify.messages import queries, subscribers
from services.notify.messages.tables import MessageState, Purpose
from services.notify.service import SERVICE
from shared.clock import FixedClock
from shared.events.catalogue import CATALOGUE
from shared.events.details import ContactPoint, DeskCallDetail, DeskWords, OfferDetail
from shared.events.envelope import Envelope
from shared.events.intake import (
    AnswerWritten,
    DeskItemWaits,
    DeskWordsWanted,
    RequestReceived,
    RequestWithdrawn,
)
from shared.events.payloads import Payload
from shared.events.referral import (
    ReferralAccepted,
    ReferralExpired,
    ReferralNudged,
    ReferralOffered,
    ReferralRecalled,
    ReferralUnplaced,
    UnplacedReason,
)
from shared.messaging.consumer import Consumer
from shared.peers import PeerUnavailable
from tests.kit.details import referral_detail
from tests.kit.peers import fake
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify import senders
from tests.notify.messages.family import Family, on_the_list, send_what_is_due

Hear = Callable[[Payload], None]
ASKED_AT = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def hear(notify: Runtime) -> Hear:
    """Let notify handle an event, as the consumer does."""

    def tell(payload: Payload) -> None:
        event = _event(payload)
        found = SERVICE.wiring.subscriptions.get(payload.event_type())
        assert found is not None
        details = Consumer(notify, SERVICE.wiring.subscriptions, lambda *_: None).details(found, [event])
        with notify.sessions() as session:
            found.handler(session, [event], details, at=notify.clock.now())
            session.commit()

    return tell


def wanted(notify: Runtime, cause_id: UUID) -> list[tuple[Purpose, MessageState]]:
    with notify.sessions() as session:
        return [(message.purpose, message.state) for message in queries.about(session, cause_id)]


def posted(notify: Runtime) -> list[Posted]:
    with notify.sessions() as session:
        return list(newest(session))


def test_everything_that_is_said_to_notify_is_heard() -> None:
    said = {name for name, payload in CATALOGUE.items() if "notify" in payload.subscribers}
    assert said == SERVICE.wiring.subscriptions.types
    assert subscribers is not None


def test_who_asks_gets_one_receipt(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear
) -> None:
    for _ in range(2):
        hear(RequestReceived(request_id=family.request_id))
    send_what_is_due(notify)
    assert len(twilio.sent) == 1
    assert wanted(notify, family.request_id) == [(Purpose.REQUEST_RECEIVED, MessageState.ACCEPTED)]


@pytest.mark.parametrize("channel", ["phone", "none"])
def test_who_wants_no_messages_gets_none(notify: Runtime, family: Family, hear: Hear, channel: str) -> None:
    family.is_now(channel=channel)
    hear(RequestReceived(request_id=family.request_id))
    assert wanted(notify, family.request_id) == []


def test_a_question_that_is_gone_gets_no_receipt(notify: Runtime, hear: Hear) -> None:
    gone = uuid4()
    hear(RequestReceived(request_id=gone))
    assert wanted(notify, gone) == []


@pytest.mark.parametrize(("minutes", "windowed"), [(0, False), (60, False), (61, True)])
def test_a_receipt_goes_at_any_hour_only_while_somebody_waits_for_it(
    notify: Runtime, family: Family, hear: Hear, clock: FixedClock, minutes: int, windowed: bool
) -> None:
    clock.set(ASKED_AT + timedelta(minutes=minutes))
    hear(RequestReceived(request_id=family.request_id))
    with notify.sessions() as session:
        [receipt] = queries.about(session, family.request_id)
    assert receipt.windowed is windowed


def test_a_receipt_is_of_no_use_a_day_later(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear, clock: FixedClock
) -> None:
    hear(RequestReceived(request_id=family.request_id))
    clock.advance(timedelta(hours=24, minutes=1))
    send_what_is_due(notify)
    assert twilio.sent == []
    assert wanted(notify, family.request_id) == [(Purpose.REQUEST_RECEIVED, MessageState.EXPIRED)]


def test_an_owner_who_is_away_is_asked_later(notify: Runtime, family: Family, hear: Hear) -> None:
    fake(notify, "intake").away = True
    with pytest.raises(PeerUnavailable):
        hear(RequestReceived(request_id=family.request_id))


def test_owners_are_asked_once_for_many_events(notify: Runtime, many: Callable[[int], list[Family]]) -> None:
    events = [_event(RequestReceived(request_id=one.request_id)) for one in many(30)]
    heard = SERVICE.wiring.subscriptions.get(RequestReceived.event_type())
    assert heard is not None
    assert len(Consumer(notify, SERVICE.wiring.subscriptions, lambda *_: None).details(heard, events)) == 30
    assert len(fake(notify, "intake").asked) == 1


def _event(payload: Payload) -> Envelope[Any]:
    return Envelope[Any](
        id=uuid4(),
        source="urn:nld:kvknr:12345678:weerzien",
        type=payload.event_type(),
        subject=str(payload.subject),
        time=ASKED_AT,
        sequence="0000000001",
        data=payload,
    )


def about(offer: UUID) -> dict[str, UUID]:
    return {"referral_id": uuid4(), "request_id": uuid4(), "offer_id": offer}


def test_a_partner_gets_the_offer_with_its_link_and_not_who_asks(
    notify: Runtime, offer: UUID, hear: Hear
) -> None:
    hear(ReferralOffered(**about(offer)))
    send_what_is_due(notify)
    [mail] = posted(notify)
    assert mail.to == "loket@huis.example"
    assert "http://referral.test/r/token" in mail.text
    assert mail.subject


def test_an_offer_that_closed_before_the_mail_went_is_not_sent(
    notify: Runtime, offer: UUID, hear: Hear
) -> None:
    hear(ReferralOffered(**about(offer)))
    now_closed(notify, offer, "accepted")
    hear(ReferralNudged(**about(offer)))
    send_what_is_due(notify)
    assert posted(notify) == []


def now_closed(notify: Runtime, offer: UUID, state: str) -> None:
    fake(notify, "referral").change(OfferDetail, offer, state=state)


@pytest.mark.parametrize("event", [ReferralRecalled, ReferralExpired])
def test_a_partner_hears_that_an_offer_lapsed(
    notify: Runtime, offer: UUID, hear: Hear, event: type[Payload]
) -> None:
    hear(ReferralOffered(**about(offer)))
    send_what_is_due(notify)
    now_closed(notify, offer, "recalled")
    hear(event(**about(offer)))
    send_what_is_due(notify)
    assert len(posted(notify)) == 2


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_every_mail_to_a_partner_says_which_question_it_is_about_also_when_it_is_taken_back(
    notify: Runtime, offer: UUID, hear: Hear, language: str
) -> None:
    fake(notify, "referral").change(OfferDetail, offer, language=language)
    hear(ReferralOffered(**about(offer)))
    hear(ReferralNudged(**about(offer)))
    send_what_is_due(notify)
    now_closed(notify, offer, "recalled")
    hear(ReferralRecalled(**about(offer)))
    send_what_is_due(notify)
    mails = posted(notify)
    assert len(mails) == 3
    for mail in mails:
        assert "WZ-7QK4-9M2X" in mail.text
        assert "http://referral.test/r/token" in mail.text
        assert "1 dec" in mail.text.lower().replace("1 déc", "1 dec")


def test_a_receipt_to_whoever_named_safe_times_keeps_until_such_a_time_comes_round(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear, clock: FixedClock
) -> None:
    family.is_now(safe_times=[{"days": ["mon"], "from": "10:00", "to": "12:00"}])
    hear(RequestReceived(request_id=family.request_id))
    send_what_is_due(notify)
    assert twilio.sent == []
    clock.set(datetime(2026, 12, 7, 9, tzinfo=UTC))
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_a_partner_who_never_heard_of_an_offer_does_not_hear_that_it_lapsed(
    notify: Runtime, offer: UUID, hear: Hear
) -> None:
    now_closed(notify, offer, "recalled")
    hear(ReferralRecalled(**about(offer)))
    hear(ReferralOffered(**about(offer)))
    send_what_is_due(notify)
    assert posted(notify) == []


def test_a_partner_is_nudged_about_an_open_offer(notify: Runtime, offer: UUID, hear: Hear) -> None:
    hear(ReferralNudged(**about(offer)))
    send_what_is_due(notify)
    assert len(posted(notify)) == 1


def test_mail_that_no_partner_can_get_is_told_to_referral(notify: Runtime, offer: UUID, hear: Hear) -> None:
    fake(notify, "referral").change(OfferDetail, offer, email="not an address")
    hear(ReferralOffered(**about(offer)))
    _with_real_mail(notify)
    send_what_is_due(notify)
    with notify.engine.begin() as connection:
        row = connection.exec_driver_sql("SELECT type, data FROM outbox").one()
    assert row.type == "org.weerzien.message.failed.v1"
    assert row.data["recipientId"] == str(offer)
    assert row.data["purpose"] == "offer"


def test_an_offer_to_a_partner_without_an_address_is_told_to_referral_and_keeps_no_other_back(
    notify: Runtime, offer: UUID, hear: Hear
) -> None:
    nowhere = uuid4()
    referral = fake(notify, "referral")
    referral.learn(referral.knows(OfferDetail, offer).model_copy(update={"id": nowhere, "email": None}))
    hear(ReferralOffered(**about(nowhere)))
    hear(ReferralOffered(**about(offer)))
    send_what_is_due(notify)
    assert len(posted(notify)) == 1
    with notify.engine.begin() as connection:
        rows = connection.exec_driver_sql("SELECT type, data FROM outbox")
        assert [row.data["recipientId"] for row in rows] == [str(nowhere)]


def _with_real_mail(notify: Runtime) -> None:
    made = senders.usual(notify)
    mail = SmtpEmail(MailServer("smtp", "127.0.0.1", 1), "weerzien@weerzien.example")
    senders.install(replace(made, channels={**made.channels, ChannelName.EMAIL: mail}))
    send_what_is_due(notify)


def knows_referral(notify: Runtime, referral_id: UUID, organisation: str | None) -> None:
    known = referral_detail(referral_id, organisation=organisation)
    fake(notify, "referral").learn(known)


def test_a_family_hears_who_said_yes(
    notify: Runtime, twilio: TwilioStandIn, family: Family, offer: UUID, hear: Hear
) -> None:
    referral_id = uuid4()
    knows_referral(notify, referral_id, "Huis van Herstel")
    hear(ReferralAccepted(referral_id=referral_id, request_id=family.request_id, offer_id=offer))
    send_what_is_due(notify)
    assert len(twilio.sent) == 1
    assert wanted(notify, referral_id) == [(Purpose.ACCEPTED, MessageState.ACCEPTED)]


def test_who_wants_a_call_hears_of_a_yes_from_a_person_and_of_nothing_after_taking_it_back(
    notify: Runtime, family: Family, hear: Hear
) -> None:
    family.is_now(channel="phone")
    yes = ReferralAccepted(referral_id=uuid4(), request_id=family.request_id, offer_id=uuid4())
    for _ in range(2):
        hear(yes)
    assert wanted(notify, family.request_id) == []
    [item] = on_the_list(notify, "call-asker")
    assert (item.subject_id, item.reason) == (family.request_id, "accepted")
    assert item.details == {"requestId": str(family.request_id)}
    hear(RequestWithdrawn(request_id=family.request_id))
    assert on_the_list(notify, "call-asker") == []


def test_nobody_is_called_about_a_partner_that_does_not_help_any_more(
    notify: Runtime, family: Family, hear: Hear
) -> None:
    family.is_now(channel="phone")
    about = {"referral_id": uuid4(), "request_id": family.request_id, "offer_id": uuid4()}
    hear(ReferralAccepted(**about))
    assert len(on_the_list(notify, "call-asker")) == 1
    hear(ReferralRecalled(**about))
    assert on_the_list(notify, "call-asker") == []


def test_a_yes_that_was_taken_back_is_not_told(
    notify: Runtime, twilio: TwilioStandIn, family: Family, offer: UUID, hear: Hear
) -> None:
    referral_id = uuid4()
    knows_referral(notify, referral_id, None)
    hear(ReferralAccepted(referral_id=referral_id, request_id=family.request_id, offer_id=offer))
    send_what_is_due(notify)
    assert twilio.sent == []


def test_that_nobody_was_found_is_said_once(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear
) -> None:
    for _ in range(2):
        referral_id = uuid4()
        knows_referral(notify, referral_id, None)
        hear(
            ReferralUnplaced(
                referral_id=referral_id,
                request_id=family.request_id,
                reason=UnplacedReason.NO_CANDIDATE,
            )
        )
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_a_withdrawal_takes_back_what_has_not_been_said(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear
) -> None:
    hear(RequestReceived(request_id=family.request_id))
    hear(RequestWithdrawn(request_id=family.request_id))
    send_what_is_due(notify)
    assert twilio.sent == []


def test_a_withdrawal_does_not_take_back_that_the_offer_is_recalled(
    notify: Runtime, offer: UUID, hear: Hear
) -> None:
    known = about(offer)
    hear(ReferralOffered(**known))
    send_what_is_due(notify)
    now_closed(notify, offer, "recalled")
    hear(ReferralRecalled(**known))
    hear(RequestWithdrawn(request_id=known["request_id"]))
    send_what_is_due(notify)
    assert len(posted(notify)) == 2


def test_a_session_is_left_to_the_consumer_to_commit(
    notify: Runtime, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = _event(RequestReceived(request_id=family.request_id))
    details = {event.id: fake(notify, "intake").knows(ContactPoint, family.request_id)}

    def no(_: Session) -> None:
        raise AssertionError("the consumer commits the inbox row together with this")

    monkeypatch.setattr(Session, "commit", no)
    with notify.sessions() as session:
        subscribers.request_received(session, [event], details, at=notify.clock.now())


def called(notify: Runtime, *, waits: bool, phone: str | None = None) -> DeskItemWaits:
    """Somebody who works here is called to the desk."""
    call_id, url = uuid4(), "http://intake.test/desk"
    person = {"email": "noor@centre.example", "language": "nl", "url": url}
    fake(notify, "intake").learn(DeskCallDetail(id=call_id, waits=waits, phone=phone, **person))
    return DeskItemWaits(call_id=call_id)


def test_who_is_called_to_the_desk_is_mailed_once_at_any_hour_and_not_told_what_it_is_about(
    notify: Runtime, hear: Hear, clock: FixedClock
) -> None:
    clock.advance(timedelta(hours=13))  # in the evening, outside the window
    call = called(notify, waits=True)
    for _ in range(2):
        hear(call)
    send_what_is_due(notify)
    [mail] = posted(notify)
    assert (mail.to, mail.subject) == ("noor@centre.example", "Er wacht iets dringends aan de balie")
    assert "http://intake.test/desk" in mail.text
    for untold in ("gevaar", "kind", "WZ-", "detentie"):
        assert untold not in mail.text


def test_who_has_a_duty_telephone_is_texted_once_and_not_told_what_it_is_about(
    notify: Runtime, twilio: TwilioStandIn, hear: Hear, clock: FixedClock
) -> None:
    clock.advance(timedelta(hours=13))
    call = called(notify, waits=True, phone="+31612345678")
    for _ in range(2):
        hear(call)
    send_what_is_due(notify)
    assert posted(notify) == []
    [text] = twilio.sent
    assert (text.to, text.body) == (
        "+31612345678",
        "Weerzien: er wacht iets dringends, en nog niemand heeft het opgepakt: http://intake.test/desk",
    )


def test_a_duty_telephone_that_was_taken_away_meanwhile_is_not_texted(
    notify: Runtime, twilio: TwilioStandIn, hear: Hear
) -> None:
    call = called(notify, waits=True, phone="+31612345678")
    hear(call)
    fake(notify, "intake").change(DeskCallDetail, call.call_id, phone=None)
    send_what_is_due(notify)
    assert twilio.sent == []
    assert [mail.to for mail in posted(notify)] == ["noor@centre.example"]


def test_nobody_is_called_to_what_a_colleague_has_taken_meanwhile(notify: Runtime, hear: Hear) -> None:
    call = called(notify, waits=False)
    hear(call)
    send_what_is_due(notify)
    assert posted(notify) == []
    assert wanted(notify, call.call_id) == [(Purpose.DESK_WAITS, MessageState.VOID)]


def answered(family: Family) -> AnswerWritten:
    return AnswerWritten(request_id=family.request_id, answer_id=uuid4())


def test_who_asked_hears_by_their_own_channel_that_there_is_an_answer_and_not_what_it_says(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear
) -> None:
    family.is_now(unread_answer=True)
    hear(answered(family))
    send_what_is_due(notify)
    [text] = twilio.sent
    assert "Weerzien: er staat een antwoord voor je klaar" in text.body
    assert wanted(notify, family.request_id) == [(Purpose.ANSWER_WRITTEN, MessageState.ACCEPTED)]


def test_that_there_is_an_answer_waits_for_the_window(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear, clock: FixedClock
) -> None:
    clock.set(ASKED_AT)  # one at night in Amsterdam
    family.is_now(unread_answer=True)
    hear(answered(family))
    send_what_is_due(notify)
    assert twilio.sent == []


@pytest.mark.parametrize(
    "now",
    [
        {"unread_answer": False},
        {"unread_answer": True, "withdrawn": True},
        {"unread_answer": True, "proven": False},
    ],
    ids=["read meanwhile", "taken back meanwhile", "a number that nobody proved"],
)
def test_nobody_is_told_of_an_answer_who_read_it_took_the_question_back_or_never_proved_the_number(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear, now: dict[str, Any]
) -> None:
    family.is_now(unread_answer=True)
    hear(answered(family))
    family.is_now(**now)
    send_what_is_due(notify)
    assert twilio.sent == []


def test_who_wants_no_messages_hears_of_no_answer_and_who_wants_a_call_is_called(
    notify: Runtime, family: Family, hear: Hear
) -> None:
    family.is_now(channel="none", unread_answer=True)
    hear(answered(family))
    assert (wanted(notify, family.request_id), on_the_list(notify)) == ([], [])
    family.is_now(channel="phone", unread_answer=True)
    hear(answered(family))
    assert wanted(notify, family.request_id) == []
    assert [one.reason for one in on_the_list(notify)] == ["answer-written"]


def written(notify: Runtime, family: Family, text: str = "bel ons even als het kan.") -> DeskWordsWanted:
    words_id = uuid4()
    fake(notify, "intake").learn(DeskWords(id=words_id, request_id=family.request_id, text=text))
    return DeskWordsWanted(request_id=family.request_id, words_id=words_id)


def test_what_an_adviser_writes_goes_once_as_it_was_written(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear
) -> None:
    event = written(notify, family)
    for _ in range(2):
        hear(event)
    send_what_is_due(notify)
    assert [one.body for one in twilio.sent] == ["Weerzien: bel ons even als het kan."]


def test_what_an_adviser_writes_waits_for_the_window_and_no_ceiling(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear, clock: FixedClock
) -> None:
    clock.set(ASKED_AT)
    event = written(notify, family)
    hear(event)
    send_what_is_due(notify)
    assert twilio.sent == []
    with notify.sessions() as session:
        [message] = queries.about(session, event.words_id)
        assert (message.windowed, message.by_desk) == (True, True)


def test_what_an_adviser_wrote_to_somebody_who_took_the_question_back_goes_nowhere(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear
) -> None:
    hear(written(notify, family))
    family.is_now(withdrawn=True)
    send_what_is_due(notify)
    assert twilio.sent == []


def test_words_that_intake_has_no_more_go_nowhere(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear
) -> None:
    hear(DeskWordsWanted(request_id=family.request_id, words_id=uuid4()))
    send_what_is_due(notify)
    assert twilio.sent == []


@pytest.mark.parametrize(("channel", "kind"), [("letter", "letter-to-post"), ("worker", "tell-worker")])
def test_who_is_reached_by_letter_or_through_a_professional_is_never_texted_and_told_by_a_person(
    notify: Runtime, twilio: TwilioStandIn, family: Family, offer: UUID, hear: Hear, channel: str, kind: str
) -> None:
    family.is_now(channel=channel, unread_answer=True)
    hear(RequestReceived(request_id=family.request_id))
    for _ in range(2):
        hear(ReferralAccepted(referral_id=uuid4(), request_id=family.request_id, offer_id=offer))
    hear(answered(family))
    send_what_is_due(notify)
    assert twilio.sent == []
    assert [one.kind for one in on_the_list(notify)] == [kind, kind]
    hear(RequestWithdrawn(request_id=family.request_id))
    assert on_the_list(notify) == []


@pytest.fixture
def mailed(family: Family) -> Callable[..., None]:
    """The asker is reached through a professional, who reads mail."""

    def reached(**changes: Any) -> None:
        known = {"channel": "worker", "worker_email": "ann@justitiehuis.example", "otherwise": "fr"}
        family.is_now(**known | changes)

    return reached


def test_news_for_who_is_reached_through_a_professional_is_mailed_to_them_once_and_gives_nothing_away(
    notify: Runtime, twilio: TwilioStandIn, family: Family, hear: Hear, mailed: Callable[..., None]
) -> None:
    mailed(unread_answer=True)
    hear(RequestReceived(request_id=family.request_id))
    said = answered(family)
    for _ in range(2):
        hear(said)
    send_what_is_due(notify)

    [mail] = posted(notify)
    assert (mail.to, mail.subject) == ("ann@justitiehuis.example", "Du nouveau pour la question WZ-ABCD-1234")
    told = f"{mail.subject} {mail.text}".lower()
    assert [word for word in ("anna", "détention", "enfant", "parent", "réponse") if word in told] == []
    assert (twilio.sent, on_the_list(notify)) == ([], [])


@pytest.mark.parametrize("changes", [{"proven": False}, {"worker_email": None}], ids=["unproven", "no-mail"])
def test_a_professional_whom_nobody_vouches_for_or_who_has_no_mailbox_is_told_by_a_person(
    notify: Runtime, family: Family, hear: Hear, mailed: Callable[..., None], changes: dict[str, Any]
) -> None:
    mailed(unread_answer=True, **changes)
    hear(answered(family))
    send_what_is_due(notify)
    assert posted(notify) == []
    assert [one.kind for one in on_the_list(notify)] == ["tell-worker"]


def test_a_professional_is_not_mailed_about_an_answer_that_was_read_by_then(
    notify: Runtime, family: Family, hear: Hear, mailed: Callable[..., None]
) -> None:
    mailed(unread_answer=True)
    hear(answered(family))
    mailed(unread_answer=False)
    send_what_is_due(notify)
    assert posted(notify) == []
