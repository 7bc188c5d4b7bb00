"""One catalogue of what can be wrong: each code has its sentence in every language."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError

from shared.languages import FOR_PAGES
from shared.web import fields, pages, sentences
from shared.web.problems import field_errors
from shared.web.sentences import sentence

COUNTED = {"max_length": 9, "choices": "yes", "known": "page", "minutes": 5, "day": "monday"}


def codes() -> list[str]:
    return sorted(key.removeprefix("error.") for key in pages.texts().keys("nl") if key.startswith("error."))


@pytest.mark.parametrize("language", FOR_PAGES)
def test_every_code_has_a_sentence_in_each_language(language: str) -> None:
    for code in codes():
        said = sentence(
            code,
            language,
            values={"max_length": 9, "choices": "yes", "known": "page", "minutes": 5, "day": "monday"},
        )
        assert said
        assert "{" not in said
    assert [code for code in sentences.SAME.values() if not sentences.has(code)] == []


def test_a_program_hears_of_its_member_and_a_person_of_what_stands_before_them() -> None:
    assert sentence("date", field="visitOn") == "visitOn must be a date that exists, such as 2026-12-01."
    assert sentence("date", "nl").startswith("Dit moet een datum zijn")


class Filled(BaseModel):
    name: fields.PersonName
    email: fields.EmailText
    phone: fields.Phone
    line: fields.Line
    language: fields.LanguageCode
    facility: fields.FacilityId
    day: fields.Day
    at: fields.WallTime
    short: Annotated[str, StringConstraints(max_length=3)]


def test_each_field_that_is_wrong_has_a_code_with_a_sentence() -> None:
    wrong = {
        "name": "a\nb",
        "email": "a",
        "phone": "1",
        "line": "x" * 201,
        "language": "xx",
        "facility": "nowhere",
        "day": 20261201,
        "at": "14:30+01:00",
        "short": "long",
    }
    with pytest.raises(ValidationError) as caught:
        Filled.model_validate(wrong)
    found = [{**error, "loc": ("body", *error["loc"])} for error in caught.value.errors()]
    told = {error.field: error for error in field_errors(found)}
    assert set(told) == set(wrong)
    assert {name: error.code for name, error in told.items() if name != "phone"} == {
        "name": "name-control",
        "email": "email-at",
        "line": "string-too-long",
        "language": "unknown-language",
        "facility": "unknown-facility",
        "day": "date-form",
        "at": "time-form",
        "short": "string-too-long",
    }
    assert told["short"].detail == "This is too long. Please make it shorter (at most 3 characters)."
    assert told["at"].detail.startswith("at must be a time of the day")


def test_what_is_right_is_kept_tidy() -> None:
    assert TypeAdapter(fields.Line).validate_python(" De\u202e  Springplank\n") == "De Springplank"
    assert TypeAdapter(fields.EmailText).validate_python("Oma@Voorbeeld.NL ") == "oma@voorbeeld.nl"
    assert TypeAdapter(fields.FreeText).validate_python(" a\x07\n b ") == "a\n b"
    assert TypeAdapter(fields.Phone).validate_python("0470 12 34 56") == "0470 12 34 56"
