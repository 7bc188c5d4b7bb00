"""Before we write to a family in a language, we hear a STOP in it and check its texts for discretion."""

from __future__ import annotations

from collections import Counter

import pytest

from services.notify.contacts.rules import KEYWORDS, Keyword, keyword
from services.notify.safety import every_language, safety
from services.notify.wording import linter
from services.notify.wording.catalogue import entries
from shared.languages import ELSEWHERE, FOR_FAMILIES, LANGUAGES


@pytest.mark.parametrize("language", FOR_FAMILIES)
def test_a_language_that_families_are_written_to_in_has_its_words_of_safety(language: str) -> None:
    own = safety(language)
    assert [meaning for meaning, words in own.replies.items() if not words] == []
    for meaning, words in own.replies.items():
        assert [word for word in words if keyword(word.lower()) is not Keyword(meaning)] == []
    assert len(own.forbidden.begins) > 5
    assert len(own.forbidden.words) > 5
    assert [word for word in own.forbidden.words if not linter.is_forbidden(word)] == []


@pytest.mark.parametrize("language", FOR_FAMILIES)
def test_a_language_that_families_are_written_to_in_has_all_their_texts(language: str) -> None:
    assert entries(language).keys() == entries(ELSEWHERE).keys()


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
