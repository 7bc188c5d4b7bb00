"""By what a person is known who wants to be erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.intake.requests.queries import Bearing
from services.intake.requests.references import tidy_reference
from shared.contact.addresses import normalise_email
from shared.contact.phones import normalise_phone
from shared.contact.problems import ContactProblem
from shared.countries import COUNTRIES
from shared.errors import FieldError, Invalid
from shared.events.erasure import Whom

T = TypeVar("T")
AMBIGUOUS = "phone-ambiguous"


@dataclass(frozen=True)
class Known:
    """One of a reference, a number (E.164) or an address, in its normal form."""

    kind: str
    value: str


def known_by(kind: str, written: str) -> Known:
    """Return it in its normal form. Raises Invalid, also for a number that both countries have."""
    try:
        if kind == "email":
            return Known(kind, normalise_email(written))
        return Known(kind, _number(written) if kind == "phone" else _reference(written))
    except ContactProblem as problem:
        raise Invalid([FieldError(f"/{kind}", kind, problem.code)]) from None


def _number(written: str) -> str:
    numbers, problems = set(), []
    for country in COUNTRIES:
        try:
            numbers.add(normalise_phone(written, country, mobile_needed=False))
        except ContactProblem as problem:
            problems.append(problem)
    if not numbers:
        raise problems[0]
    if len(numbers) > 1:
        raise Invalid(
            [
                FieldError(
                    "/phone",
                    "phone",
                    AMBIGUOUS,
                    "This is a number in both countries: write it with +31 or +32 in front.",
                )
            ]
        )
    return numbers.pop()


def _reference(written: str) -> str:
    reference = tidy_reference(written)
    if reference is None:
        detail = "This is no reference. It looks like WZ-7K3M-9QXT."
        raise Invalid([FieldError("/reference", "reference", "not-a-reference", detail)])
    return reference


def behind(whom: Whom, requests: Sequence[Bearing]) -> Whom:
    """Return the same person with these advice requests of theirs, and whatever else those lead to."""
    return whom.model_copy(
        update={
            "request_ids": _once(*whom.request_ids, *(one.id for one in requests)),
            "named_phones": _once(*(one.phone for one in requests)),
            "named_emails": _once(*(one.email for one in requests)),
            "names": _once(*(one.name for one in requests)),
        }
    )


def _once(*values: T | None) -> tuple[T, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def of(known: Known) -> Whom:
    """Return everybody at a number or an address."""
    return Whom(phones=(known.value,)) if known.kind == "phone" else Whom(emails=(known.value,))


def together(*counts: Mapping[str, int]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))
