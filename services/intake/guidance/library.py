"""The pages of guidance that there are: those of the house, and of the centre's own folder in their place.

A folder holds `LANGUAGE/SLUG.md`, `drawings/NAME.svg`, `synonyms.toml` and `exceptions.toml`. A page of the
centre's replaces the one of the house with the same name in the same language. Nothing outside the folder is
ever read, whatever a name or a link in it says.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from types import MappingProxyType

from services.intake.guidance import articles
from services.intake.guidance.articles import Article, Broken, Mistake
from services.intake.guidance.drawings import wrong_with
from services.intake.guidance.words import is_table
from shared.clock import monotonic
from shared.languages import LANGUAGES, is_language

log = logging.getLogger(__name__)
HOUSE = Path(__file__).parent / "content"
DRAWINGS, PAGE, DRAWING = "drawings", ".md", ".svg"
SYNONYMS, EXCEPTIONS = "synonyms.toml", "exceptions.toml"
LARGEST = 200_000
UNNAMED = Mistake("name of the file", "use small letters, digits and single hyphens")
# How long what was read counts as it is: so long at least, and so many times as long as looking took.
FRESH, PATIENCE = 1.0, 50
# Another one where the search is to be told anew of pages that did not change.
HOW_WORDS_ARE_MADE = "1"
# Name of a file, when it was changed, how large it is, and which file that is.
Stamp = tuple[str, int, int, int]


@dataclass(frozen=True)
class Trouble:
    """A file that is left out, and why."""

    path: Path
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True)
class Shelf:
    """All that is there at one moment. `editions`: for each language another one after every change in it."""

    pages: Mapping[tuple[str, str], Article]
    drawings: Mapping[str, str]
    synonyms: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    editions: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[tuple[str, str], Path] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)

    def now_called(self, slug: str) -> str:
        """Return the name that a page has today which had this one before, or the name itself."""
        return self.moved.get(slug, slug)

    def page(self, slug: str, language: str) -> Article | None:
        return self.pages.get((language, slug))

    def languages_of(self, slug: str) -> list[str]:
        """Return the languages in which there is a page of this name, in the order of ours."""
        return [code for code in LANGUAGES if (code, slug) in self.pages]

    def in_language(self, language: str) -> list[Article]:
        """Return the pages in a language, by title."""
        return self._by_language.get(language, [])[:]

    @cached_property
    def _by_language(self) -> Mapping[str, list[Article]]:
        found: defaultdict[str, list[Article]] = defaultdict(list)
        for page in sorted(self.pages.values(), key=lambda page: (page.title.casefold(), page.slug)):
            found[page.language].append(page)
        return found


class Library:
    """Reads the folders, and anew what changed in them. Looking costs little, and not every call looks."""

    def __init__(self, *folders: Path) -> None:
        self._folders, self._lock = folders, Lock()
        self._read: dict[Stamp, Article | Broken | str] = {}
        self._stamps: tuple[Stamp, ...] | None = None
        self._shelf, self._until = Shelf({}, {}), 0.0

    def now(self) -> Shelf:
        """Return what is there now, or was a moment ago."""
        if monotonic() >= self._until and (self._stamps is None or not self._lock.locked()):
            with self._lock:
                self._look()
        return self._shelf

    def look(self) -> Shelf:
        """Look at once, and return what is there."""
        with self._lock:
            self._until = 0.0
            self._look()
        return self._shelf

    def _look(self) -> None:
        begun = monotonic()
        if begun < self._until:
            return
        stamps = tuple(stamp for folder in self._folders for stamp in _files(folder))
        if stamps != self._stamps:
            self._read = {stamp: self._read.get(stamp) or _content(Path(stamp[0])) for stamp in stamps}
            self._shelf, self._stamps = _shelved(self._folders, self._read), stamps
            for trouble in self._shelf.troubles:
                log.warning("%s is left out: %s", trouble.path, "; ".join(map(str, trouble.mistakes)))
        ended = monotonic()
        self._until = ended + max(FRESH, PATIENCE * (ended - begun))


@lru_cache(maxsize=16)
def of(content_dir: str) -> Library:
    """Return the library of the house, with the centre's own folder if there is one."""
    return Library(*folders(content_dir))


def folders(content_dir: str) -> list[Path]:
    return [HOUSE, Path(content_dir)] if content_dir else [HOUSE]


