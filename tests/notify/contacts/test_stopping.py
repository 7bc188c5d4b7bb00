"""A STOP stays one whatever stands around it; a stop word in a sentence is for a person."""

from __future__ import annotations

import pytest

from services.notify.contacts.rules import Keyword, keyword
from services.notify.contacts.stopping import is_only_cancelling, mentions_a_stop


@pytest.mark.parametrize(
    "body",
    [
        "stop bedankt", "Stop. Thank you", "STOP STOP", "stop ermee!", "STOP STOP STOP!!!", "stop 🛑🛑 stop",
        "Stop a.u.b.", "stop s.v.p. merci", "Dank u wel, stop", "please stop texting me", "stop met sms'en",
        "Arrêtez, s'il vous plaît", "arrêtez de m'envoyer des messages", "Stop deze berichten aub",
        "STOP\n\nJan de Vries\nVerzonden vanaf mijn iPhone", "Stop\n--\nFatima\n06 12345678",
        "stop, met vriendelijke groet, Jan", "STOP\nGroetjes,\nAnna van den Berg", "Stop\nAnna",
        "STOP\nSent from Outlook for Android",
        "Stop svp\nBien à vous,\nMarie", "opt out please", "meld af graag",
        "Stop\nWil van Dijk", "STOP\nBen Op de Beeck", "Stop\nMei Lin",
    ],
)  # fmt: skip
def test_a_stop_with_courtesies_repetitions_or_a_signature_is_heard(body: str) -> None:
    assert keyword(body) is Keyword.STOP


@pytest.mark.parametrize(
    "body",
    [
        "Ik kan niet stoppen met huilen", "stop niet", "don't stop", "n'arrêtez pas",
        "ik wil stoppen met werken",
        "Stop\nik bedoel niet de berichten", "stop, groeten, maar niet voor zaterdag", "stop of niet?",
        "Stop\nWanneer kan ik komen?", "STOP\nIK KOM ZATERDAG", "wanneer stopt dit",
        "is er een bushalte of stop?",
        "STOP\nJan Komt Zaterdag", "Stop\nOma Is Ziek", "stop, groetjes, Jan komt zaterdag", 
        "Stop\nTot Morgen",
        "Stop\nMarie Vient Demain", "STOP\nAnna Comes Later",
    ],
)  # fmt: skip
def test_a_stop_word_in_a_sentence_is_seen_and_is_no_stop(body: str) -> None:
    assert keyword(body) is None
    assert mentions_a_stop(body)


@pytest.mark.parametrize(
    "body", ["", "Mag oma mee?", "We komen aan het end van de middag", "nonstop", "stoppelbaard", "JA", "👍"]
)
def test_what_has_no_stop_word_in_it_is_like_any_other_reply(body: str) -> None:
    assert not mentions_a_stop(body)


@pytest.mark.parametrize(
    ("body", "only"),
    [
        ("afmelden", True),
        ("Cancel please", True),
        ("meld af", True),
        ("STOP afmelden", False),
        ("stop", False),
    ],
)
def test_some_words_of_stop_may_as_well_be_about_a_visit(body: str, only: bool) -> None:
    assert keyword(body) is Keyword.STOP
    assert is_only_cancelling(body) is only
