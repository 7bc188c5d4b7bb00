"""What a family has answered so far, as it was typed; each field may be empty."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from services.notify.visits.commands import Amendment, Family
from services.notify.visits.tables import FamilyChannel
from shared.contact.addresses import normalise_email
from shared.contact.phones import normalise_phone
from shared.contact.problems import ContactProblem
from shared.vocabulary import AgeBand
from shared.web.forms import FilledForm, Text

YES, NO = "yes", "no"
# A letter is written by a person, like a call.
LETTER = "letter"
SMS, EMAIL, LANDLINE, PHONE, NOBODY = FamilyChannel
CHANNELS = (SMS, EMAIL, PHONE, LANDLINE, LETTER, NOBODY)
BY_PHONE = (SMS, PHONE, LANDLINE)
BANDS: Mapping[str, AgeBand] = {
    "children_0_3": AgeBand.UP_TO_3,
    "children_4_7": AgeBand.FROM_4,
    "children_8_11": AgeBand.FROM_8,
    "children_12_15": AgeBand.FROM_12,
    "children_16_17": AgeBand.FROM_16,
}
OF_THE_PAGE = {"form", "switch", "waits"}


class Answers(FilledForm):
    """`country` is that of the visit day, for a number without a country code. `done`: answered steps."""

    form: Text = ""
    switch: Text = ""
    waits: Text = ""
    name: Text = ""
    adults: Text = ""
    companions: Text = ""
    children_0_3: Text = ""
    children_4_7: Text = ""
    children_8_11: Text = ""
    children_12_15: Text = ""
    children_16_17: Text = ""
    first_visit: Text = ""
    papers_until: Text = ""
    special_needs: Text = ""
    escort: Text = ""
    channel: Text = ""
    phone: Text = ""
    email: Text = ""
    address: Text = ""
    minor: Text = ""
    language: Text = ""
    country: Text = "NL"
    done: list[Text] = []

    def kept(self) -> str:
        return self.model_dump_json(exclude=OF_THE_PAGE, exclude_defaults=True)

    def taken(self, step: str, fields: Collection[str], posted: Answers) -> Answers:
        """Return the answers with those of one step as they were sent; nothing else that was sent counts."""
        done = self.done if step in self.done else [*self.done, step]
        return self.model_copy(update={name: getattr(posted, name) for name in fields} | {"done": done})

    def switched(self, language: str) -> Answers:
        """Return them in another language, and be written to in it too unless a third was chosen."""
        return self.model_copy(update={"language": language}) if self.language == self.switch else self

    @property
    def ages(self) -> list[str]:
        return [str(band) for name, band in BANDS.items() for _ in range(number(getattr(self, name)) or 0)]

    @property
    def papers(self) -> date | None:
        return day(self.papers_until)

    @property
    def telephone(self) -> str | None:
        """Return the telephone number in its normal form, if it is one."""
        try:
            return normalise_phone(self.phone, self.country, mobile_needed=False)
        except ContactProblem:
            return None

    @property
    def mail(self) -> str | None:
        try:
            return normalise_email(self.email)
        except ContactProblem:
            return None

    def family(self, form: str, language: str, *, waits: bool = False) -> Family:
        """Return the family that registers by itself with this form; the answers were found to be right.

        `waits`: on a full day it waits for a place.
        """
        return Family(
            waitlist=waits,
            name=self.name,
            adults=number(self.adults) or 0,
            child_age_bands=self.ages,
            companions=self.companions,
            first_visit=self.first_visit == YES,
            papers_until=self.papers,
            special_needs=self.special_needs,
            escort_wanted=self.escort == YES,
            language=self.language or language,
            form=form,
            **self._reached(),
        )

    def who(self) -> Amendment:
        """Return who comes and what is needed, as it is to be from now on."""
        return Amendment(
            adults=number(self.adults) or 0,
            child_age_bands=self.ages,
            companions=self.companions,
            papers_until=self.papers,
            special_needs=self.special_needs,
        )

    def reach(self) -> Amendment:
        """Return how the family is reached from now on, and in which language."""
        return Amendment(**self._reached(), language=self.language)

    def _reached(self) -> dict[str, Any]:
        """Return what is needed of who is reached in this way, and nothing of any other way."""
        by_letter, by_phone = self.channel == LETTER, self.channel in BY_PHONE
        return {
            "channel": FamilyChannel.NONE if by_letter else FamilyChannel(self.channel),
            "phone": self.phone if by_phone else None,
            "email": self.mail if self.channel == EMAIL else None,
            "address": self.address if by_letter else "",
            "minors_own_phone": self.channel in (SMS, PHONE) and self.minor == YES,
        }


def number(typed: str) -> int | None:
    """Return a whole number as it was typed, nought where nothing was; None where it is none."""
    if not typed:
        return 0
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else None


def day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
