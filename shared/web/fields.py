"""What people and programs fill in, tidied and checked in one way, for the models of APIs and of forms.

Each type raises a code whose sentence `shared.web.sentences` has.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from shared.contact.addresses import normalise_email
from shared.contact.names import tidy_name
from shared.contact.phones import some_number
from shared.contact.problems import ContactProblem
from shared.contact.text import tidy_line, tidy_text
from shared.geography import facility
from shared.languages import is_language

T = TypeVar("T")


def wrong(code: str) -> PydanticCustomError:
    """Return what a validator raises. The code is its message; words are found where it is shown."""
    return PydanticCustomError(code, code)


def _in_its_normal_form(normal: Callable[[str], str]) -> Callable[[str], str]:
    def tidied(value: str) -> str:
        try:
            return normal(value)
        except ContactProblem as problem:
            raise wrong(problem.code) from None

    return tidied


def _known(is_known: Callable[[str], object], code: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not is_known(value):
            raise wrong(code)
        return value

    return check


def _written_as(pattern: str, code: str) -> Callable[[Any], Any]:
    # Pydantic would take numbers for moments, and times of another zone; these are written as on paper.
    def check(value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(pattern, value.strip()):
            raise wrong(code)
        return value

    return check


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(tidy_line)]
FreeText = Annotated[str, StringConstraints(max_length=4000), AfterValidator(tidy_text)]
PersonName = Annotated[str, AfterValidator(_in_its_normal_form(tidy_name))]
EmailText = Annotated[str, AfterValidator(_in_its_normal_form(normalise_email))]
# As it was written: what it is used for says in which country.
Phone = Annotated[str, AfterValidator(_in_its_normal_form(some_number))]
FacilityId = Annotated[str, AfterValidator(_known(facility, "unknown-facility"))]
LanguageCode = Annotated[str, AfterValidator(_known(is_language, "unknown-language"))]
Day = Annotated[date, BeforeValidator(_written_as(r"\d{4}-\d\d-\d\d", "date-form"))]
# On the wall of the place that it is about; never seconds that count, nor a zone.
WallTime = Annotated[time, BeforeValidator(_written_as(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", "time-form"))]
