"""People write a number as they say it; what is stored is one form, or nothing."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contact.phones import _looked_up, _plain_mobile, _tidy, in_full, is_good_in_both, normalise_phone
from shared.contact.problems import PhoneProblem
from shared.countries import ROWS, of_number
from shared.web.sentences import has, sentence

DUTCH = [
    "06-12345678",
    "06 12 34 56 78",
    "06.12.34.56.78",
    "(06) 12345678",
    "0612345678",
    "+31 6 12345678",
    "+31 (0)6 12345678",
    "+31(0)6-1234 5678",
    "0031612345678",
    "0031 (0)6 12345678",
    "31612345678",
    "tel:+31612345678",
    "06\u201112345678",
    "\u202a+31 6 12345678\u202c",
    " 06\t12345678\n",
    "06\u201312\u201434\u221256\u00a078.",
    "\uff10\uff16\uff0d\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
    "\u0660\u0666 \u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668",
    "Tel: 06 12345678",
]
BELGIAN = [
    "0470/12.34.56",
    "0470 12 34 56",
    "0470-123456",
    "+32 470 12 34 56",
    "+32 (0)470/12.34.56",
    "0032 470 12 34 56",
    "32470123456",
]


@pytest.mark.parametrize("raw", DUTCH)
def test_a_dutch_mobile_number_is_understood_in_every_notation(raw: str) -> None:
    assert normalise_phone(raw, "NL", mobile_needed=True) == "+31612345678"


@pytest.mark.parametrize("raw", BELGIAN)
def test_a_belgian_mobile_number_is_understood_in_every_notation(raw: str) -> None:
    assert normalise_phone(raw, "BE", mobile_needed=True) == "+32470123456"


@pytest.mark.parametrize(
    ("raw", "country", "expected"),
    [("0470/12.34.56", "NL", "+32470123456"), ("06-12345678", "BE", "+31612345678")],
)
def test_a_family_across_the_border_keeps_its_own_mobile_number(
    raw: str, country: str, expected: str
) -> None:
    assert normalise_phone(raw, country, mobile_needed=True) == expected


@pytest.mark.parametrize(
    ("raw", "country", "expected"),
    [
        ("020-6123456", "NL", "+31206123456"),
        ("(040) 212 34 56", "NL", "+31402123456"),
        ("016 31 03 50", "BE", "+3216310350"),
        ("02/513.45.67", "BE", "+3225134567"),
        ("0475 12 34 56", "NL", "+31475123456"),
    ],
)
def test_a_landline_can_be_telephoned_but_gets_no_text_message(raw: str, country: str, expected: str) -> None:
    assert normalise_phone(raw, country, mobile_needed=False) == expected
    with pytest.raises(PhoneProblem) as caught:
        normalise_phone(raw, country, mobile_needed=True)
    assert caught.value.code == "phone-landline"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "phone-empty"),
        ("  \u200b ", "phone-empty"),
        ("bel mijn moeder", "phone-characters"),
        ("06-12345678 (oma)", "phone-characters"),
        ("06-1234567", "phone-short"),
        ("+31 6 1234567", "phone-short"),
        ("06-123456789", "phone-long"),
        ("06-12345678 / 06-87654321", "phone-long"),
        ("0" * 60, "phone-long"),
        ("06-00000000", "phone-unknown"),
        ("+", "phone-unknown"),
        ("112", "phone-short"),
        ("+33 6 12 34 56 78", "phone-foreign"),
        ("0044 7911 123456", "phone-foreign"),
        ("+49 151 23456789", "phone-foreign"),
        ("0800-2000", "phone-service"),
        ("0900-1234", "phone-service"),
    ],
)
def test_what_is_no_number_of_a_person_here_is_refused_with_its_reason(raw: str, code: str) -> None:
    with pytest.raises(PhoneProblem) as caught:
        normalise_phone(raw, "NL", mobile_needed=False)
    assert caught.value.code == code
    assert sentence(code, "nl") != sentence(code, "en") != sentence(code, "fr")


@pytest.mark.parametrize(
    ("raw", "both"),
    [
        ("0475 12 34 56", True),
        ("+32 475 12 34 56", False),
        ("+31 475 12 34 56", False),
        ("06 12345678", False),
        ("0470 12 34 56", False),
        ("", False),
    ],
)
def test_a_number_that_is_good_in_both_countries_is_told_from_others(raw: str, both: bool) -> None:
    assert is_good_in_both(raw) is both


def test_a_number_is_shown_in_full_with_its_country() -> None:
    assert in_full("+32475123456") == "+32 475 12 34 56"
    assert in_full("+31612345678") == "+31 6 12345678"
    assert in_full("nothing") == "nothing"


@given(raw=st.text(max_size=60), country=st.sampled_from(["NL", "BE"]), mobile=st.booleans())
def test_whatever_is_typed_gives_a_number_or_a_reason_that_never_repeats_it(
    raw: str, country: str, mobile: bool
) -> None:
    said = _normal_or_code(raw, country, mobile)
    if not said.startswith("+"):
        assert has(said)
    else:
        assert _normal_or_code(said, country, mobile) == said
        assert of_number(said) in ROWS


MOBILE_STARTS = st.sampled_from(
    ["06", "+316", "00316", "+31(0)6", "04", "+324", "00324", "0 6", "+3 24", "6"]
)


@given(
    start=MOBILE_STARTS,
    digits=st.text("0123456789", min_size=7, max_size=9),
    between=st.text(" ().-/", max_size=3),
    country=st.sampled_from(["NL", "BE"]),
)
def test_a_mobile_number_written_plainly_is_read_as_the_numbering_plan_has_it(
    start: str, digits: str, between: str, country: str
) -> None:
    text = f"{start}{between}{digits[:3]}{between}{digits[3:]}"
    said = _plain_mobile(_tidy(text), country)
    assert said is None or said == _looked_up(_tidy(text), country, mobile_needed=True)


def test_every_mobile_number_of_the_numbering_plan_can_be_written_plainly() -> None:
    for country, lead in (("NL", "06"), ("BE", "04")):
        for start in range(1000):
            text, planned = f"{lead}{start:03d}12345", None
            with contextlib.suppress(PhoneProblem):
                planned = _looked_up(text, country, mobile_needed=True)
            assert _plain_mobile(text, country) == planned


def _normal_or_code(raw: str, country: str, mobile: bool) -> str:
    try:
        return normalise_phone(raw, country, mobile_needed=mobile)
    except PhoneProblem as problem:
        return str(problem)
