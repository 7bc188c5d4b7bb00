"""Gettext PO: the texts for people, kept as the tools of translators read and write them.

An entry's msgid is the key of its text and not the text itself: a better Dutch sentence moves nothing.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path

RULE = re.compile(r"^plural-forms:.*?plural\s*=\s*([^;]+)", re.IGNORECASE | re.MULTILINE)
NUMBER = re.compile(r"^plural-forms:.*?nplurals\s*=\s*(\d+)", re.IGNORECASE | re.MULTILINE)
ESCAPED = re.compile(r"\\(.)")
MEANT = {"n": "\n", "t": "\t", "r": "\r"}
ONE_OR_MORE = "n != 1"
DOUBTED = "fuzzy"


@dataclass(slots=True)
class Entry:
    """One text as it stands in a file: more than one form where something is counted.

    `notes` are for whoever translates, `source` is what it says in Dutch, `flags` are of the tools.
    """

    key: str = ""
    forms: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    flags: str = ""

    @property
    def finished(self) -> bool:
        """Whether every form is there, and no translator doubts it."""
        return bool(self.forms) and all(self.forms) and DOUBTED not in self.flags


@dataclass(frozen=True)
class Texts:
    """The finished texts of one file; `plural` tells which form of a text goes with a number."""

    forms: Mapping[str, tuple[str, ...]]
    plural: Callable[[int], int]

    def said(self, key: str, count: int) -> str:
        """Return the form of a text that goes with the number. Raises KeyError if the text is not there."""
        forms = self.forms[key]
        return forms[self.plural(count)] if len(forms) > 1 else forms[0]

    def single(self) -> dict[str, str]:
        """Return the first form of each text: the only one where nothing is counted."""
        return {key: forms[0] for key, forms in self.forms.items()}


def read(path: Path | Traversable) -> Texts:
    """Return what is finished. Raises FileNotFoundError, or ValueError for a rule of plurals that is none."""
    header, *found = entries(path)
    return Texts({one.key: tuple(one.forms) for one in found if one.finished}, plural_of(header))


def entries(path: Path | Traversable) -> list[Entry]:
    """Return everything that stands in the file, the header first: its key is empty."""
    return list(_parse(path.read_text(encoding="utf-8").split("\n")))


def plural_of(header: Entry) -> Callable[[int], int]:
    found = RULE.search(header.forms[0])
    return gettext.c2py(found[1].strip() if found else ONE_OR_MORE)


def number_of_plurals(header: Entry) -> int:
    """Return how many forms what is counted has in the file's language."""
    found = NUMBER.search(header.forms[0])
    return int(found[1]) if found else 2


def write(path: Path, found: Iterable[Entry]) -> None:
    path.write_text("\n".join("\n".join([*_lines(entry), ""]) for entry in found), encoding="utf-8")


def _parse(lines: Iterable[str]) -> Iterator[Entry]:
    """Yield every entry. What is commented out (`#~`) is left out."""
    entry = Entry()
    for word, text in _statements(lines):
        if entry.forms and not word.startswith("msgstr"):
            yield entry
            entry = Entry()
        if word.startswith("msgstr"):
            entry.forms.append(text)
        elif word == "msgid":
            entry.key = text
        elif word == "#.":
            entry.source.append(text)
        elif word == "#":
            entry.notes.append(text)
        elif word == "#,":
            entry.flags = text
    if entry.forms:
        yield entry


def _statements(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each comment, and each keyword with its text, which may go on over several lines."""
    word = text = ""
    for line in lines:
        if line.startswith('"'):
            text += _unquoted(line)
            continue
        if word:
            yield word, text
        word, _, text = line.partition(" ")
        if word.startswith("msg"):
            text = _unquoted(text)
    if word:
        yield word, text


def _lines(entry: Entry) -> Iterator[str]:
    for sign, comments in (
        ("#", entry.notes),
        ("#.", entry.source),
        ("#,", [entry.flags] * bool(entry.flags)),
    ):
        yield from (f"{sign} {one}".rstrip() for one in comments)
    yield f"msgid {_quoted(entry.key)}"
    if len(entry.forms) == 1:
        yield f"msgstr {_quoted(entry.forms[0])}"
        return
    yield f"msgid_plural {_quoted(entry.key)}"
    yield from (f"msgstr[{place}] {_quoted(form)}" for place, form in enumerate(entry.forms))


def _unquoted(text: str) -> str:
    inside = text.strip()[1:-1]
    return ESCAPED.sub(lambda sign: MEANT.get(sign[1], sign[1]), inside) if "\\" in inside else inside


def _quoted(text: str) -> str:
    """Return the text as PO writes it: where it has several lines, each on one of its own."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n\n")
    *lines, last = escaped.split("\n")
    if not lines:
        return f'"{last}"'
    return "\n".join(f'"{line}"' for line in ["", *lines, *[last] * bool(last)])
