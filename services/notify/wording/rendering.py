"""Making the words of one message from its purpose and the values it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.notify.wording import gsm7
from services.notify.wording.catalogue import SMS, Entry, Name, entries, names, placeholders
from shared.languages import text_language

DOTS = "..."
YES = "yes"
# What a person wrote keeps its lines in a mail.
IN_LINES = frozenset({"words"})


@dataclass(frozen=True)
class Text:
    """The words of a message. `segments`: how many an SMS with this body takes."""

    subject: str | None
    body: str
    segments: int


def render(purpose: str, channel: str, language: str, values: Mapping[str, str]) -> Text:
    """Return the words in `language`, or in English if we have none in it.

    An SMS is one segment of plain GSM-7 unless its URL is longer than expected: other values are cut to fit.
    Raises KeyError if this channel has no words for the purpose, or a value that they name is missing.
    """
    entry = entries(text_language(language))[purpose, channel]
    if channel == SMS:
        body = _sms(entry, values)
        return Text(None, body, gsm7.segments(body))
    body = _fill(entry.text, values)
    subject = _one_line(_fill(entry.subject or "", values))
    return Text(subject, _greeting(body), gsm7.segments(body))


def _sms(entry: Entry, values: Mapping[str, str]) -> str:
    """Return the fullest variant that fits in one segment, or the shortest if none does."""
    asked = [entry.text] if values.get("papers") != YES else [entry.papers or entry.text, entry.text]
    bodies = [_filled_sms(one, values) for one in [*asked, *([entry.short] if entry.short else [])]]
    fitting = [one for one in bodies if gsm7.segments(one) == 1]
    return fitting[0] if fitting else min(bodies, key=len)


def _filled_sms(text: str, values: Mapping[str, str]) -> str:
    plain = {name: _cut(gsm7.to_gsm7(_one_line(values[name])), names()[name]) for name in placeholders(text)}
    return gsm7.to_gsm7(text).format_map(plain)


def _cut(value: str, name: Name) -> str:
    limit = gsm7.septets(gsm7.to_gsm7(name.worst))
    if not name.shortens or gsm7.septets(value) <= limit:
        return value
    while gsm7.septets(value) > limit - len(DOTS):
        value = value[:-1]
    return value.rstrip() + DOTS


def _fill(text: str, values: Mapping[str, str]) -> str:
    lines = {
        name: values[name] if name in IN_LINES else _one_line(values[name]) for name in placeholders(text)
    }
    return text.format_map(lines)


def _one_line(value: str) -> str:
    return re.sub(r"\s+", " ", value).strip()


def _greeting(body: str) -> str:
    """Close up the greeting if we do not know a name: "Hello ," becomes "Hello,"."""
    return re.sub(r"^(\w+) ,", r"\1,", body)
