"""The rules that every text keeps: `python -m services.notify.wording.linter` prints what breaks them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from services.notify.safety import every_language
from services.notify.wording import gsm7
from services.notify.wording.catalogue import (
    SMS,
    Entry,
    entries,
    names,
    placeholders,
)
from shared.languages import FOR_FAMILIES

WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Finding:
    language: str
    purpose: str
    channel: str
    what: str

    def __str__(self) -> str:
        return f"{self.language} {self.purpose} {self.channel}: {self.what}"


def lint() -> list[Finding]:
    """Return everything that is wrong with the catalogues; an empty list if all is well."""
    return [finding for language in FOR_FAMILIES for finding in _language(language)]


def _language(language: str) -> Iterator[Finding]:
    present, wanted = entries(language), set(entries("nl"))
    for purpose, channel in sorted(wanted ^ set(present)):
        yield Finding(language, purpose, channel, "stands here or in Dutch, but not in both")
    for purpose, channel in sorted(wanted & set(present)):
        for what in check(language, channel, present[purpose, channel], reference(purpose, channel)):
            yield Finding(language, purpose, channel, what)


def reference(purpose: str, channel: str) -> Entry:
    return entries("nl")[purpose, channel]


def check(language: str, channel: str, entry: Entry, dutch: Entry) -> Iterator[str]:
    """Yield what is wrong with one entry, compared with its Dutch counterpart."""
    for text in entry.variants:
        for unknown in placeholders(text) - set(names()):
            yield f"{{{unknown}}} is no value that is known"
    if placeholders(entry.text) != placeholders(dutch.text):
        yield "names other values than the Dutch text"
    if channel == SMS:
        yield from _sms(language, entry)
    elif not entry.subject:
        yield "has no subject"
    else:
        yield from _words(entry.subject)


def _sms(language: str, entry: Entry) -> Iterator[str]:
    for text in entry.variants:
        yield from _words(text)
        if not text.startswith("Weerzien"):
            yield "does not say who it is from"
        worst = {name: known.worst for name, known in names().items()}
        length = gsm7.septets(gsm7.to_gsm7(text.format_map(worst)))
        if length > gsm7.SINGLE:
            yield f"takes {length} characters at worst, and one segment holds {gsm7.SINGLE}"


def _words(text: str) -> Iterator[str]:
    """Yield forbidden words. All languages' lists apply: any reader may pick up the telephone."""
    for word in WORD.findall(text.lower()):
        if is_forbidden(word):
            yield f"says {word!r}"


def is_forbidden(word: str) -> bool:
    return any(language.forbidden.holds(word) for language in every_language().values())


def main() -> int:
    findings = lint()
    for finding in findings:
        print(finding)  # noqa: T201
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
