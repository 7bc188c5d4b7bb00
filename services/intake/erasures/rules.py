"""By what a person is known who wants to be erased, and what is left of an advice request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from services.intake.requests.queries import Bearing
from services.intake.requests.references import tidy_reference
from services.intake.requests.rules import FINAL
from services.intake.requests.tables import AdviceRequest, State
from shared.contact.addresses import normalise_email
from shared.contact.phones import normalise_phone
from shared.contact.problems import ContactProblem
from shared.countries import COUNTRIES
from shared.errors import FieldError, Invalid
from shared.events.erasure import Whom
from shared.geography import find
from shared.vocabulary import ContactChannel

T = TypeVar("T")
AMBIGUOUS = "phone-ambiguous"
# The sender of an advice request whose asker was erased.
ERASED = "erased"


@dataclass(frozen=True)
class Known:
    """One of a reference, a number (E.164) or an address, in its normal form."""

    kind: str
    value: str


def kind_of(written: str) -> str:
    """Return what somebody means who writes a reference, a number or an address."""
    if "@" in written:
        return "email"
    return "reference" if written.strip().upper().startswith("WZ") or tidy_reference(written) else "phone"


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


def strip(request: AdviceRequest, *, asked: bool, at: datetime) -> bool:
    """Leave only codes that name, reach and single out nobody; return whether that changed anything.

    The row stays under its id: what other services still hear about it then finds that it is over. The
    postcode becomes its province, and the day a month. Its own columns that are encrypted are emptied with it
    (`shared.forgetting.batches`). One that never ended is then withdrawn if somebody `asked`, else closed.
    """
    if request.erased_at is not None:
        return False
    place = find(request.country, request.postcode)
    request.province, request.postcode, request.facility = place.province if place else None, "", None
    request.reference, request.return_code_hash = f"erased {request.id}", bytes(32)
    request.client, request.idempotency_key, request.fingerprint = ERASED, None, b""
    request.channel, request.safe_times = ContactChannel.NONE, []
    request.hold = request.danger = request.minors_own_phone = False
    request.doubted_at = request.leased_until = request.unread_answer_since = None
    request.received_at = request.received_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if request.state not in FINAL:
        request.state = State.WITHDRAWN if asked else State.CLOSED
    request.state_time = request.erased_at = at
    request.withdrawn_at = None
    return True
