"""Whose a number or an address is, where anybody may have typed it into the public form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from services.notify.channels.port import ChannelName
from services.notify.channels.postbus import newest
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.contacts.rules import mailbox
from services.notify.messages import queries
from services.notify.messages.tables import Attempt, MessageState, Purpose
from services.notify.replies import commands_mail
from services.notify.replies.commands_mail import MailIn
from services.notify.service import SERVICE
from shared.clock import FixedClock
from shared.events.envelope import Envelope
from shared.events.intake import RequestChange, RequestReceived, RequestUpdated, RequestWithdrawn
from shared.events.payloads import Payload
from shared.messaging.consumer import Consumer
from shared.messaging.tables import outbox
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import NUMBER, Family, on_the_list, read, send_what_is_due

URL = "http://notify.test/twilio/inbound"
PROOF = "http://intake.test/confirm/a-token-of-this-request"
NIGHT = datetime(2026, 12, 2, 1, 30, tzinfo=UTC)  # 02:30 in Amsterdam


def hear(notify: Runtime, payload: Payload) -> None:
    """Let notify handle an event that happens now, as the consumer does."""
    event = Envelope[Any](
        id=uuid4(),
        source="urn:nld:kvknr:12345678:weerzien",
        type=payload.event_type(),
        subject=str(payload.subject),
        time=notify.clock.now(),
        sequence="0000000001",
        data=payload,
    )
    found = SERVICE.wiring.subscriptions.get(payload.event_type())
    assert found is not None
    details = Consumer(notify, SERVICE.wiring.subscriptions, lambda *_: None).details(found, [event])
    with notify.sessions() as session:
        found.handler(session, [event], details, at=notify.clock.now())
        session.commit()


def asks(notify: Runtime, **contact: Any) -> Family:
    """Somebody sends the public form with this contact."""
    known: dict[str, Any] = {"by_public_form": True, "proof_url": PROOF} | contact
    family = Family(notify, uuid4(), **known)
    hear(notify, RequestReceived(request_id=family.request_id))
    return family


def replies(web: TestClient, twilio: TwilioStandIn, word: str) -> None:
    form = twilio.inbound_form(NUMBER, word, None)
    assert web.post(URL, data=form, headers={"X-Twilio-Signature": twilio.signature(URL, form)}).is_success


def said(notify: Runtime, about: str = "proven") -> list[UUID]:
    with notify.sessions() as session:
        rows = session.execute(select_outbox(f"org.weerzien.contact.{about}.v1")).all()
    return [UUID(row.data["requestId"]) for row in rows]


def select_outbox(kind: str) -> Any:
    return outbox.select().where(outbox.c.type == kind).order_by(outbox.c.sequence)


def planned(notify: Runtime, family: Family) -> list[tuple[Purpose, MessageState]]:
    with notify.sessions() as session:
        return [(one.purpose, one.state) for one in queries.about(session, family.request_id)]


def mails(notify: Runtime) -> list[Any]:
    with notify.sessions() as session:
        return [one for one in newest(session) if one.channel == ChannelName.EMAIL]


def test_three_forms_at_night_make_one_text_in_the_daytime_and_one_only_in_thirty_days(
    notify: Runtime, twilio: TwilioStandIn, clock: FixedClock
) -> None:
    clock.set(NIGHT)
    for _ in range(3):
        asks(notify)
    send_what_is_due(notify)
    assert twilio.sent == []
    clock.advance(timedelta(hours=7))
    send_what_is_due(notify)
    assert len(twilio.to(NUMBER)) == 1
    clock.advance(timedelta(days=20))
    asks(notify)
    send_what_is_due(notify)
    assert len(twilio.to(NUMBER)) == 1
    clock.advance(timedelta(days=20))
    asks(notify)
    send_what_is_due(notify)
    assert len(twilio.to(NUMBER)) == 2


def test_a_childs_telephone_is_asked_after_school(
    notify: Runtime, twilio: TwilioStandIn, clock: FixedClock
) -> None:
    asks(notify, minors_own_phone=True)
    send_what_is_due(notify)
    assert twilio.sent == []
    clock.advance(timedelta(hours=6))
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_neither_name_nor_number_of_the_question_is_in_what_asks_whose_an_address_is(
    notify: Runtime, twilio: TwilioStandIn
) -> None:
    asks(notify, name="Bel 0900-1234 voor geld")
    asks(notify, name="Klik evil.example", channel="email", email="noor@example.org")
    send_what_is_due(notify)
    [text], [mail] = twilio.to(NUMBER), mails(notify)
    assert "JA" in text.body
    assert PROOF in mail.text
    for written in (text.body, mail.text, str(mail.subject)):
        assert "0900" not in written
        assert "evil" not in written
        assert "WZ-" not in written


def test_a_mailbox_is_asked_once_whatever_its_dots_and_plus(notify: Runtime) -> None:
    spellings = (
        "noor.wit@gmail.com",
        "noorwit@gmail.com",
        "n.o.o.r.wit+a@googlemail.com",
        "noorwit+b@gmail.com",
    )
    for spelling in spellings:
        asks(notify, channel="email", email=spelling)
    asks(notify, channel="email", email="noor@gmail.com")
    send_what_is_due(notify)
    assert sorted(mail.to for mail in mails(notify)) == ["noor.wit@gmail.com", "noor@gmail.com"]


@pytest.mark.parametrize(
    ("written", "counted"),
    [("A.B+c@Example.org", "ab@example.org"), ("ab@googlemail.com", "ab@gmail.com"), ("+a@b.nl", "@b.nl")],
)
def test_a_mailbox_is_counted_by_what_its_spellings_have_in_common(written: str, counted: str) -> None:
    assert mailbox(written) == counted


def test_yes_proves_all_that_waits_for_this_number_once(
    notify: Runtime, web: TestClient, twilio: TwilioStandIn
) -> None:
    ours = {asks(notify).request_id for _ in range(3)}
    asks(notify, phone="+31687654321")
    send_what_is_due(notify)
    for _ in range(2):
        replies(web, twilio, "Ja!")
    assert len(said(notify)) == 3
    assert set(said(notify)) == ours
    assert on_the_list(notify) == []


def test_one_yes_is_no_way_to_fill_a_partner_with_forms(
    notify: Runtime, web: TestClient, twilio: TwilioStandIn
) -> None:
    sent = sorted(asks(notify).request_id for _ in range(40))
    send_what_is_due(notify)
    for _ in range(2):
        replies(web, twilio, "JA")
    assert said(notify) == []
    assert sorted(set(said(notify, "denied"))) == sent
    assert on_the_list(notify) == []


def test_yes_before_we_asked_is_about_something_else(
    notify: Runtime, web: TestClient, twilio: TwilioStandIn, clock: FixedClock
) -> None:
    clock.set(NIGHT)
    asks(notify)
    replies(web, twilio, "JA")
    assert said(notify) == []
    [item] = on_the_list(notify)
    assert item.reason == "answer-to-nothing"


@pytest.mark.parametrize("word", ["NEE", "STOP"])
def test_no_and_stop_prove_nothing_and_are_told_to_intake(
    notify: Runtime, web: TestClient, twilio: TwilioStandIn, word: str
) -> None:
    family = asks(notify)
    send_what_is_due(notify)
    for _ in range(2):
        replies(web, twilio, word)
    assert said(notify) == []
    assert said(notify, "denied") == [family.request_id]


def test_the_owner_of_a_number_that_was_proven_is_asked_about_the_next_question_too(
    notify: Runtime, web: TestClient, twilio: TwilioStandIn, clock: FixedClock
) -> None:
    first = asks(notify)
    send_what_is_due(notify)
    replies(web, twilio, "JA")
    clock.advance(timedelta(days=1))
    again = asks(notify)
    # Else whoever types a number learns, by what becomes of the question, whether its owner has been here.
    assert said(notify) == [first.request_id]
    send_what_is_due(notify)
    assert [sent.body for sent in twilio.to(NUMBER)] == [twilio.sent[0].body] * 2
    replies(web, twilio, "JA")
    assert said(notify) == [first.request_id, again.request_id]


def test_what_a_key_sent_in_speaks_for_no_form(notify: Runtime, twilio: TwilioStandIn) -> None:
    hear(notify, RequestReceived(request_id=Family(notify, uuid4()).request_id))
    later = asks(notify)
    assert said(notify) == []
    assert planned(notify, later) == [(Purpose.CONFIRM_CONTACT, MessageState.PLANNED)]


@pytest.mark.parametrize(("word", "asked"), [("JA", 3), ("NEE", 1)])
def test_who_was_here_before_is_asked_a_few_times_a_week_and_after_a_no_not_for_thirty_days(
    notify: Runtime, web: TestClient, twilio: TwilioStandIn, clock: FixedClock, word: str, asked: int
) -> None:
    hear(notify, RequestReceived(request_id=Family(notify, uuid4()).request_id))
    send_what_is_due(notify)
    told = len(twilio.to(NUMBER))
    for _ in range(5):
        for _ in range(3):
            asks(notify)
        send_what_is_due(notify)
        replies(web, twilio, word)
        clock.advance(timedelta(days=1))
    assert len(twilio.to(NUMBER)) - told == asked


def test_a_name_that_anybody_may_have_typed_is_in_no_mail(notify: Runtime) -> None:
    mail = {"channel": "email", "email": "noor@example.org"}
    vouched, typed = (
        Family(notify, uuid4(), name="Noor", **mail),
        asks(notify, name="Klik evil.example", **mail),
    )
    typed.is_now(name="Klik evil.example", by_public_form=True, proven=True, **mail)
    for family in (vouched, typed):
        family.wants(Purpose.NOBODY_FOUND, channel=ChannelName.EMAIL)
    send_what_is_due(notify)
    assert sorted(mail.text.splitlines()[0] for mail in mails(notify)) == ["Dag Noor,", "Dag,"]


def test_the_link_proves_the_address_for_all_that_waits_for_it(notify: Runtime) -> None:
    mail = {"channel": "email", "email": "noor@example.org"}
    first, second = asks(notify, **mail), asks(notify, **mail)
    first.is_now(by_public_form=True, proven=True, **mail)
    for _ in range(2):
        hear(notify, RequestUpdated(request_id=first.request_id, change=RequestChange.PROVEN))
    assert said(notify) == [second.request_id]


def test_nothing_but_the_question_whose_it_is_goes_to_an_address_that_nobody_proved(
    notify: Runtime, twilio: TwilioStandIn
) -> None:
    family = asks(notify)
    receipt, nobody = family.wants(), family.wants(Purpose.NOBODY_FOUND)
    send_what_is_due(notify)
    assert [read(notify, one).reason for one in (receipt, nobody)] == ["address-not-proven"] * 2
    assert len(twilio.sent) == 1
    assert (Purpose.CONFIRM_CONTACT, MessageState.ACCEPTED) in planned(notify, family)


def test_what_a_person_reads_first_makes_no_text(notify: Runtime, twilio: TwilioStandIn) -> None:
    asks(notify, proof_url=None)
    send_what_is_due(notify)
    assert twilio.sent == []


def test_what_a_key_sends_above_its_ceiling_makes_no_text_and_proves_no_number(
    notify: Runtime, twilio: TwilioStandIn
) -> None:
    asks(notify, by_public_form=False, proven=False, proof_url=None)
    asks(notify)
    send_what_is_due(notify)
    assert said(notify) == []
    assert [sent.body for sent in twilio.sent if "JA" not in sent.body] == []
    assert len(twilio.sent) == 1


def test_who_takes_it_back_before_we_asked_leaves_the_owner_their_text(
    notify: Runtime, twilio: TwilioStandIn, clock: FixedClock
) -> None:
    clock.set(NIGHT)
    taken_back = asks(notify)
    hear(notify, RequestWithdrawn(request_id=taken_back.request_id))
    asks(notify)
    clock.advance(timedelta(hours=7))
    send_what_is_due(notify)
    assert len(twilio.to(NUMBER)) == 1


def test_who_is_proven_before_the_text_goes_is_not_asked(
    notify: Runtime, twilio: TwilioStandIn, clock: FixedClock
) -> None:
    clock.set(NIGHT)
    family = asks(notify)
    family.is_now(by_public_form=True, proven=True)
    hear(notify, RequestUpdated(request_id=family.request_id, change=RequestChange.CONFIRMED))
    clock.advance(timedelta(hours=7))
    send_what_is_due(notify)
    assert twilio.sent == []


@pytest.mark.parametrize(
    ("words", "sender", "told"),
    [
        ("Ja\n\nGroet,\nNoor", "noor@example.org", ["proven"]),
        ("nee", "noor@example.org", ["denied"]),
        ("STOP", "noor@example.org", ["denied"]),
        ("Ja, dat klopt volgens mij", "noor@example.org", []),
        ("Ja", "ander@example.org", []),
    ],
)
def test_who_is_asked_whose_an_address_is_may_answer_that_mail(
    notify: Runtime, words: str, sender: str, told: list[str]
) -> None:
    """The link in it is one way. Who answers from elsewhere may be anybody to whom it was sent on."""
    asks(notify, channel="email", email="noor@example.org")
    send_what_is_due(notify)
    with notify.sessions() as session:
        [asked] = session.exec(select(Attempt)).all()
        mail = MailIn(uuid4(), sender, words, [asked.id])
        commands_mail.hear(session, mail, at=notify.clock.now())
        session.commit()
    assert [about for about in ("proven", "denied") if said(notify, about)] == told


@pytest.mark.parametrize(("asked_again", "answered"), [(20, 45), (36, 62)])
def test_a_late_yes_counts_for_whoever_gave_the_number_since_it_was_asked(
    notify: Runtime,
    web: TestClient,
    twilio: TwilioStandIn,
    clock: FixedClock,
    asked_again: int,
    answered: int,
) -> None:
    began = clock.now()
    asks(notify)
    send_what_is_due(notify)
    clock.set(began + timedelta(days=asked_again))
    since = asks(notify)
    send_what_is_due(notify)
    assert len(twilio.to(NUMBER)) == 1
    clock.set(began + timedelta(days=answered))
    replies(web, twilio, "JA")
    assert said(notify) == [since.request_id]
    assert on_the_list(notify) == []
