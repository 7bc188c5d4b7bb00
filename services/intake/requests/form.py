"""The form on the site: flat fields in, the body of the API out, and every mistake beside its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from starlette.datastructures import FormData

from services.intake.requests import rules
from services.intake.requests.schemas import AdviceRequestIn, Weekday
from shared.vocabulary import ContactChannel
from shared.web import sentences
from shared.web.forms import Mistake
from shared.web.sentences import sentence

# The fields of the page in their order, each with where it goes in the body.
FIELDS: dict[str, tuple[str, ...]] = {
    "danger": ("danger",),
    "audience": ("audience",),
    "help_for": ("helpFor",),
    "needs": ("needs",),
    "question": ("question",),
    "child_age_bands": ("childAgeBands",),
    "stage": ("stage",),
    "country": ("country",),
    "postcode": ("postcode",),
    "facility": ("facility",),
    "language": ("language",),
    "remote": ("remote",),
    "urgency": ("urgency",),
    "channel": ("contact", "channel"),
    "name": ("contact", "name"),
    "phone": ("contact", "phone"),
    "minors_own_phone": ("contact", "minorsOwnPhone"),
    "voicemail": ("contact", "voicemail"),
    "email": ("contact", "email"),
    # The form has one row of safe times. What is wrong with the row itself is told at its end.
    "safe_days": ("contact", "safeTimes", "0", "days"),
    "safe_from": ("contact", "safeTimes", "0", "from"),
    "safe_to": ("contact", "safeTimes"),
    "share": ("consent", "share"),
    "store": ("consent", "store"),
}
MANY = ("needs", "child_age_bands", "safe_days", "help_for")
YES = "yes"


@dataclass(frozen=True)
class Filled:
    """A form as somebody filled it in: shown again as it was where something has to be corrected."""

    values: Mapping[str, str]
    lists: Mapping[str, Sequence[str]]

    def value(self, field: str) -> str:
        return self.values.get(field, "")

    def has(self, field: str, value: str) -> bool:
        return value in self.lists.get(field, ())


EMPTY = Filled({}, {})


def filled(form: FormData) -> Filled:
    # Browsers send a line break as two signs, and count it as one.
    values = {
        name: value.replace("\r\n", "\n").strip() for name, value in form.items() if isinstance(value, str)
    }
    lists = {name: [one for one in form.getlist(name) if isinstance(one, str) and one] for name in MANY}
    return Filled(values, lists)


def switched(form: Filled, language: str) -> Filled:
    """The form in another language. Help is wanted in that one too, unless a third was chosen."""
    if form.value("language") != form.value("switch"):
        return form
    return Filled({**form.values, "language": language}, form.lists)


def read(form: Filled, language: str) -> tuple[rules.Examined | None, list[Mistake]]:
    """The question, or every mistake in the order of the page, one for each field."""
    raw = _body(form)
    try:
        body = AdviceRequestIn.model_validate(raw)
    except ValidationError as problem:
        mistakes = [_mistake(one["loc"], one["type"], language, one.get("ctx")) for one in problem.errors()]
        wrong = {tuple(str(part) for part in error["loc"]) for error in problem.errors()}
        return None, _in_order([*mistakes, *_mistakes(rules.beyond_shape(raw, wrong), language)])
    examined = rules.examine(body)
    return (None if examined.findings else examined), _in_order(_mistakes(examined.findings, language))


def _mistakes(found: Sequence[rules.Finding], language: str) -> list[Mistake]:
    return [_mistake(one.path, one.code, language) for one in found]


def _mistake(
    path: Sequence[object], code: str, language: str, counted: Mapping[str, object] | None = None
) -> Mistake:
    """In the words of its own field, else in those of any field where something like this is wrong."""
    field = _field(path)
    code = code.replace("_", "-")
    known = (f"{field}-{code}", code, f"{field}-missing", "not-understood")
    return Mistake(field, sentence(next(filter(sentences.has, known)), language, values=counted or {}))


def _body(form: Filled) -> dict[str, object]:
    """An empty field is one that was not filled in."""
    given = {name: value for name, value in form.values.items() if value}
    contact: dict[str, object] = {
        name: given[name] for name in ("channel", "name", "phone", "email") if name in given
    }
    _drop_unneeded(contact)
    contact["voicemail"] = given.get("voicemail") == YES
    contact["minorsOwnPhone"] = given.get("minors_own_phone") == YES
    if form.lists.get("safe_days") or "safe_from" in given or "safe_to" in given:
        contact["safeTimes"] = [_safe_time(form, given)]
    body: dict[str, object] = {
        name: given[name]
        for name in ("audience", "question", "stage", "country", "postcode", "facility", "language")
        if name in given
    }
    body |= {name: given[name] for name in ("remote", "urgency") if name in given}
    body["danger"] = given.get("danger") == YES
    body["needs"] = list(form.lists.get("needs", ()))
    body["childAgeBands"] = list(form.lists.get("child_age_bands", ()))
    if form.lists.get("help_for"):
        body["helpFor"] = list(form.lists["help_for"])
    consent: dict[str, object] = {"share": given["share"]} if "share" in given else {}
    if given.get("store") == YES:
        consent["store"] = True
    return body | {"consent": consent, "contact": contact}


def _drop_unneeded(contact: dict[str, object]) -> None:
    """What belongs to a way of contact that was not chosen is not kept, and not checked either."""
    channel = contact.get("channel")
    if channel not in (ContactChannel.SMS, ContactChannel.PHONE, None):
        contact.pop("phone", None)
    if channel not in (ContactChannel.EMAIL, None):
        contact.pop("email", None)


def _safe_time(form: Filled, given: Mapping[str, str]) -> dict[str, object]:
    return {
        "days": list(form.lists.get("safe_days") or [day.value for day in Weekday]),
        "from": given.get("safe_from", "00:00"),
        "to": given.get("safe_to", "23:59"),
    }


def _field(location: Sequence[object]) -> str:
    path = tuple(str(part) for part in location)
    for field, place in FIELDS.items():
        if path[: len(place)] == place:
            return field
    return "audience"


def _in_order(mistakes: Sequence[Mistake]) -> list[Mistake]:
    order = list(FIELDS)
    first: dict[str, Mistake] = {}
    for one in sorted(mistakes, key=lambda one: order.index(one.field)):
        first.setdefault(one.field, one)
    return list(first.values())
