"""What is not said yet in which language, and making room for it in the catalogues."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared import po
from shared.languages import DEFAULT, FOR_FAMILIES, FOR_PAGES, LANGUAGES

ROOT = Path(__file__).parents[2]
# A text for a child stands only where a language speaks otherwise to a child.
TO_A_CHILD = "child."
FAMILIES = "families"
GONE, EMPTY, OLDER = "not there", "not finished", "Dutch changed since"
HEADER = (
    "Language: {code}\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "Plural-Forms: {plural}\n"
)


@dataclass(frozen=True)
class Missing:
    """One text that somebody has to look at in one language."""

    folder: str
    language: str
    key: str
    why: str


def folders(root: Path = ROOT) -> list[Path]:
    """Return every folder with texts, by the Dutch that each has."""
    return sorted(path.parent for part in ("shared", "services") for path in root.glob(f"{part}/**/nl.po"))


def spoken(folder: Path) -> tuple[str, ...]:
    """Return the languages that this folder must be complete in: what families read is there in more."""
    return FOR_FAMILIES if folder.name == FAMILIES else FOR_PAGES


def missing(root: Path = ROOT) -> list[Missing]:
    """Return what is unsaid, unfinished, or translated from a Dutch that has changed since; room by room."""
    return [
        Missing(str(folder.relative_to(root)), language, key, why)
        for folder in folders(root)
        for language in spoken(folder)
        for key, why in _missing(folder, language)
    ]


def _missing(folder: Path, language: str) -> Iterator[tuple[str, str]]:
    have = {entry.key: entry for entry in _entries(folder, language)}
    for wanted in _entries(folder, DEFAULT)[1:]:
        own = have.get(wanted.key)
        if own is None:
            if not wanted.key.startswith(TO_A_CHILD):
                yield wanted.key, GONE
        elif not own.finished:
            yield wanted.key, EMPTY
        elif language != DEFAULT and own.source != source(wanted):
            yield wanted.key, OLDER


def update(root: Path = ROOT) -> None:
    """Give each language the Dutch keys, their order and what they say. Takes no translation away."""
    for folder in folders(root):
        for language in spoken(folder):
            if language != DEFAULT:
                po.write(folder / f"{language}.po", _updated(folder, language))


def _updated(folder: Path, language: str) -> list[po.Entry]:
    header, *own = _entries(folder, language)
    have, dutch = {entry.key: entry for entry in own}, _entries(folder, DEFAULT)[1:]
    for wanted in dutch:
        entry = have.get(wanted.key) or po.Entry(wanted.key, _room(wanted, header))
        entry.source, entry.notes = source(wanted), entry.notes or wanted.notes
        if wanted.key in have or not wanted.key.startswith(TO_A_CHILD):
            have[wanted.key] = entry
    order = {entry.key: place for place, entry in enumerate(dutch)}
    return [header, *sorted(have.values(), key=lambda entry: order.get(entry.key, len(order)))]


def _room(wanted: po.Entry, header: po.Entry) -> list[str]:
    return [""] * (po.number_of_plurals(header) if len(wanted.forms) > 1 else 1)


def source(wanted: po.Entry) -> list[str]:
    """Return what an entry says in Dutch as a translator is shown it: its lines, of each form."""
    return [line.rstrip() for form in wanted.forms for line in form.split("\n")]


def _entries(folder: Path, language: str) -> list[po.Entry]:
    path = folder / f"{language}.po"
    return po.entries(path) if path.exists() else [header(language)]


def header(language: str) -> po.Entry:
    """Return the first entry of a new file: its language and how many forms a number asks for in it."""
    from babel.messages.plurals import get_plural

    plural = get_plural(LANGUAGES[language].locale).plural_forms
    return po.Entry("", [HEADER.format(code=language, plural=plural)])
