"""A yes, a no and who comes are heard as people say them; with one word more, a person reads it."""

from __future__ import annotations

import pytest

from services.notify.contacts.answering import KNOWN, Kind, Said, said
from services.notify.contacts.rules import Keyword, keyword, keyword_of_mail
from services.notify.contacts.stopping import plain
from services.notify.safety import every_language


@pytest.mark.parametrize(
    "body",
    [
        "ja hoor", "Ja graag, groetjes Fatima", "Ja\nFatima", "We komen!", "EVET", "evet, geliyoruz",
        "Tak, będziemy", "Oui merci", "On vient", "We’re coming",
        "Ja gerne", "نَعَم", "نعـــم", "\u200fنعم شكرا",
    ],
)  # fmt: skip
def test_yes_and_its_kin_are_heard(body: str) -> None:
    assert (keyword(body), keyword_of_mail(body)) == (Keyword.YES, Keyword.YES)


@pytest.mark.parametrize(
    "body",
    [
        "nee bedankt", "Nee, sorry", "Ik kan niet", "we can't come", "Non merci", "je ne peux pas venir",
        "hayır", "HAYIR", "Hayir", "Gelemiyoruz", "Nie przyjdę", "Nein danke", "لا شكرا", "لن نأتي",
    ],
)  # fmt: skip
def test_no_and_its_kin_are_heard(body: str) -> None:
    assert (keyword(body), keyword_of_mail(body)) == (Keyword.NO, Keyword.NO)


@pytest.mark.parametrize(
    "body",
    [
        "ja?",
        "ja maar",
        "ja helaas",
        "Ja nee",
        "ja, als de trein rijdt",
        "3",
        "ja 2",
        "ja, 3 kinderen en 2 kinderen",
    ],
)
def test_what_is_doubtful_is_read_by_a_person(body: str) -> None:
    assert (said(body), keyword(body), keyword_of_mail(body)) == (None, None, None)


@pytest.mark.parametrize(("body", "language", "meant"), [("No", "en", Keyword.NO), ("No", "pl", None),
    ("no tak", "pl", None), ("Nie", "pl", Keyword.NO)])  # fmt: skip
def test_a_polish_no_is_no_english_one(body: str, language: str, meant: Keyword | None) -> None:
    assert (keyword(body, language), keyword_of_mail(body, language)) == (meant, meant)


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        ("we komen met 3", Said(True, unclear=3)),
        ("We komen met z'n drieën", Said(True, unclear=3)),
        ("wir kommen zu dritt", Said(True, unclear=3)),
        ("ja, met 2 kinderen", Said(True, children=2)),
        ("2 volwassenen en 1 kind", Said(True, adults=2, children=1)),
        ("سنأتي مع ٣ أطفال", Said(True, children=3)),
        ("Geliyoruz, üç kişi", Said(True, people=3)),
    ],
)
def test_who_comes_is_heard_and_is_no_bare_yes(body: str, heard: Said) -> None:
    assert (said(body), keyword(body)) == (heard, None)


def test_no_word_says_two_things_in_two_languages_and_each_is_written_as_it_is_compared() -> None:
    for language in every_language().values():
        for kind in Kind:
            own = language.replies[kind] if kind in (Kind.YES, Kind.NO) else getattr(language.answers, kind)
            assert [words for words in own if KNOWN[tuple(words.split())] != kind] == []
            assert [words for words in own if plain(words) != words] == []
