"""What Twilio does with somebody who calls, as TwiML. Nothing is ever recorded.

Every address in it is one of ours, and holds codes alone: never a number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from services.intake.hours.rules import Hours
from services.intake.hours.telling import Told, in_words
from shared.languages import FOR_PAGES, LANGUAGES
from shared.web import pages

PATH = "/twilio/voice"
# Whoever hears nothing for longer hangs up; a voicemail answers later than this.
RINGS_FOR, WAITS_FOR = 20, 6
KEYS = {str(key): language for key, language in enumerate(FOR_PAGES, 1)}
CALL_BACK = TAKEN = "1"
ASKED = "asked-for-call-back"
UNSPEAKABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
OVER = {"completed", "busy", "failed", "no-answer", "canceled"}


@dataclass(frozen=True)
class Line:
    """A call while it is spoken to: in which language, and whether there is a number to call back."""

    language: str
    has_number: bool = True


def menu() -> str:
    """Ask in which language: each in its own. Who presses nothing is spoken to in the first."""
    made = Element("Response")
    asked = _gather(made, f"{PATH}/language")
    for language in KEYS.values():
        _say(asked, language, "voice.choose")
    _redirect(made, f"{PATH}/language")
    return _written(made)


def ring_desk(numbers: Sequence[str], turn: int, line: Line, ours: str) -> str:
    """Ring the desk's numbers, one after the other: this is the turn of one of them.

    It shows our own number there, not the caller's: that stays in no telephone of ours. Whoever takes it says
    so with a key, as a voicemail does not.
    """
    made = Element("Response")
    if turn == 0:
        _say(made, line.language, "voice.welcome")
    dial = SubElement(
        made,
        "Dial",
        action=f"{PATH}/next?lang={line.language}&turn={turn + 1}",
        timeout=str(RINGS_FOR),
        callerId=ours,
        answerOnBridge="true",
        record="do-not-record",
    )
    number = SubElement(dial, "Number", url=f"{PATH}/offer?lang={line.language}&turn={turn}")
    number.text = numbers[turn]
    return _written(made)


def offer(language: str, turn: str) -> str:
    """Ask whoever picked up at the desk to take the call, by a key."""
    made = Element("Response")
    _say(_gather(made, f"{PATH}/taken?lang={language}&turn={turn}"), language, "voice.offer")
    SubElement(made, "Hangup")
    return _written(made)


def nobody_there(told: Told, line: Line, at: datetime) -> str:
    """Say when the desk opens, or that all are busy, and offer to be called back."""
    made = Element("Response")
    asked = _gather(made, f"{PATH}/chosen?lang={line.language}")
    if told.hours.open:
        _say(asked, line.language, "voice.busy")
    else:
        _words(asked, line.language, in_words(told, line.language, at))
    _say(asked, line.language, "voice.danger")
    _say(asked, line.language, "voice.press" if line.has_number else "voice.call-again")
    for key, language in KEYS.items():
        if key != CALL_BACK and language != line.language:
            _say(asked, language, f"voice.other-{key}")
    _say(made, line.language, "voice.goodbye")
    SubElement(made, "Hangup")
    return _written(made)


def will_be_called(language: str) -> str:
    made = Element("Response")
    _say(made, language, "voice.will-be-called")
    SubElement(made, "Hangup")
    return _written(made)


def go_on() -> str:
    """Connect the two who speak."""
    return _written(Element("Response"))


def hang_up() -> str:
    made = Element("Response")
    SubElement(made, "Hangup")
    return _written(made)


def is_open(hours: Hours, numbers: Sequence[str]) -> bool:
    """Whether there is somebody to ring."""
    return hours.open and bool(numbers)


def _gather(made: Element, action: str) -> Element:
    return SubElement(made, "Gather", numDigits="1", timeout=str(WAITS_FOR), action=action)


def _redirect(made: Element, to: str) -> None:
    SubElement(made, "Redirect").text = to


def _say(into: Element, language: str, key: str) -> None:
    _words(into, language, pages.texts().text(language, key))


def _words(into: Element, language: str, words: str) -> None:
    # A sign that XML does not know would end the call: a reason that somebody pasted may hold one.
    SubElement(into, "Say", language=LANGUAGES[language].voice).text = UNSPEAKABLE.sub(" ", words)


def _written(made: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + tostring(made, encoding="unicode")
