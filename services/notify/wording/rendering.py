"""From a purpose and what is known to the words of one message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.notify.wording import gsm7
from services.notify.wording.catalogue import SMS, Entry, Name, entries, names, placeholders
from shared.languages import text_language

DOTS = "..."
YES = "yes"


@dataclass(frozen=True)
class Text:
    """`segments`: how many an SMS with this body takes."""

    subject: str | None
    body: str
    segments: int


def render(purpose: str, channel: str, language: str, values: Mapping[str, str]) -> Text:
    """The words for somebody who speaks `language`; English where we have none in it.

    An SMS is one segment of plain GSM-7 as long as no address is longer than the longest that we count
    with: other values are cut at that length. Raises KeyError for a purpose that this channel has no words
    for, or where a value that the words name is missing.
    """
    entry = entries(text_language(language))[purpose, channel]
    if channel == SMS:
        body = _sms(entry, values)
        return Text(None, body, gsm7.segments(body))
    body = _fill(entry.text, values)
    subject = _one_line(_fill(entry.subject or "", values))
    return Text(subject, _greeting(body), gsm7.segments(body))


def _sms(entry: Entry, values: Mapping[str, str]) -> str:
    """The fullest variant that fits one segment; where none does, the shortest there is."""
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
    return text.format_map({name: _one_line(values[name]) for name in placeholders(text)})


def _one_line(value: str) -> str:
    return re.sub(r"\s+", " ", value).strip()


def _greeting(body: str) -> str:
    """Where we do not know a name, the greeting goes without one."""
    return re.sub(r"^(\w+) ,", r"\1,", body)
