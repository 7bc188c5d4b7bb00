"""The steps of registering: one thing on a page, and only what this family needs. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.notify.families.answers import (
    BANDS,
    BY_PHONE,
    CHANNELS,
    EMAIL,
    LETTER,
    NO,
    NOBODY,
    PHONE,
    SMS,
    YES,
    Answers,
    day,
    number,
)
from shared.contact.addresses import normalise_email
from shared.contact.names import tidy_name
from shared.contact.phones import normalise_phone
from shared.contact.problems import ContactProblem
from shared.languages import FOR_FAMILIES
from shared.web.forms import Mistake
from shared.web.sentences import sentence
from shared.web.steps import Step, Way, always, never

BEGIN, CHECK = "who", "check"
MOST_ADULTS, MOST_CHILDREN, LONGEST = 10, 6, 500
Wrong = Iterator[tuple[str, str]]


def _fields(*names: str) -> Callable[[Answers], tuple[str, ...]]:
    return lambda _: names


def _contact(given: Answers) -> tuple[str, ...]:
    needed = {EMAIL: ("email",), LETTER: ("address",)}
    minor = ("minor",) if given.channel in (SMS, PHONE) else ()
    return ("phone", *minor) if given.channel in BY_PHONE else needed.get(given.channel, ())


def _is_reached(given: Answers) -> bool:
    return given.channel not in ("", NOBODY)


STEPS: tuple[Step[Answers], ...] = (
    Step(BEGIN, _fields("name", "adults", "companions")),
    Step("children", _fields(*BANDS)),
    Step("papers", _fields("first_visit", "papers_until")),
    Step("needs", _fields("special_needs")),
    Step("escort", _fields("escort")),
    Step("reach", _fields("channel")),
    Step("contact", _contact, _is_reached),
    Step("language", _fields("language"), never, always),
)
# What is changed on a family's own page, with the fields of several steps.
WHO: Step[Answers] = Step("who", _fields("adults", "companions", *BANDS, "papers_until", "special_needs"))
REACH: Step[Answers] = Step("reach", lambda given: ("channel", *_contact(given), "language"))


def wrong(given: Answers, language: str) -> list[Mistake]:
    """Return all that is wrong with or missing from the answers, in the order of the steps."""
    found = [*_who(given), *_papers(given), *_words(given), *_reach(given)]
    return [Mistake(field, sentence(code, language)) for field, code in found]


WAY = Way(STEPS, wrong, CHECK)


def _who(given: Answers) -> Wrong:
    if not _is(tidy_name, given.name):
        yield "name", "days-name"
    if not _is_number(given.adults, MOST_ADULTS):
        yield "adults", "days-number"
    for name in BANDS:
        if not _is_number(getattr(given, name), MOST_CHILDREN):
            yield name, "days-number"
    if "children" in given.done and number(given.adults) == 0 and not given.ages:
        yield "adults", "days-nobody"


def _papers(given: Answers) -> Wrong:
    if given.first_visit not in (YES, NO):
        yield "first_visit", "days-first"
    if given.papers_until and day(given.papers_until) is None:
        yield "papers_until", "days-date"


def _words(given: Answers) -> Wrong:
    for name in ("companions", "special_needs", "address"):
        if len(getattr(given, name)) > LONGEST:
            yield name, "days-long"
    if given.escort not in (YES, NO):
        yield "escort", "days-escort"


def _reach(given: Answers) -> Wrong:
    if given.channel not in CHANNELS:
        yield "channel", "days-channel"
    if given.channel in BY_PHONE and (code := _phone(given)):
        yield "phone", code
    if given.channel == EMAIL and not _is(normalise_email, given.email):
        yield "email", "days-email"
    if given.channel == LETTER and not given.address:
        yield "address", "days-address"
    if given.language and given.language not in FOR_FAMILIES:
        yield "language", "days-language"


def _phone(given: Answers) -> str:
    """Return the code of what is wrong with the number; nothing where it is one."""
    try:
        normalise_phone(given.phone, given.country, mobile_needed=given.channel == SMS)
    except ContactProblem as problem:
        return "days-mobile" if problem.code == "phone-landline" else "days-phone"
    return ""


def _is(normal: Callable[[str], str], typed: str) -> bool:
    try:
        normal(typed)
    except ContactProblem:
        return False
    return True


def _is_number(typed: str, most: int) -> bool:
    found = number(typed)
    return found is not None and found <= most
