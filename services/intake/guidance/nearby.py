"""Which pages of guidance people are shown where they look for none: on the home, and while they ask.

The pages are those of the folder `content`, one folder for each language: a head in TOML between `+++`, then
the text. A page that cannot be read is left out: who asks a question is not kept from it by a page.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

CONTENT = Path(__file__).parent / "content"
GUIDANCE = "/guidance"
AT_MOST = 3
FIRST_HELP = "eerste-hulp"
# What people ask first, by who they are; of everybody together where nobody has said who they are.
ASKED_MOST: Mapping[str, tuple[str, ...]] = {
    "": ("hoe-vertel-ik-het-mijn-kind", "waar-zit-de-ouder", "mag-ik-op-bezoek"),
    "child": ("is-het-mijn-schuld", "waar-is-hij-nu", "mag-ik-op-bezoek"),
    "carer": ("hoe-vertel-ik-het-mijn-kind", "waar-zit-de-ouder", "het-eerste-bezoek"),
    "parent-in-detention": (
        "ouder-blijven-van-binnen",
        "je-kind-op-de-bezoekerslijst",
        "ze-zeggen-dat-je-op-vakantie-bent",
    ),
    "school": ("wat-mag-de-school-weten", "hoe-begin-je-erover", "wat-zeg-je-in-de-klas"),
    "professional": ("wat-helpt-op-welke-leeftijd", "bezoek-voorbereiden-en-nabespreken", "pleegouders"),
    "prison-staff": ("vragen-naar-kinderen-bij-binnenkomst", "een-kind-op-bezoek", "een-ouder-kindmiddag"),
}


@dataclass(frozen=True)
class Nearby:
    """A page that may answer somebody already, as a question in their own words where it has one."""

    title: str
    address: str


@dataclass(frozen=True)
class Head:
    """What the head of a page says of it."""

    slug: str
    title: str
    asked: str
    audience: frozenset[str]
    needs: frozenset[str]


def asked(audience: str, language: str) -> list[Nearby]:
    """Return what people of this audience ask most, or everybody where there is none."""
    pages = _pages(language)
    wanted = ASKED_MOST.get(audience, ASKED_MOST[""])
    return [_nearby(pages[slug], in_own_words=True) for slug in wanted if slug in pages]


def near(audience: str, needs: Collection[str], language: str) -> list[Nearby]:
    """Return the pages for this audience that are about most of these needs, the most fitting first."""
    fitting = [
        page
        for page in _pages(language).values()
        if page.needs & {*needs} and (not audience or audience in page.audience)
    ]
    fitting.sort(key=lambda page: (-len(page.needs & {*needs}), len(page.needs), page.slug))
    return [_nearby(page) for page in fitting[:AT_MOST]]


def first_help() -> list[str]:
    """Return the languages in which there is a page of first help."""
    return sorted(path.parent.name for path in CONTENT.glob(f"*/{FIRST_HELP}.md"))


def _nearby(page: Head, *, in_own_words: bool = False) -> Nearby:
    title = page.asked if in_own_words and page.asked else page.title
    return Nearby(title, f"{GUIDANCE}/{page.slug}")


def _pages(language: str) -> Mapping[str, Head]:
    folder = CONTENT / language
    return _read(folder, folder.stat().st_mtime_ns) if folder.is_dir() else {}


@lru_cache(maxsize=16)
def _read(folder: Path, changed: int) -> Mapping[str, Head]:
    """Return the heads of the pages of a folder by slug, read anew when a page comes or goes."""
    heads = (_head(path) for path in sorted(folder.glob("*.md")))
    return {one.slug: one for one in heads if one is not None}


def _head(path: Path) -> Head | None:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8").split("+++")[1])
        return Head(
            path.stem,
            given["title"],
            next(iter(given.get("asked", ())), ""),
            frozenset(given.get("audience", ())),
            frozenset(given.get("needs", ())),
        )
    except (OSError, UnicodeDecodeError, IndexError, KeyError, TypeError, tomllib.TOMLDecodeError):
        return None