def _files(folder: Path) -> Iterator[Stamp]:
    """Yield what we read of a folder, in order, with what changes when the file does."""
    for entry in sorted(_named(folder), key=lambda one: one.path):
        try:
            found = entry.stat()
        except OSError:
            continue
        yield entry.path, found.st_mtime_ns, found.st_size, found.st_ino


def _named(folder: Path) -> Iterator[os.DirEntry[str]]:
    for entry in _inside(folder):
        if entry.name == DRAWINGS or is_language(entry.name):
            ending = DRAWING if entry.name == DRAWINGS else PAGE
            yield from (one for one in _inside(entry) if one.name.endswith(ending))
        elif entry.name == SYNONYMS:
            yield entry


def _inside(folder: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _content(path: Path) -> Article | Broken | str:
    """Return the page, or the text of a file that is none; of a page that is broken, why."""
    try:
        text = _text(path)
        if path.suffix == PAGE:
            return articles.read(text, path.stem, path.parent.name)
        if path.name == SYNONYMS:
            _as_synonyms(text)
        return text
    except Broken as problem:
        return problem


def _as_synonyms(text: str) -> None:
    """Raises Broken for what is no table of synonyms."""
    if not is_table(articles.toml(text)):
        what = 'write lines such as bajes = ["gevangenis"] below a language such as [nl]'
        raise Broken([Mistake("file", what)])


def _text(path: Path) -> str:
    """Return what is in a file of this folder itself. Raises Broken."""
    root = path.parent if path.name == SYNONYMS else path.parent.parent
    if not path.resolve().is_relative_to(root.resolve()):
        raise Broken([Mistake("file", "leads out of the folder: put the file itself here")])
    try:
        if path.stat().st_size > LARGEST:
            raise Broken([Mistake("file", f"is larger than {LARGEST // 1000} KB: make it shorter")])
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Broken([Mistake("file", "is not UTF-8: save it as UTF-8")]) from None
    except OSError as problem:
        raise Broken([Mistake("file", f"cannot be read: {problem.strerror}")]) from None
    if "\x00" in text:
        raise Broken([Mistake("file", "holds a NUL character: take it out")])
    return text


def _shelved(roots: Iterable[Path], read: Mapping[Stamp, Article | Broken | str]) -> Shelf:
    """Put what was read together: of two files with the same name the later folder's."""
    shelf = _Shelving()
    for root in roots:
        mine = f"{root}{os.sep}"
        for (path, *_), found in read.items():
            if path.startswith(mine):
                shelf.take(Path(path), found)
    return shelf.done()


class _Shelving:
    """A shelf in the making."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], Article] = {}
        self._paths: dict[tuple[str, str], Path] = {}
        self._drawings: dict[str, str] = {}
        self._synonyms: list[str] = []
        self._troubles: list[Trouble] = []

    def take(self, path: Path, found: Article | Broken | str) -> None:
        if isinstance(found, Broken):
            self._troubles.append(Trouble(path, found.mistakes))
        elif isinstance(found, Article):
            self._pages[found.language, found.slug] = found
            self._paths[found.language, found.slug] = path
        elif path.name == SYNONYMS:
            self._synonyms.append(found)
        elif wrong := wrong_with(found):
            self._troubles.append(Trouble(path, tuple(wrong)))
        elif articles.is_slug(path.stem):
            self._drawings[path.stem] = found
        else:
            self._troubles.append(Trouble(path, (UNNAMED,)))

    def done(self) -> Shelf:
        pages = dict(sorted(self._pages.items()))
        return Shelf(
            MappingProxyType(pages),
            MappingProxyType(self._drawings),
            tuple(self._synonyms),
            tuple(self._troubles),
            self._editions(pages),
            self._paths,
            _moved(pages.values()),
        )

    def _editions(self, pages: Mapping[tuple[str, str], Article]) -> Mapping[str, str]:
        made: defaultdict[str, list[str]] = defaultdict(lambda: [HOW_WORDS_ARE_MADE, *self._synonyms])
        for (language, _), page in pages.items():
            made[language].append(page.digest)
        return {code: hashlib.sha256("\n".join(one).encode()).hexdigest() for code, one in made.items()}


def _moved(pages: Iterable[Article]) -> Mapping[str, str]:
    """Return the names that pages had before, with those of today; a name that is one today leads there."""
    there = list(pages)
    today = {page.slug for page in there}
    return {old: page.slug for page in there for old in page.formerly if old not in today}
