"""Where Twilio tells of a call to our number, and asks what to do with it."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.calls import queries, voice
from services.intake.calls.commands import answer, hang_up, ring, speaks
from services.intake.calls.numbers import number_of
from services.intake.calls.voice import KEYS, PATH, Line
from services.intake.hours.telling import HoursTold
from services.intake.settings import IntakeSettings
from shared.countries import DEFAULT, of_number
from shared.errors import Forbidden
from shared.languages import DEFAULT as DUTCH
from shared.languages import FOR_PAGES
from shared.security.access import Access
from shared.security.twilio import HEADER, is_signed
from shared.web.dependencies import Now, SessionDep

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)
Form = dict[str, str]


class TwilioVoice(Access):
    """Checks Twilio's signature against our public address, and returns the form.

    Raises Forbidden for a missing or wrong signature, for any where no account is set, for a form about
    another account, and for one that names no call.
    """

    async def __call__(self, request: Request) -> Form:
        settings: IntakeSettings = request.app.state.runtime.settings
        raw = (await request.body()).decode("utf-8", "replace")
        fields = parse_qsl(raw, keep_blank_values=True)
        query = f"?{request.url.query}" if request.url.query else ""
        address = settings.public_url("intake") + request.url.path + query
        token = settings.voice_auth_token
        if token is None or not is_signed(
            token.get_secret_value(), address, fields, request.headers.get(HEADER)
        ):
            raise Forbidden(
                "This request does not carry Twilio's signature for this address and this account."
            )
        form = {name: value.replace("\x00", "") for name, value in fields}
        if form.get("AccountSid") != settings.voice_account_sid or not form.get("CallSid"):
            log.warning("a form under Twilio's signature is about another account: nothing was done with it")
            raise Forbidden("This request is about another account at Twilio than ours, or about no call.")
        return form


Told = Annotated[Form, Depends(TwilioVoice())]
Lang = Annotated[str, Query(alias="lang", max_length=5)]
Turn = Annotated[int, Query(ge=0, le=100)]


@router.post(PATH)
def called(request: Request, session: SessionDep, now: Now, told: Told) -> Response:
    """Take in a call. A Belgian number asks for the language first; others are spoken to in Dutch."""
    ring(session, told["CallSid"], told.get("From"), told.get("To"), now)
    if _country(told) == "BE":
        return _twiml(voice.menu())
    return _spoken_to(request, session, now, told, DUTCH)


@router.post(f"{PATH}/language")
def language_chosen(request: Request, session: SessionDep, now: Now, told: Told) -> Response:
    language = KEYS.get(told.get("Digits", ""), DUTCH)
    speaks(session, told["CallSid"], language, now)
    return _spoken_to(request, session, now, told, language)


@router.post(f"{PATH}/next")
def next_number(
    request: Request, session: SessionDep, now: Now, told: Told, turn: Turn = 0, lang: Lang = DUTCH
) -> Response:
    """Ring the next number of the desk, unless somebody took the call; they have spoken then."""
    if queries.was_connected(session, told["CallSid"]):
        return _twiml(voice.hang_up())
    return _spoken_to(request, session, now, told, lang, turn)


@router.post(f"{PATH}/offer")
def offered(told: Told, turn: Turn = 0, lang: Lang = DUTCH) -> Response:
    """Ask whoever picked up at the desk whether they take the call."""
    return _twiml(voice.offer(_language(lang), str(turn)))


@router.post(f"{PATH}/taken")
def taken(session: SessionDep, now: Now, told: Told, turn: Turn = 0) -> Response:
    """Note that somebody at the desk took the call, and connect them."""
    parent = told.get("ParentCallSid", "")
    if told.get("Digits") != voice.TAKEN or not parent:
        return _twiml(voice.hang_up())
    answer(session, parent, f"desk-{turn + 1}", now)
    return _twiml(voice.go_on())


@router.post(f"{PATH}/chosen")
def chosen(request: Request, session: SessionDep, now: Now, told: Told, lang: Lang = DUTCH) -> Response:
    """Have somebody called back who asks for it, or go on in another language."""
    pressed, language = told.get("Digits", ""), _language(lang)
    if pressed == voice.CALL_BACK and _number(told):
        hang_up(session, told["CallSid"], voice.ASKED, now)
        return _twiml(voice.will_be_called(language))
    other = KEYS.get(pressed) if pressed != voice.CALL_BACK else None
    if other is None:
        return _twiml(voice.hang_up())
    speaks(session, told["CallSid"], other, now)
    return _spoken_to(request, session, now, told, other)


@router.post(f"{PATH}/status")
def status(session: SessionDep, now: Now, told: Told) -> Response:
    """Note that a call is over. One that nobody took is called back."""
    if told.get("CallStatus") in voice.OVER and not told.get("ParentCallSid"):
        ring(session, told["CallSid"], told.get("From"), told.get("To"), now)
        hang_up(session, told["CallSid"], told["CallStatus"], now)
    return _twiml(voice.go_on())


def _spoken_to(
    request: Request, session: Session, now: datetime, told: Form, lang: str, turn: int = 0
) -> Response:
    settings: IntakeSettings = request.app.state.runtime.settings
    hours: HoursTold = request.app.state.hours_told
    known, line = hours.of(_country(told), now), Line(_language(lang), _number(told) is not None)
    numbers = settings.desk_numbers_in_order
    if voice.is_open(known.hours, numbers) and turn < len(numbers):
        return _twiml(voice.ring_desk(numbers, turn, line, told.get("To", "")))
    return _twiml(voice.nobody_there(known, line, now))


def _country(told: Form) -> str:
    found = of_number(told.get("To", "")) or of_number(told.get("From", "")) or DEFAULT
    return found.code


def _number(told: Form) -> str | None:
    return number_of(told.get("From"), told.get("To"))


def _language(code: str) -> str:
    return code if code in FOR_PAGES else DUTCH


def _twiml(words: str) -> Response:
    return Response(words, media_type="text/xml")
