"""What people type comes in without what they cannot see, and with everything that they can."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contact.text import bare, pasted, plain, tidy_line, tidy_text


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


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("\u202aWZ\u2013FCGX\u201456B5\u202c", "WZ-FCGX-56B5"),
        ("\uff37\uff3a\uff0d\uff17", "WZ-7"),
        ("\u0661\u06f2\u0969\u00b2", "1232"),
        ("a\u00ad\u200b\u2060\ufeff\ufe0fb", "ab"),
        ("a\u00a0\u3000\tb \n", "a b"),
        ("\u2212\u2043\u02d7\u058a\u301c", "-----"),
    ],
)
def test_what_is_pasted_is_as_a_keyboard_writes_it(raw: str, line: str) -> None:
    assert pasted(raw) == line


DIGITS = ["0123456789", *("".join(chr(zero + one) for one in range(10)) for zero in (0x660, 0x6F0, 0xFF10))]
BETWEEN = st.text("-\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d .\u00a0\u200b\u200e\u2060/_", max_size=3)


@given(st.data(), st.text("0123456789BCDFGHJK", min_size=1, max_size=16))
def test_a_code_is_the_same_whatever_script_its_digits_have_and_whatever_stands_between(
    data: st.DataObject, code: str
) -> None:
    script = str.maketrans("0123456789", data.draw(st.sampled_from(DIGITS)))
    written = "".join(data.draw(BETWEEN) + sign for sign in code.translate(script)) + data.draw(BETWEEN)
    assert bare(data.draw(st.sampled_from([written, written.lower()]))) == code


@given(st.text())
def test_what_is_plain_stays_as_it_is(raw: str) -> None:
    for tidy in (plain, pasted, bare):
        assert tidy(tidy(raw)) == tidy(raw)


def test_each_sign_is_looked_at_once_so_that_a_long_text_costs_no_more_than_its_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    normalize = unicodedata.normalize

    def noting(form: Literal["NFKC"], text: str) -> str:
        seen.append(text)
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", noting)
    for size in (1_000, 2_000):
        seen.clear()
        bare("e" + "\u0316\u0301" * size)
        assert len(seen) == 2 * size + 1
        assert {len(one) for one in seen} == {1}


@given(st.text())
def test_what_is_tidy_stays_as_it_is(raw: str) -> None:
    for tidy in (tidy_line, tidy_text):
        assert tidy(tidy(raw)) == tidy(raw)
