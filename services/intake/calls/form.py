"""The page of a call: its fields, the draft that is kept of them, and what has to be corrected at the end."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

from services.intake.calls import rules
from services.intake.calls.numbers import number_of
from services.intake.calls.tables import About, Call, Outcome
from shared.countries import BY_CODE, COUNTRIES
from shared.geography import find
from shared.vocabulary import AgeBand, Audience, Stage, Weekday, is_need
from shared.web.forms import FilledForm, Mistake, Text, Tick
from shared.web.sentences import sentence

LONGEST = 8_000
OTHER = "other"
# As browsers send them: nothing with a zone, which no other time could be compared with.
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)
VERSION = re.compile(r"\d{1,9}", re.ASCII)
# What is no part of what was said, and so of no draft.
NOT_KEPT = {"form", "version", "tab", "do", "name_id"}


def _text(value: object) -> object:
    return value[:LONGEST] if isinstance(value, str) else value


def _codes(value: object) -> object:
    return [value] if isinstance(value, str) else value


Words = Annotated[Text, BeforeValidator(_text)]
Codes = Annotated[list[Text], BeforeValidator(_codes)]


class CallForm(FilledForm):
    """The fields in the order of the page. `version` and `tab` say which draft the page was made from.

    `do` is the button that was pressed, `q` what was last sought in the directory.
    """

    form: Text = ""
    version: Text = "0"
    tab: Text = ""
    do: Text = ""
    danger: Tick = False
    about: Text = ""
    audience: Text = ""
    needs: Codes = []
    ages: Codes = []
    stage: Text = ""
    country: Text = ""
    postcode: Text = ""
    language: Text = ""
    notes: Words = ""
    q: Text = ""
    outcomes: Codes = []
    back_when: Text = ""
    back_day: Text = ""
    back_from: Text = ""
    back_to: Text = ""
    back_number: Text = ""
    back_say: Words = ""
    back_voicemail: Tick = False
    back_text: Tick = False
    safe_days: Codes = []
    safe_from: Text = ""
    safe_to: Text = ""
    send_channel: Text = ""
    send_to: Text = ""
    send_yes: Tick = False
    settles: Tick = False

    @property
    def version_number(self) -> int:
        return int(self.version) if VERSION.fullmatch(self.version) else 0

    @property
    def safe_times(self) -> list[dict[str, Any]]:
        """Return when the caller can be reached safely; nothing where every moment is."""
        days = [day for day in self.safe_days if day in list(Weekday)]
        if not (days or self.safe_from or self.safe_to):
            return []
        return [
            {
                "days": days or list(Weekday),
                "from": self.safe_from or "00:00",
                "to": self.safe_to or "23:59",
            }
        ]

    def home(self) -> str:
        """Return the country whose wall clock is meant."""
        return self.country if self.country in BY_CODE else COUNTRIES[0]

    def window(self) -> rules.Window | None:
        """Return when the caller is called back, where that can be read."""
        if self.back_when and self.back_when != OTHER:
            return rules.window_of(self.back_when, self.home())
        return rules.window(self.back_day, self.back_from, self.back_to, self.home())

    def kept(self, tab: str) -> str:
        """Return the draft as it is stored, with the tab in which it was typed."""
        return json.dumps({**self.model_dump(exclude=NOT_KEPT), "tab": tab}, sort_keys=True)


def of_draft(call: Call) -> CallForm:
    """Return the form as it was filled in so far. What this version does not know is left out."""
    if not call.draft:
        return CallForm()
    known = {name: value for name, value in json.loads(call.draft).items() if name in CallForm.model_fields}
    return CallForm.model_validate(known)


def last_tab(call: Call) -> str:
    return str(json.loads(call.draft).get("tab", "")) if call.draft else ""


def codes(form: CallForm) -> dict[str, Any]:
    """Return what a finalised call keeps of the form as codes: a postcode becomes its province."""
    place = find(form.home(), form.postcode) if form.postcode else None
    return {
        "about": form.about or None,
        "audience": form.audience or None,
        "needs": [one for one in dict.fromkeys(form.needs) if is_need(one)],
        "ages": [one for one in form.ages if one in list(AgeBand)],
        "stage": form.stage if form.stage in list(Stage) else None,
        "country": form.country if form.country in BY_CODE else None,
        "province": place.province if place else None,
        "language": form.language or None,
        "danger": form.danger,
        "outcomes": [one for one in dict.fromkeys(form.outcomes) if one in list(Outcome)],
    }


def mistakes(form: CallForm, call: Call, at: datetime, language: str) -> list[Mistake]:
    """Return what has to be corrected before the call can be finalised, in the order of the page."""
    found = {name: code for name, code in _wrong(form, call, at) if code}
    return CallForm.in_order([Mistake(name, sentence(code, language)) for name, code in found.items()])


def _wrong(form: CallForm, call: Call, at: datetime) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = [
        ("about", None if form.about in list(About) else "call-about-missing"),
        ("audience", None if form.audience in list(Audience) else "call-audience-missing"),
        ("outcomes", None if set(form.outcomes) & set(Outcome) else "call-outcomes-missing"),
        ("postcode", _wrong_postcode(form)),
    ]
    if Outcome.CALL_BACK in form.outcomes:
        found += wrong_call_back(form, call, at).items()
    return found


def unread_times(form: CallForm) -> dict[str, str]:
    """Return the safe times that are none, by field, each with the code of what is wrong."""
    given = {"safe_from": form.safe_from, "safe_to": form.safe_to}
    return {name: "call-time" for name, value in given.items() if value and not _is_time(value)}


def _is_time(value: str) -> bool:
    return CLOCK.fullmatch(value) is not None


def _wrong_postcode(form: CallForm) -> str | None:
    return "postcode-unknown" if form.postcode and find(form.home(), form.postcode) is None else None


def wrong_call_back(form: CallForm, call: Call, at: datetime) -> Mapping[str, str]:
    """Return what is wrong with the call-back that is set, by field."""
    if rules.cannot_be_called(form.audience):
        return {"outcomes": "call-back-in-detention"}
    if unread := unread_times(form):
        return unread
    found = {}
    promised = form.window()
    if promised is None:
        found["back_when"] = "call-back-when-missing"
    elif code := rules.window_problem(promised, form.safe_times, at):
        found["back_when"] = code
    if form.back_number:
        if number_of(form.back_number, call.line) is None:
            found["back_number"] = "call-back-number-wrong"
    elif call.number is None:
        found["back_number"] = "call-back-number-missing"
    return found
