"""A reply of one word is understood however it is typed; a sentence is left to a person."""

from __future__ import annotations

import pytest

from services.notify.contacts.rules import Keyword, keyword


@pytest.mark.parametrize(
    "body",
    [
        "STOP", "stop", " Stop. ", "STOP!!!", "S T O P", "«stop»", "ＳＴＯＰ", "stoppen",
        "Afmelden", "uitschrijven",
        "ARRET", "Arrêt", "arre\u0302t", "ARRÊTER", "désabonner", "DESABONNER", "desinscrire", "unsubscribe",
        "Cancel", "END", "quit", "opt-out", "STOP 🛑", "stop a.u.b.", "Stop\n",
    ],
)  # fmt: skip
def test_who_says_stop_in_any_of_three_languages_is_heard(body: str) -> None:
    assert keyword(body) is Keyword.STOP


@pytest.mark.parametrize("body", ["JA", "ja", " Ja! ", "Oui.", "YES", "ja 👍", "“Ja”"])
def test_yes_is_yes(body: str) -> None:
    assert keyword(body) is Keyword.YES


@pytest.mark.parametrize("body", ["NEE", "nee", "Née", "neen", "NON", "no.", "Nee 😢"])
def test_no_is_no(body: str) -> None:
    assert keyword(body) is Keyword.NO


@pytest.mark.parametrize("body", ["START", "start!", "Unstop", "reprendre"])
def test_who_says_start_hears_from_us_again(body: str) -> None:
    assert keyword(body) is Keyword.START


@pytest.mark.parametrize(
    "body",
    [
        "", "   ", "👍", "Ja maar ik kom later", "nee, wie bent u?", "Ja nee", "stop niet",
        "ik wil stoppen met werken",
        "don't stop", "No idea", "nonstop", "janee", "J", "Kunnen we ook met vier komen?", "ja2",
    ],
)  # fmt: skip
def test_a_sentence_is_not_taken_for_a_word(body: str) -> None:
    assert keyword(body) is None
