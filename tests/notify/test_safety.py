"""Before we write to a family in a language, we hear a STOP in it and check its texts for discretion."""

from __future__ import annotations

from collections import Counter

import pytest

from services.notify.contacts.rules import KEYWORDS, Keyword, keyword
from services.notify.safety import every_language, safety
from services.notify.wording import linter
from services.notify.wording.catalogue import entries
from shared.languages import ELSEWHERE, FOR_FAMILIES, FOR_PAGES, LANGUAGES


@pytest.mark.parametrize("language", FOR_FAMILIES)
def test_a_language_that_families_are_written_to_in_has_its_words_of_safety(language: str) -> None:
    own = safety(language)
    assert [meaning for meaning, words in own.replies.items() if not words] == []
    for meaning, words in own.replies.items():
        assert [word for word in words if keyword(word.lower()) is not Keyword(meaning)] == []
    assert len(own.forbidden.begins) > 5
    assert len(own.forbidden.words) > 5
    assert [word for word in own.forbidden.words if not linter.is_forbidden(word)] == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("evet.", Keyword.YES),
        ("Hayır", Keyword.NO),
        ("TAK!", Keyword.YES),
        ("nie", Keyword.NO),
        ("Nein", Keyword.NO),
        ("نعم", Keyword.YES),
        ("لا", Keyword.NO),
        ("Dur lütfen", Keyword.STOP),
        ("proszę przestańcie", Keyword.STOP),
        ("Bitte abmelden", Keyword.STOP),
        ("توقفوا من فضلكم", Keyword.STOP),
        ("إيقاف", Keyword.STOP),
    ],
)
def test_a_family_is_heard_in_the_language_that_it_is_written_to_in(said: str, meant: Keyword) -> None:
    assert keyword(said) is meant


@pytest.mark.parametrize("said", ["C'est dur", "Hayır, durmayın", "لا أستطيع الحضور", "توقف\nسنأتي غدا"])
def test_a_sentence_in_which_such_a_word_stands_is_no_stop(said: str) -> None:
    assert keyword(said) is not Keyword.STOP


@pytest.mark.parametrize("language", FOR_FAMILIES)
def test_a_language_that_families_are_written_to_in_has_all_their_texts(language: str) -> None:
    others = set() if language in FOR_PAGES else linter.not_for_families()
    assert entries(language).keys() == entries(ELSEWHERE).keys() - others
    assert len(entries(language)) > 35


def test_no_language_is_left_unheard_or_unlinted() -> None:
    assert every_language().keys() == set(FOR_FAMILIES)
    assert set(FOR_FAMILIES) <= LANGUAGES.keys()


def test_a_language_without_its_words_of_safety_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        safety(next(code for code in LANGUAGES if code not in FOR_FAMILIES))


def test_no_word_means_two_things_in_two_languages() -> None:
    said = {
        (word, meaning)
        for own in every_language().values()
        for meaning in own.replies
        for word in own.replies[meaning]
    }
    assert [word for word, times in Counter(word for word, _ in said).items() if times > 1] == []
    assert KEYWORDS.keys() == {word for word, _ in said}
