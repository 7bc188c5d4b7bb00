"""What a child reads here is as easy as what it is answered."""

from __future__ import annotations

import pytest

from services.intake.children.rules import EASE, OUR_NAMES, WORDS_IN_A_SENTENCE
from services.intake.guidance.reading import measure
from shared.languages import FOR_PAGES
from shared.web import pages

# What only the desk reads.
FOR_STAFF = ("desk-", "done-", "sentences-long", "words-hard", "words-open", "the-child")


def told(language: str) -> str:
    texts = pages.texts()
    keys = sorted(key for key in texts.keys(language) if key.startswith("children."))
    theirs = [key for key in keys if not key.removeprefix("children.").startswith(FOR_STAFF)]
    return OUR_NAMES.sub("", "\n".join(texts.text(language, key) for key in theirs))


@pytest.mark.parametrize("language", FOR_PAGES)
def test_what_a_child_is_told_has_short_sentences_and_in_dutch_short_words(language: str) -> None:
    found = measure(told(language), language)
    assert found.words > 500
    assert found.per_sentence <= WORDS_IN_A_SENTENCE, found.longest
    assert found.ease is None or found.ease >= EASE
