"""The countries that we work in: one row for each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

CountryCode = Literal["NL", "BE"]


@dataclass(frozen=True)
class Country:
    """`name` in Dutch; `zone` is the IANA zone of its wall clocks; `mobile_lead` begins its mobile numbers.

    `postcode` matches the letters and digits that people write, in capitals and without what they put between
    them; its first group holds the digits that name an area.
    """

    code: CountryCode
    name: str
    zone: str
    calling_code: int
    mobile_lead: str
    postcode: re.Pattern[str]


ROWS = (
    # Four digits, to which people often add two letters.
    Country("NL", "Nederland", "Europe/Amsterdam", 31, "6", re.compile(r"(?:NL)?([1-9][0-9]{3})([A-Z]{2})?")),
    Country("BE", "België", "Europe/Brussels", 32, "4", re.compile(r"(?:BE?)?([1-9][0-9]{3})")),
)
COUNTRIES: tuple[CountryCode, ...] = get_args(CountryCode)
BY_CODE: Mapping[str, Country] = {row.code: row for row in ROWS}
BY_CALLING_CODE: Mapping[int, Country] = {row.calling_code: row for row in ROWS}
# The country if nothing says which one it is.
DEFAULT = BY_CODE["NL"]
# As the code of a country: a partner that works in all of ours.
ANYWHERE = "EU"


def zone(country: str) -> str:
    """Return the IANA zone of a country's wall clocks. Raises KeyError if it is not one of ours."""
    return BY_CODE[country].zone


def of_number(e164: str) -> Country | None:
    """Return the country of a telephone number in its normal form, or None if it is not one of ours."""
    return next((row for row in ROWS if e164.startswith(f"+{row.calling_code}")), None)
