"""What people type comes in without what they cannot see, and with everything that they can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contact.text import tidy_line, tidy_text


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("  De   Springplank ", "De Springplank"),
        ("De\u00a0Springplank\u3000vzw", "De Springplank vzw"),
        ("first\r\nsecond\tthird", "first second third"),
        ("\u202eknalpgnirpS\u202c", "knalpgnirpS"),
        ("a\x07b\x85c", "a b c"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("نور 😀", "نور 😀"),
        ("", ""),
    ],
)
def test_a_line_is_one_line_with_single_spaces(raw: str, line: str) -> None:
    assert tidy_line(raw) == line


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("first\r\nsecond\tthird\n\n fourth", "first\r\nsecond\tthird\n\n fourth"),
        ("\n\u2003 words \u00a0\n", "words"),
        ("a\x07b\x7fc", "abc"),
        ("\u202eturned\u202c \u2067isolated\u2069", "turned isolated"),
        ("\u200fنور\u200e می\u200cخواهم 👩\u200d👧", "\u200fنور\u200e می\u200cخواهم 👩\u200d👧"),
    ],
)
def test_a_story_keeps_its_lines_and_its_language(raw: str, kept: str) -> None:
    assert tidy_text(raw) == kept


@given(st.text())
def test_what_is_tidy_stays_as_it_is(raw: str) -> None:
    for tidy in (tidy_line, tidy_text):
        assert tidy(tidy(raw)) == tidy(raw)
