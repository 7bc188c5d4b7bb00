"""Who a family says it is, and where it is reached. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.notify.channels.port import ChannelName
from services.notify.contacts.queries import address_index
from services.notify.visits import rules
from services.notify.visits.tables import FamilyChannel, RegistrationState
from shared.contact.phones import normalise_phone
from shared.contact.problems import PhoneProblem
from shared.errors import FieldError, Invalid

NEEDED = {
    FamilyChannel.SMS: "phone",
    FamilyChannel.LANDLINE: "phone",
    FamilyChannel.PHONE: "phone",
    FamilyChannel.EMAIL: "email",
}


@dataclass(frozen=True)
class Family:
    """A family that registers. `vouched`: the desk has spoken to the owner of the number.

    `form`: the form that it filled in by itself, on a page that anybody can open. Whose the number is nobody
    believes of such a form, and it tells nothing of who is registered. What is None nobody asked about.
    """

    name: str
    channel: FamilyChannel
    language: str
    phone: str | None = None
    email: str | None = None
    adults: int = 1
    child_age_bands: Sequence[str] = ()
    first_visit: bool = False
    minors_own_phone: bool = False
    vouched: bool = False
    # On a full day it waits for a place.
    waitlist: bool = False
    address: str | None = None
    companions: str | None = None
    special_needs: str | None = None
    papers_until: date | None = None
    escort_wanted: bool | None = None
    form: str = ""


@dataclass(frozen=True)
class Reached:
    """Where a family is reached, and by what it is known: fingerprints of that, and of its name."""

    phone: str | None
    index: bytes
    name_index: bytes


@dataclass(frozen=True)
class Amendment:
    """Changes to a registration. A field that is None stays as it is."""

    state: RegistrationState | None = None
    name: str | None = None
    channel: FamilyChannel | None = None
    language: str | None = None
    phone: str | None = None
    email: str | None = None
    adults: int | None = None
    child_age_bands: Sequence[str] | None = None
    minors_own_phone: bool | None = None
    address: str | None = None
    companions: str | None = None
    special_needs: str | None = None
    papers_until: date | None = None
    escort_wanted: bool | None = None


def reached_at(family: Family, country: str) -> Reached:
    """Return the number in its normal form, and by what the family is known: its number or address, and name.

    A family that registers by itself and is told by a person is known by its form alone: nobody finds out by
    another one who is registered. Raises Invalid with every error at once.
    """
    phone, errors = _phone(family, country)
    if family.channel is FamilyChannel.EMAIL and not family.email:
        errors.append(_wrong("email", "missing"))
    if family.adults + len(family.child_age_bands) == 0:
        errors.append(_wrong("adults", "nobody-comes"))
    if errors:
        raise Invalid(errors)
    return Reached(phone, _index(family, phone), rules.name_index(family.name))


def _index(family: Family, phone: str | None) -> bytes:
    if family.channel is FamilyChannel.EMAIL:
        return address_index(ChannelName.EMAIL, family.email or "")
    if family.form and family.channel.written is None:
        return rules.index_of_form(family.form)
    return address_index(ChannelName.SMS, phone or "")


def _phone(family: Family, country: str) -> tuple[str | None, list[FieldError]]:
    if not family.phone:
        return None, [_wrong("phone", "missing")] if NEEDED.get(family.channel) == "phone" else []
    by_text = family.channel is FamilyChannel.SMS
    try:
        return normalise_phone(family.phone, country, mobile_needed=by_text), []
    except PhoneProblem as problem:
        return None, [_wrong("phone", problem.code)]


def _wrong(name: str, code: str) -> FieldError:
    return FieldError(f"/{name}", name, code)
