"""The rules that every text keeps: `python -m services.notify.wording.linter` prints what breaks them.

With `--cost` it also says what each SMS takes at worst, and which letters make it so.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from services.notify.safety import every_language
from services.notify.wording import gsm7, letters
from services.notify.wording.catalogue import (
    OTHERS,
    SMS,
    Entry,
    entries,
    names,
    placeholders,
)
from shared import po
from shared.languages import FOR_FAMILIES, FOR_PAGES

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
    present, wanted = entries(language), _wanted(language)
    for purpose, channel in sorted(wanted ^ set(present)):
        yield Finding(language, purpose, channel, "stands here or in Dutch, but not in both")
    for purpose, channel in sorted(wanted & set(present)):
        for what in check(language, channel, present[purpose, channel], reference(purpose, channel)):
            yield Finding(language, purpose, channel, what)


def _wanted(language: str) -> set[tuple[str, str]]:
    """Return what Dutch says to those who read this language: to families, or to everybody."""
    return set(entries("nl")) if language in FOR_PAGES else set(entries("nl")) - not_for_families()


def not_for_families() -> set[tuple[str, str]]:
    return {(key.split(".")[0], key.split(".")[1]) for key in po.read(OTHERS / "nl.po").forms}


def reference(purpose: str, channel: str) -> Entry:
    return entries("nl")[purpose, channel]


def check(language: str, channel: str, entry: Entry, dutch: Entry) -> Iterator[str]:
    """Yield what is wrong with one entry, compared with its Dutch counterpart."""
    for text in entry.variants:
        for unknown in placeholders(text) - set(names()):
            yield f"{{{unknown}}} is no value that is known"
    left_out = dutch_alone(language, channel, dutch)
    if placeholders(entry.text) | left_out != placeholders(dutch.text):
        yield "names other values than the Dutch text"
    if channel == SMS:
        yield from _sms(language, entry)
    elif not entry.subject:
        yield "has no subject"
    else:
        yield from _words(entry.subject)


def dutch_alone(language: str, channel: str, dutch: Entry) -> frozenset[str]:
    """Return what need not be named: with every letter there is no room for the town, which the page says."""
    named = placeholders(dutch.text)
    no_room = channel == SMS and letters.letters_of(language) is letters.EVERY and "page" in named
    return named & {"place"} if no_room else frozenset()


def _sms(language: str, entry: Entry) -> Iterator[str]:
    for text in entry.variants:
        yield from _words(text)
        if not text.startswith("Weerzien"):
            yield "does not say who it is from"
        its, longest = letters.letters_of(language), worst(language, text)
        if its.length(longest) > its.limit:
            holds = "one segment holds" if its.segments == 1 else f"{its.segments} segments hold"
            yield f"takes {its.length(longest)} characters at worst, and {holds} {its.limit}"


def worst(language: str, text: str) -> str:
    """Return an SMS as long as it gets."""
    its = letters.letters_of(language)
    known = names(every_letter=its is letters.EVERY)
    said = {name: letters.in_order(name, its.written(one.worst), language) for name, one in known.items()}
    return letters.marked(its.written(text).format_map(said), language)


def costs(language: str) -> Iterator[str]:
    """Yield what each SMS takes at worst, and the letters for which it takes more than plain ones would."""
    for (purpose, channel), entry in sorted(entries(language).items()):
        if channel == SMS:
            takes = max(gsm7.segments(worst(language, text)) for text in entry.variants)
            beyond = letters.beyond_plain(letters.letters_of(language).written(entry.text))
            yield f"{language} {purpose}: {takes}" + (f", for {beyond}" if beyond else "")


def _words(text: str) -> Iterator[str]:
    """Yield forbidden words. All languages' lists apply: any reader may pick up the telephone."""
    for word in WORD.findall(text.lower()):
        if is_forbidden(word):
            yield f"says {word!r}"


def whats_wrong_with(words: str, language: str) -> str | None:
    """Return the code of what is wrong with own words in a text to a family, or None.

    They are cut nowhere, so they must fit; and they give nothing away on a telephone that others see.
    """
    its = letters.letters_of(language, words)
    most = names(every_letter=its is letters.EVERY)["words"].worst
    if its.length(its.written(words)) > its.length(most):
        return "words-too-long"
    return "words-say-too-much" if any(_words(words)) else None


def is_forbidden(word: str) -> bool:
    return any(language.forbidden.holds(word) for language in every_language().values())


def main() -> int:
    findings = lint()
    told = [cost for language in FOR_FAMILIES for cost in costs(language)] if "--cost" in sys.argv else []
    for line in (*findings, *told):
        print(line)  # noqa: T201
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
