"""Texts for people, in catalogues: one PO file for each language in a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import Depends, Request

from shared import po
from shared.languages import DEFAULT, FOR_FAMILIES, FOR_PAGES, LANGUAGES

ONLY_FAMILIES = tuple(code for code in FOR_FAMILIES if code not in FOR_PAGES)
SET_APART = re.compile(r" (?=[?!:;»])|(?<=«) ")


def _for_families(request: Request) -> None:
    request.state.languages = FOR_FAMILIES


# A route with this answers in every language that families are written to in.
READ_BY_FAMILIES = Depends(_for_families)


def offered(request: Request) -> tuple[str, ...]:
    """Return the languages that there is a page in here."""
    found: tuple[str, ...] = getattr(request.state, "languages", FOR_PAGES)
    return found


def negotiate(request: Request) -> str:
    """Return the language of the page: `?lang=`, else the first of the browser's that we have, else Dutch."""
    asked, ours = request.query_params.get("lang", ""), offered(request)
    return asked if asked in ours else preferred(request.headers.get("accept-language", ""), ours)


def asked_for(request: Request) -> str | None:
    """Return the language that the address asks for, where some page of ours is there in it."""
    asked = request.query_params.get("lang", "")
    return asked if asked in (*FOR_PAGES, *ONLY_FAMILIES) else None


def preferred(header: str, ours: tuple[str, ...] = FOR_PAGES) -> str:
    """Return the best of our languages by `Accept-Language` (RFC 9110), or Dutch if none is listed."""
    offers: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")[:20]):
        tag, _, weight = part.replace(" ", "").lower().partition(";q=")
        code = tag.split("-")[0]
        if code in ours and _weight(weight) > 0:
            offers.append((-_weight(weight), place, code))
    return min(offers)[2] if offers else DEFAULT


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


@dataclass(frozen=True)
class Counted:
    """A text in which something is counted, in the forms that its language has for that."""

    forms: tuple[str, ...]
    plural: Callable[[int], int]

    def of(self, count: object) -> str:
        return self.forms[self.plural(int(str(count)))]


class Catalogue:
    """The texts of some folders, by `section.key`; a later folder adds to the earlier ones."""

    def __init__(self, *folders: Path) -> None:
        self._texts = {language: _load(folders, language) for language in (*FOR_PAGES, *ONLY_FAMILIES)}

    def text(self, language: str, key: str, /, **values: object) -> str:
        """Return the text with its `{names}` filled in, in the form that goes with `count` where it counts.

        Raises KeyError if no catalogue has the key, or if it counts and no `count` is given. A page of
        families is not lost for a text that nobody translated yet: there it is said in Dutch.
        """
        text = self._texts[language].get(key)
        if text is None:
            text = self._instead(language, key)
        if isinstance(text, Counted):
            text = text.of(values["count"])
        return text.format_map(values) if values else text

    def _instead(self, language: str, key: str) -> str | Counted:
        return self._texts[DEFAULT if language in ONLY_FAMILIES else language][key]

    def to_a_child(self, language: str, key: str, /, **values: object) -> str:
        """Return the text as a child is spoken to, where that is otherwise in this language."""
        own = f"child.{key}"
        return self.text(language, own if own in self._texts[language] else key, **values)

    def has(self, key: str) -> bool:
        return key in self._texts[DEFAULT]

    def keys(self, language: str) -> frozenset[str]:
        return frozenset(self._texts[language])


@lru_cache(maxsize=64)
def catalogue(*folders: Path) -> Catalogue:
    return Catalogue(*folders)


def _load(folders: tuple[Path, ...], language: str) -> dict[str, str | Counted]:
    texts: dict[str, str | Counted] = {}
    for folder in folders:
        path = folder / f"{language}.po"
        if path.exists():
            texts |= _texts(po.read(path), language)
    return texts


def _texts(read: po.Texts, language: str) -> Iterator[tuple[str, str | Counted]]:
    kept = signs_kept if LANGUAGES[language].signs_apart else str
    for key, forms in read.forms.items():
        said = tuple(kept(form) for form in forms)
        yield key, said[0] if len(said) == 1 else Counted(said, read.plural)


def signs_kept(text: str) -> str:
    """Keep a line of a page from beginning with a sign that is set apart from its word."""
    return SET_APART.sub("\u00a0", text)
