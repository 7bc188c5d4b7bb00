"""Making the words of one message from its purpose and the values it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.notify.wording import gsm7
from services.notify.wording.catalogue import SMS, Entry, Name, entries, names, placeholders
from services.notify.wording.letters import EVERY, Letters, in_order, letters_of, marked
from shared.languages import page_language, text_language

DOTS = "..."
YES = "yes"
# What may not be there: a text that names it is not said then, and of a mail that line.
NOT_YET = {"page": ""}
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

    An SMS is one segment of plain GSM-7, or two where the language keeps every letter, unless its URL is
    longer than expected: other values are cut to fit. Raises KeyError if this channel has no words for the
    purpose, or a value that they name is missing.
    """
    written, values = _written(purpose, channel, language), NOT_YET | dict(values)
    entry = entries(written)[purpose, channel]
    if channel == SMS:
        body = _sms(entry, written, values)
        return Text(None, body, gsm7.segments(body))
    shown = {name: in_order(name, value, written) for name, value in values.items()}
    body = _fill(_sayable(entry.text, values), shown)
    subject = _one_line(_fill(entry.subject or "", shown))
    return Text(subject, _greeting(body), gsm7.segments(body))


def _written(purpose: str, channel: str, language: str) -> str:
    """Return the language of the words: what is not for families has those of the pages alone."""
    ours = text_language(language)
    return ours if (purpose, channel) in entries(ours) else page_language(ours)


def _sms(entry: Entry, language: str, values: Mapping[str, str]) -> str:
    """Return the fullest variant that fits in what a text may take, or the shortest if none does."""
    papers = (entry.papers, entry.short_papers) if values.get("papers") == YES else ()
    wanted = [one for one in (*papers, entry.text, entry.short) if one is not None]
    asked = [one for one in wanted if not _lacks(one, values)] or wanted[-1:]
    letters = letters_of(language, values.get("words", "") if "words" in placeholders(entry.text) else "")
    bodies = [marked(_filled_sms(one, language, letters, values), language) for one in asked]
    fitting = [one for one in bodies if gsm7.segments(one) <= letters.segments]
    return fitting[0] if fitting else min(bodies, key=len)


def _lacks(text: str, values: Mapping[str, str]) -> bool:
    return any(not values[name] for name in NOT_YET if name in placeholders(text))


def _sayable(text: str, values: Mapping[str, str]) -> str:
    """Return the text of a mail without the paragraphs that name what is not there."""
    return "\n\n".join(part for part in text.split("\n\n") if not _lacks(part, values))


def _filled_sms(text: str, language: str, letters: Letters, values: Mapping[str, str]) -> str:
    known = names(every_letter=letters is EVERY)
    cut = {
        name: _cut(letters.written(_one_line(values[name])), known[name], letters)
        for name in placeholders(text)
    }
    said = {name: in_order(name, value, language) for name, value in cut.items()}
    return letters.written(text).format_map(said)


def _cut(value: str, name: Name, letters: Letters) -> str:
    limit = letters.length(letters.written(name.worst))
    if not name.shortens or letters.length(value) <= limit:
        return value
    while letters.length(value) > limit - len(DOTS):
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
    return re.sub(r"^(\w+(?: \w+)?) ([,،])", r"\1\2", body)
