"""What a text costs: so much a segment, by the country of its number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import phonenumbers

from shared.countries import of_number

# Prices are counted in whole ten-thousandths, so that a sum of thousands of them is exact.
UNIT = 10_000
# What providers asked for a segment in 2026, rounded up. The setting corrects them.
USUAL = {"NL": "0.11", "BE": "0.11"}
ELSEWHERE, ELSEWHERE_PRICE = "*", "0.15"
# The most segments of a text of ours.
DEAREST = 3


def units(amount: Decimal) -> int:
    return int((amount * UNIT).to_integral_value())


@dataclass(frozen=True)
class Prices:
    """`each`: ten-thousandths for a segment, by country; `*` is any other country."""

    each: Mapping[str, int] = field(
        default_factory=lambda: {name: units(Decimal(price)) for name, price in _usual().items()}
    )

    @classmethod
    def parse(cls, written: str) -> Prices:
        """Read prices such as `NL=0.09,BE=0.08,*=0.12`; what is not named keeps its usual price.

        Raises ValueError.
        """
        pairs = [part.partition("=") for part in written.split(",") if part.strip()]
        given = {name.strip().upper(): _price(price) for name, _, price in pairs}
        if any(name != ELSEWHERE and not (len(name) == 2 and name.isalpha()) for name in given):
            raise ValueError("each price is a country's code, =, and a number: NL=0.09,BE=0.08,*=0.12")
        return cls({**cls().each, **given})

    @property
    def dearest(self) -> int:
        return max(self.each.values())

    def cost(self, number: str, segments: int | None) -> int:
        """Return what a text of so many segments to this number (E.164) costs, in ten-thousandths."""
        return max(segments or 1, 1) * self.each.get(_country(number), self.each[ELSEWHERE])


def _usual() -> Mapping[str, str]:
    return {**USUAL, ELSEWHERE: ELSEWHERE_PRICE}


def _price(written: str) -> int:
    try:
        price = Decimal(written.strip())
    except InvalidOperation:
        raise ValueError(f"{written.strip() or 'nothing'} is no price") from None
    if not (price.is_finite() and 0 <= price <= 100):
        raise ValueError("a price lies between 0 and 100")
    return units(price)


def _country(number: str) -> str:
    if country := of_number(number):
        return country.code
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ELSEWHERE
    except phonenumbers.NumberParseException:
        return ELSEWHERE
