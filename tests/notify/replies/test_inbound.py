"""What families text back."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session

from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.contacts.rules import Keyword
from services.notify.messages.tables import MessageState
from services.notify.visits import commands as visits
from shared.clock import FixedClock
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.conftest import with_limits
from tests.notify.messages.family import NUMBER, Family, on_the_list, read, send_what_is_due

URL = "http://notify.test/twilio/inbound"
Texts = Callable[..., int]


@pytest.fixture
def texts(web: TestClient, twilio: TwilioStandIn) -> Texts:
    """Text our number, as a family does."""

    def post(body: str, *, sender: str = NUMBER, sid: str | None = None, **more: str) -> int:
        form = twilio.inbound_form(sender, body, sid) | more
        answer = web.post(URL, data=form, headers={"X-Twilio-Signature": twilio.signature(URL, form)})
        assert "<Message" not in answer.text
        return int(answer.status_code)

    return post


@pytest.mark.parametrize("word", ["STOP", " stop. ", "Arrêt", "AFMELDEN", "unsubscribe"])
def test_stop_is_heard_and_confirmed_once(
    notify: Runtime, twilio: TwilioStandIn, family: Family, texts: Texts, word: str
) -> None:
    assert texts(word) == 200
    assert texts(word) == 200
    send_what_is_due(notify)
    message_id = family.wants()
    send_what_is_due(notify)
    assert len(twilio.to(NUMBER)) == 1
    assert read(notify, message_id).state is MessageState.VOID


def test_stop_is_confirmed_in_the_language_of_the_last_text(
    notify: Runtime, twilio: TwilioStandIn, family: Family, texts: Texts
) -> None:
    family.is_now(language="fr", country="BE")
    family.wants()
    send_what_is_due(notify)
    texts("STOP")
    send_what_is_due(notify)
    with notify.engine.begin() as connection:
        found = connection.execute(text("SELECT language FROM messages WHERE purpose = 'stop-confirmed'"))
        assert found.scalar_one() == "fr"


def test_a_stop_that_the_provider_confirmed_itself_is_not_confirmed_again(
    notify: Runtime, twilio: TwilioStandIn, family: Family, texts: Texts
) -> None:
    texts("Please no more", OptOutType="STOP")
    family.wants()
    send_what_is_due(notify)
    assert twilio.sent == []


def test_start_ends_the_silence(notify: Runtime, twilio: TwilioStandIn, family: Family, texts: Texts) -> None:
    texts("STOP")
    send_what_is_due(notify)
    texts("START")
    family.wants()
    send_what_is_due(notify)
    assert len(twilio.sent) == 2


def test_stop_after_start_is_confirmed_again(notify: Runtime, twilio: TwilioStandIn, texts: Texts) -> None:
    for word in ("STOP", "START", "STOP"):
        texts(word)
        send_what_is_due(notify)
    assert len(twilio.sent) == 2


def test_who_starts_again_before_the_stop_was_confirmed_is_not_told_of_silence(
    notify: Runtime, twilio: TwilioStandIn, family: Family, texts: Texts
) -> None:
    texts("STOP")
    texts("START")
    message_id = family.wants()
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert len(twilio.sent) == 1


def test_that_somebody_was_heard_is_said_above_the_ceiling_too_or_not_at_all(
    notify: Runtime, twilio: TwilioStandIn, family: Family, texts: Texts, clock: FixedClock
) -> None:
    with_limits(notify, twilio, sms_per_number_per_day=1, sms_per_day=1)
    family.wants()
    send_what_is_due(notify)
    texts("STOP")
    send_what_is_due(notify)
    assert len(twilio.sent) == 2
    for word in ("START", "STOP"):
        texts(word)
    clock.advance(timedelta(hours=1, minutes=1))
    send_what_is_due(notify)
    assert len(twilio.sent) == 2
    assert on_the_list(notify) == []


def test_the_same_text_delivered_twice_is_handled_once(
    notify: Runtime, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = []

    def answer(session: Session, number: str, keyword: Keyword, **said: object) -> bool:
        heard.append((number, keyword))
        return True

    monkeypatch.setattr(visits, "answer", answer)
    sid = "SM" + "2" * 32
    assert [texts("JA", sid=sid), texts("JA", sid=sid)] == [200, 200]
    assert heard == [(NUMBER, Keyword.YES)]
    assert on_the_list(notify) == []


def test_other_words_wait_for_a_person_and_are_not_readable_in_the_database(
    notify: Runtime, family: Family, texts: Texts
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    words = "Kan ik een dag later komen? 🙏 שלום"
    texts(words)
    [item] = on_the_list(notify, "reply")
    assert item.text == words
    assert item.details["messageId"] == str(message_id)
    with notify.engine.begin() as connection:
        rows = connection.execute(text("SELECT * FROM inbound_texts")).all()
        items = connection.execute(text("SELECT * FROM work_items")).all()
    stored = [bytes(one) for row in [*rows, *items] for one in row if isinstance(one, bytes)]
    assert b"dag later" not in b"".join(stored)
    assert NUMBER not in f"{rows}{items}"


def test_a_yes_to_nothing_waits_for_a_person(notify: Runtime, texts: Texts) -> None:
    texts("JA")
    assert on_the_list(notify)[0].reason == "answer-to-nothing"


def test_a_person_can_end_the_texts_for_somebody_who_asked_in_other_words(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    texts: Texts,
    web: TestClient,
    desk_key: dict[str, str],
) -> None:
    texts("wil je me alsjeblieft met rust laten")
    [item] = web.get("/v1/work-items", headers=desk_key).json()["items"]
    answer = web.post(
        f"/v1/work-items/{item['id']}/resolutions", json={"action": "stop-texts"}, headers=desk_key
    )
    assert answer.status_code == 201
    family.wants()
    send_what_is_due(notify)
    assert twilio.sent == []


@pytest.mark.parametrize("words", ["stop bedankt", "STOP STOP", "Stop\n\nGroetjes,\nAnna"])
def test_a_stop_with_words_around_it_is_heard_and_confirmed(
    notify: Runtime, twilio: TwilioStandIn, family: Family, texts: Texts, words: str
) -> None:
    texts(words)
    message_id = family.wants()
    send_what_is_due(notify)
    assert read(notify, message_id).reason == "suppressed"
    assert len(twilio.to(NUMBER)) == 1
    assert on_the_list(notify) == []


def test_a_stop_word_in_a_sentence_pauses_until_a_person_says_to_go_on(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    texts: Texts,
    web: TestClient,
    desk_key: dict[str, str],
    clock: FixedClock,
) -> None:
    texts("Ik kan niet stoppen met huilen")
    message_id = family.wants()
    send_what_is_due(notify)
    clock.advance(timedelta(minutes=30))
    send_what_is_due(notify)
    message = read(notify, message_id)
    assert (message.state, message.reason, twilio.sent) == (MessageState.PLANNED, "paused", [])
    [item] = web.get("/v1/work-items", headers=desk_key).json()["items"]
    assert (item["kind"], item["actions"]) == ("reply-paused", ["go-on", "stop-texts"])
    assert item["text"] == "Ik kan niet stoppen met huilen"
    resolve(web, desk_key, item["id"], "go-on")
    clock.advance(timedelta(minutes=10))
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_a_pause_ends_when_every_text_with_a_stop_word_has_been_read(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    texts: Texts,
    web: TestClient,
    desk_key: dict[str, str],
) -> None:
    texts("kan dit stoppen?")
    texts("stop hier nu eens mee, ik meen het")
    first, second = web.get("/v1/work-items", headers=desk_key).json()["items"]
    resolve(web, desk_key, first["id"], "go-on")
    family.wants()
    send_what_is_due(notify)
    assert twilio.sent == []
    resolve(web, desk_key, second["id"], "stop-texts")
    message_id = family.wants()
    send_what_is_due(notify)
    assert read(notify, message_id).reason == "suppressed"


def test_who_said_stop_is_not_written_to_because_of_a_later_sentence(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    texts: Texts,
    web: TestClient,
    desk_key: dict[str, str],
) -> None:
    texts("STOP")
    texts("ik zei toch stop tegen jullie")
    [item] = web.get("/v1/work-items", headers=desk_key).json()["items"]
    resolve(web, desk_key, item["id"], "go-on")
    message_id = family.wants()
    send_what_is_due(notify)
    assert read(notify, message_id).reason == "suppressed"


def test_start_ends_a_pause_too(notify: Runtime, twilio: TwilioStandIn, family: Family, texts: Texts) -> None:
    texts("stop of toch niet")
    texts("START")
    family.wants()
    send_what_is_due(notify)
    assert len(twilio.sent) == 1
    assert on_the_list(notify) == []


def test_what_the_provider_read_as_start_ends_the_silence_whatever_its_words(
    notify: Runtime, twilio: TwilioStandIn, family: Family, texts: Texts
) -> None:
    texts("STOP")
    texts("doe maar weer", OptOutType="START")
    family.wants()
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_what_the_provider_read_as_help_is_no_opt_out_and_reaches_a_person(
    notify: Runtime, twilio: TwilioStandIn, family: Family, texts: Texts
) -> None:
    texts("help, stop", OptOutType="HELP")
    family.wants()
    send_what_is_due(notify)
    assert len(twilio.sent) == 1
    assert [item.kind for item in on_the_list(notify)] == ["reply"]


def resolve(web: TestClient, desk_key: dict[str, str], item: str, action: str) -> None:
    answer = web.post(f"/v1/work-items/{item}/resolutions", json={"action": action}, headers=desk_key)
    assert answer.status_code == 201, answer.text


def test_a_text_to_another_account_is_refused(notify: Runtime, texts: Texts) -> None:
    assert texts("STOP", AccountSid="AC" + "9" * 32) == 403
    assert on_the_list(notify) == []


def test_an_inbound_text_without_a_signature_is_refused(
    notify: Runtime, twilio: TwilioStandIn, web: TestClient
) -> None:
    form = twilio.inbound_form(NUMBER, "STOP")
    assert web.post(URL, data=form).status_code == 403
    form_signed_for = twilio.signature(URL, form)
    changed = form | {"From": "+31600000001"}
    answer = web.post(URL, data=changed, headers={"X-Twilio-Signature": form_signed_for})
    assert answer.status_code == 403
    with notify.engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM inbound_texts")).scalar_one() == 0


def test_an_empty_text_and_one_from_nobody_do_no_harm(notify: Runtime, texts: Texts) -> None:
    assert texts("") == 200
    assert texts("hello", sender="") == 200
    assert texts("hello", sender=f"alpha-{uuid4().hex[:5]}") == 200


def test_words_with_a_nul_in_them_reach_a_person_like_any_other(notify: Runtime, texts: Texts) -> None:
    assert texts("Mag oma\x00 mee?") == 200
    [item] = on_the_list(notify, "reply")
    assert item.text == "Mag oma mee?"


def test_a_number_that_cannot_be_read_keeps_no_other_text_back(
    notify: Runtime, twilio: TwilioStandIn, family: Family, texts: Texts
) -> None:
    texts("STOP", sender="+31612345679")
    texts("STOP", sender="+31612345670")
    family.wants()
    with notify.engine.begin() as connection:
        broken = """UPDATE messages SET "to" = '\\x00010203'::bytea WHERE id =
            (SELECT id FROM messages WHERE purpose = 'stop-confirmed' ORDER BY created_at, id LIMIT 1)"""
        connection.execute(text(broken))
    send_what_is_due(notify)
    assert len(twilio.sent) == 2
    with notify.engine.begin() as connection:
        ended = connection.execute(text("SELECT reason FROM messages WHERE state = 'person'"))
        assert ended.scalars().all() == ["recipient-cannot-be-read"]
