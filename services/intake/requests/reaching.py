"""How an asker is reached: each way in its normal form, and what it lacks. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from services.intake.requests.schemas import Contact, Worker
from shared.contact.addresses import normalise_email
from shared.contact.names import tidy_name
from shared.contact.phones import normalise_phone
from shared.contact.problems import ContactProblem
from shared.vocabulary import Audience, ContactChannel

# What never reaches somebody in detention: nobody can ring them there, and they have no telephone.
NOT_INSIDE = frozenset({ContactChannel.PHONE, ContactChannel.SMS})
# What is offered to them, what serves them best first.
OFFERED_INSIDE = (ContactChannel.LETTER, ContactChannel.WORKER, ContactChannel.NONE)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: where in the body, and a code whose sentence is in the catalogues."""

    path: tuple[str, ...]
    code: str


@dataclass(frozen=True)
class Reach:
    """A contact in its normal form."""

    name: str | None
    phone: str | None
    email: str | None
    address: str | None = None
    worker: Worker | None = None


def reaches_nobody(audience: str, channel: str) -> bool:
    """Whether this asker never hears what comes by this channel. A letter reaches them, or who sees them."""
    return audience == Audience.PARENT_IN_DETENTION and channel in NOT_INSIDE


def reach(contact: Contact, country: str, facility_id: str | None = None) -> tuple[Reach, list[Finding]]:
    """Return the contact in its normal form and what is wrong with it, optional members included."""
    findings: list[Finding] = []

    def attempt(field: str, value: str | None, needed: bool) -> str | None:
        if not (value or "").strip() and not needed:
            return None
        try:
            if field == "phone":
                texted = contact.channel is ContactChannel.SMS
                return normalise_phone(value or "", country, mobile_needed=texted)
            return normalise_email(value or "") if field == "email" else tidy_name(value or "")
        except ContactProblem as problem:
            findings.append(Finding(("contact", field), problem.code))
            return None

    phone_needed = contact.channel in (ContactChannel.SMS, ContactChannel.PHONE)
    by_letter = contact.channel is ContactChannel.LETTER
    name = attempt("name", contact.name, by_letter)
    phone = attempt("phone", contact.phone, phone_needed)
    email = attempt("email", contact.email, contact.channel is ContactChannel.EMAIL)
    address = (contact.address or "").strip() or None
    if by_letter and not (address or facility_id):
        findings.append(Finding(("contact", "address"), "address-missing"))
    worker, unreachable = _worker(contact, country)
    return Reach(name, phone, email, address, worker), [*findings, *unreachable]


def _worker(contact: Contact, country: str) -> tuple[Worker | None, list[Finding]]:
    """Return the professional in normal form, with what lacks to reach the asker through them."""
    given, place = contact.worker, ("contact", "worker")
    if contact.channel is not ContactChannel.WORKER:
        return None, []
    if given is None or not (given.organisation and given.name):
        return None, [Finding(place, "worker-missing")]
    if not (given.email or given.phone):
        return None, [Finding((*place, "email"), "worker-reach-missing")]
    field = "email"
    try:
        email = normalise_email(given.email) if given.email else None
        field = "phone"
        phone = normalise_phone(given.phone, country, mobile_needed=False) if given.phone else None
    except ContactProblem as problem:
        return None, [Finding((*place, field), problem.code)]
    return given.model_copy(update={"email": email, "phone": phone}), []
