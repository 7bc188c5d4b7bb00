"""The last safety net under logs: what looks like a number, an address or a token is blacked out.

Our code never logs personal data; this is for the text of exceptions of other people's code.
"""

from __future__ import annotations

import logging
import re
import traceback

# Each looks at every character a bounded number of times: no repetition is tried anew from each place in it.
PATTERNS = (
    (re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++\.[\w.+-]+"), "[address]"),
    (re.compile(r"(?<![\w-])(?:\+|0|%2[bB])\d[\d\s()./-]{6,40}\d(?![\w-])"), "[number]"),
    (re.compile(r"(?<![\w-])3[12]\d{8,10}(?![\w-])"), "[number]"),
    (re.compile(r"(?s)input_value=.*?(, input_type=|\Z)"), r"input_value=[value]\1"),
    (re.compile(r"/r/[\w-]{20,}"), "/r/[token]"),
    (re.compile(r"/confirm/[\w-]{20,}"), "/confirm/[token]"),
    (re.compile(r"/unsubscribe/[\w-]{20,}"), "/unsubscribe/[token]"),
    (re.compile(r"wz_[a-z0-9]+_[\w-]+"), "[key]"),
    (re.compile(r"Bearer\s+\S+"), "Bearer [key]"),
    (re.compile(r"(://[^:/@\s]*+:)[^@\s]{1,200}@"), r"\1[password]@"),
)
# A text without any of these matches no pattern, and most lines have none: such a line takes 21 µs, and 37 if
# every pattern is tried on it. Each alternative begins with a literal character, which lets the search skip
# all other characters at once. A test compares both ways.
SUSPECT = re.compile(
    r"@|\+(?<![\w-].)\d|0(?<![\w-].)\d|%(?<![\w-].)2[bB]\d|3(?<![\w-].)[12]\d"
    r"|input_value=|/r/|/confirm/|/unsubscribe/|wz_|Bearer|\[parameters: |DETAIL:  |Key \("
)
# psycopg and SQLAlchemy quote the values of a failed statement after these words.
VALUES = re.compile(r"(?s)(\[parameters: |DETAIL:  |Key \().*")


def redact(text: str) -> str:
    return _blackened(text) if SUSPECT.search(text) else text


def _blackened(text: str) -> str:
    text = VALUES.sub(lambda found: found.group(1) + "[values]", text)
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return text


# The members of every record; any other member was added with `extra`, and the formatter prints it.
USUAL = frozenset(vars(logging.makeLogRecord({})))


class Redact(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        for name in vars(record).keys() - USUAL:
            setattr(record, name, _redacted(getattr(record, name)))
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and record.exc_info[1] is not None:
            lines = traceback.format_exception(record.exc_info[1])
            record.exc_text = redact("".join(lines))
            record.exc_info = None
        return True


def _redacted(added: object) -> object:
    """Redact a member that was added to a record; only the type is kept of other than texts and numbers."""
    if isinstance(added, str):
        return redact(added)
    return added if added is None or isinstance(added, int | float) else f"[{type(added).__name__}]"
