"""By what a person is known who wants to be erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from services.intake.requests.references import tidy_reference
from services.intake.requests.tables import AdviceRequest
from shared.contact.addresses import normalise_email
from shared.contact.phones import normalise_phone
from shared.contact.problems import ContactProblem
from shared.countries import COUNTRIES
from shared.errors import FieldError, Invalid
from shared.events.erasure import Whom

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


def behind(request: AdviceRequest) -> Whom:
    """Return the person behind an advice request.

    At the same number or address only what bears the same name is theirs: families share a telephone, and
    a school asks for many pupils from one mailbox.
    """
    return Whom(
        request_ids=(request.id,),
        phones=tuple(filter(None, [request.phone])),
        emails=tuple(filter(None, [request.email])),
        names=(request.name or "",),
    )


def of(known: Known) -> Whom:
    """Return everybody at a number or an address."""
    return Whom(phones=(known.value,)) if known.kind == "phone" else Whom(emails=(known.value,))


def together(*counts: Mapping[str, int]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))
