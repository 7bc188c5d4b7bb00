"""Whoever calls our number at Twilio is connected within hours, and else told when, and called back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr, ValidationError
from sqlmodel import Session, select
from twilio.request_validator import RequestValidator

from services.intake.calls.tables import Call, CallBack, CallState
from services.intake.hours.tables import Closure
from shared.clock import FixedClock
from shared.security.twilio import signature
from tests.conftest import MORNING
from tests.kit.settings import settings_for

SID, TOKEN = "AC" + "1" * 32, "the-token-of-the-voice-account"
OURS, BELGIAN = "+31201234567", "+3225550123"
NOOR, ELS = "+31612345678", "+31687654321"
CALLER = "+31613572468"
NIGHT = MORNING + timedelta(hours=12)
ClientFor = Callable[[str], TestClient]


class Twilio:
    """Twilio, as it speaks to us."""

    def __init__(self, web: TestClient, caller: str = CALLER, called: str = OURS, sid: str = "CA1") -> None:
        self.web = web
        self.form = {"AccountSid": SID, "CallSid": sid, "From": caller, "To": called, "CallStatus": "ringing"}

    def asks(self, path: str = "/twilio/voice", **fields: str) -> ElementTree.Element:
        answer = self.post(path, **fields)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/xml")
        return ElementTree.fromstring(answer.text)

    def post(self, path: str, *, signed_for: str = "http://intake.test", **fields: str) -> Any:
        form = self.form | fields
        made = RequestValidator(TOKEN).compute_signature(f"{signed_for}{path}", form)
        return self.web.post(path, data=form, headers={"X-Twilio-Signature": made})

    def hangs_up(self) -> None:
        self.asks("/twilio/voice/status", CallStatus="completed")


@pytest.fixture
def web(client_for: ClientFor) -> TestClient:
    client = client_for("intake")
    settings: Any = client.app.state.runtime.settings  # type: ignore[attr-defined]
    settings.voice_account_sid, settings.voice_auth_token = SID, SecretStr(TOKEN)
    settings.desk_numbers = f"{NOOR}, {ELS}"
    return client


def words(told: ElementTree.Element) -> str:
    return " ".join(one.text or "" for one in told.iter("Say"))


def one_call(session: Session) -> Call:
    session.expire_all()
    return session.exec(select(Call)).one()


def back(session: Session) -> CallBack | None:
    session.expire_all()
    return session.exec(select(CallBack)).one_or_none()


def dialled(told: ElementTree.Element) -> tuple[str | None, str]:
    dial = told.find("Dial")
    assert dial is not None
    number = dial.find("Number")
    assert number is not None
    assert dial.attrib["record"] == "do-not-record"
    return number.text, dial.attrib["action"]


def test_within_hours_the_numbers_of_the_desk_ring_one_after_the_other(
    web: TestClient, session: Session
) -> None:
    twilio = Twilio(web)
    number, then = dialled(twilio.asks())
    assert number == NOOR
    assert one_call(session).state is CallState.RINGING
    number, then = dialled(twilio.asks(then, DialCallStatus="no-answer"))
    assert number == ELS
    told = twilio.asks(then, DialCallStatus="busy")
    assert told.find("Dial") is None
    assert "Iedereen is in gesprek" in words(told)
    twilio.hangs_up()
    assert one_call(session).state is CallState.MISSED
    made = back(session)
    assert made is not None
    assert made.number == CALLER


def test_whoever_takes_it_by_a_key_is_connected_and_nobody_is_called_back(
    web: TestClient, session: Session
) -> None:
    twilio = Twilio(web)
    _, then = dialled(twilio.asks())
    at_desk = {"CallSid": "CA2", "ParentCallSid": "CA1", "To": NOOR, "From": OURS}
    offered = twilio.asks("/twilio/voice/offer?lang=nl&turn=0", **at_desk)
    gather = offered.find("Gather")
    assert gather is not None
    assert twilio.asks(gather.attrib["action"], Digits="1", **at_desk).find("Hangup") is None
    assert twilio.asks(then, DialCallStatus="completed").find("Dial") is None
    twilio.hangs_up()
    call = one_call(session)
    assert call.state is CallState.ANSWERED
    assert call.exchange_user == "desk-1"
    assert back(session) is None


def test_a_voicemail_that_picks_up_has_not_taken_the_call(web: TestClient, session: Session) -> None:
    twilio = Twilio(web)
    _, then = dialled(twilio.asks())
    at_desk = {"CallSid": "CA2", "ParentCallSid": "CA1"}
    assert twilio.asks("/twilio/voice/offer?lang=nl&turn=0", **at_desk).find("Hangup") is not None
    assert dialled(twilio.asks(then, DialCallStatus="completed"))[0] == ELS


def test_the_callers_number_is_on_no_telephone_of_the_desk_and_in_no_answer(web: TestClient) -> None:
    answer = Twilio(web).post("/twilio/voice").text
    assert CALLER not in answer
    assert f'callerId="{OURS}"' in answer
    assert "record=" in answer.replace("do-not-record", "")
    assert "<Record" not in answer


def test_outside_hours_it_says_when_the_desk_opens_and_calls_back_whoever_asks(
    web: TestClient, session: Session, clock: FixedClock
) -> None:
    clock.set(NIGHT)
    twilio = Twilio(web)
    told = twilio.asks()
    assert told.find("Dial") is None
    assert "We zijn er weer op woensdag 2 december 2026 om 09:00." in words(told)
    assert "Bel 1 1 2" in words(told)
    gather = told.find("Gather")
    assert gather is not None
    assert "We bellen je terug" in words(twilio.asks(gather.attrib["action"], Digits="1"))
    for _ in range(2):
        twilio.hangs_up()
    assert one_call(session).cause == "asked-for-call-back"
    assert back(session) is not None


def test_whoever_hangs_up_outside_hours_is_called_back_once(
    web: TestClient, session: Session, clock: FixedClock
) -> None:
    clock.set(NIGHT)
    twilio = Twilio(web)
    twilio.hangs_up()
    twilio.asks()
    twilio.hangs_up()
    assert one_call(session).state is CallState.MISSED
    assert back(session) is not None


@pytest.mark.parametrize("hidden", ["anonymous", "Restricted", "+266696687", "+7378742833", ""])
def test_whoever_hides_their_number_is_asked_to_call_again(
    web: TestClient, session: Session, clock: FixedClock, hidden: str
) -> None:
    clock.set(NIGHT)
    twilio = Twilio(web, caller=hidden)
    told = twilio.asks()
    assert "Je nummer is verborgen" in words(told)
    assert "Druk 1" not in words(told)
    assert "We bellen" not in words(twilio.asks("/twilio/voice/chosen?lang=nl", Digits="1"))
    twilio.hangs_up()
    assert one_call(session).anonymous
    assert back(session) is None


def test_a_belgian_number_asks_for_the_language_and_calls_back_in_it(
    web: TestClient, session: Session, clock: FixedClock
) -> None:
    clock.set(NIGHT)
    twilio = Twilio(web, caller="+32475123456", called=BELGIAN)
    menu = twilio.asks()
    assert [one.attrib["language"] for one in menu.iter("Say")] == ["nl-NL", "fr-FR", "en-GB"]
    told = twilio.asks("/twilio/voice/language", Digits="2")
    assert "Le téléphone est fermé" in words(told)
    twilio.hangs_up()
    made = back(session)
    assert made is not None
    assert (made.language, made.country) == ("fr", "BE")


def test_whoever_presses_nothing_in_the_menu_is_spoken_to_in_dutch(web: TestClient) -> None:
    twilio = Twilio(web, called=BELGIAN)
    redirect = twilio.asks().find("Redirect")
    assert redirect is not None
    assert redirect.text is not None
    assert "Welkom bij Weerzien" in words(twilio.asks(redirect.text))


def test_a_dutch_caller_goes_on_in_another_language_by_a_key(web: TestClient, clock: FixedClock) -> None:
    clock.set(NIGHT)
    told = Twilio(web).asks("/twilio/voice/chosen?lang=nl", Digits="3")
    assert "The telephone is closed now" in words(told)
    assert "Appuie sur 2 pour le français" in words(told)


PATHS = ("", "/language", "/next", "/offer", "/taken", "/chosen", "/status")


@pytest.mark.parametrize("path", PATHS)
def test_without_twilios_signature_nothing_is_done(web: TestClient, session: Session, path: str) -> None:
    twilio, way = Twilio(web), f"/twilio/voice{path}"
    refused = [
        web.post(way, data=twilio.form),
        web.post(way, data=twilio.form, headers={"X-Twilio-Signature": "é".encode()}),
        twilio.post(way, signed_for="http://elsewhere.test"),
        twilio.post(way, AccountSid="AC" + "2" * 32),
        twilio.post(way, CallSid=""),
    ]
    assert {one.status_code for one in refused} == {403}
    assert {one.headers["content-type"] for one in refused} == {"application/problem+json"}
    assert session.exec(select(Call)).all() == []


def test_without_an_account_every_signature_is_refused(web: TestClient) -> None:
    settings: Any = web.app.state.runtime.settings  # type: ignore[attr-defined]
    settings.voice_auth_token = None
    assert Twilio(web).post("/twilio/voice").status_code == 403


def test_an_answer_that_is_no_end_ends_nothing(web: TestClient, session: Session) -> None:
    twilio = Twilio(web)
    twilio.asks()
    twilio.asks("/twilio/voice/status", CallStatus="in-progress")
    twilio.asks("/twilio/voice/status", CallStatus="completed", CallSid="CA2", ParentCallSid="CA1")
    assert one_call(session).state is CallState.RINGING


def test_the_signature_is_the_one_that_twilio_makes() -> None:
    form = {"To": "+31 é", "Empty": "", "b": "2", "B": "1"}
    for address in ("https://a.test/x?lang=nl", "https://a.test:8443/x"):
        assert signature(TOKEN, address, form.items()) == RequestValidator(TOKEN).compute_signature(
            address, form
        )


def test_numbers_of_the_desk_that_cannot_be_called_stop_the_start() -> None:
    with pytest.raises(ValidationError, match="must be numbers"):
        settings_for("intake", desk_numbers="+31612345678, 112x")
    with pytest.raises(ValidationError, match="belong together"):
        settings_for("intake", voice_account_sid=SID)


def test_a_reason_with_signs_that_nobody_can_speak_ends_no_call(web: TestClient, session: Session) -> None:
    """It was pasted from somewhere, and stands among the closures since."""
    why = {"nl": "Dicht wegens \x0bstorm\x1b & <regen>\ufffe."}
    ends = MORNING + timedelta(hours=2)
    session.add(Closure(country=None, begins=MORNING, ends=ends, why=why, made_by=uuid4()))
    session.commit()
    assert "Dicht wegens  storm  & <regen>" in words(Twilio(web).asks())
