"""Which pages of guidance people are shown where they look for none: on the home, and while they ask."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.intake.guidance.articles import Article
from services.intake.guidance.library import Shelf
from services.intake.guidance.reader import shown

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


def asked(shelf: Shelf, audience: str, language: str, at: datetime) -> list[Nearby]:
    """Return what people of this audience ask most, or everybody where there is none."""
    pages = {one.slug: one for one in shown(shelf.in_language(language), at)}
    wanted = ASKED_MOST.get(audience, ASKED_MOST[""])
    return [_nearby(pages[slug], in_own_words=True) for slug in wanted if slug in pages]


def near(shelf: Shelf, audience: str, needs: Collection[str], language: str, at: datetime) -> list[Nearby]:
    """Return the pages for this audience that are about most of these needs, the most fitting first."""
    return [_nearby(page) for page in about(shelf, audience, needs, language, at)]


def about(shelf: Shelf, audience: str, needs: Collection[str], language: str, at: datetime) -> list[Article]:
    """Return what `near` shows, as the pages themselves."""
    fitting = [
        page
        for page in shown(shelf.in_language(language), at)
        if {*page.needs} & {*needs} and (not audience or audience in page.audience)
    ]
    fitting.sort(key=lambda page: (-len({*page.needs} & {*needs}), len(page.needs), page.slug))
    return fitting[:AT_MOST]


def first_help(shelf: Shelf) -> list[str]:
    """Return the languages in which there is a page of first help."""
    return shelf.languages_of(FIRST_HELP)


def _nearby(page: Article, *, in_own_words: bool = False) -> Nearby:
    title = page.asked[0] if in_own_words and page.asked else page.title
    return Nearby(title, f"{GUIDANCE}/{page.slug}")
