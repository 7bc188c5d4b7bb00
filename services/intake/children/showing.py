"""What a child and an adviser are shown: messages, whom to call, and what to read while waiting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

from services.intake.children.commands import Read
from services.intake.conversations.tables import Side
from services.intake.guidance.rules import HelpLine, somebody_to_talk_to, urgent_help
from shared.countries import COUNTRIES
from shared.vocabulary import Audience
from shared.web import pages
from shared.web.languages import negotiate

# What to read now, by the name of the page in the guidance.
READ_NOW = ("is-het-mijn-schuld", "mag-ik-boos-zijn", "wat-zeg-ik-op-school", "jouw-rechten")
GUIDANCE = "/guidance/{slug}"


@dataclass(frozen=True)
class Said:
    """One message as a page shows it. `is_new`: this side had not seen it before."""

    id: UUID
    from_child: bool
    text: str
    at: datetime
    is_new: bool
    seen: bool


def said(found: Iterable[Read], *, to_child: bool) -> list[Said]:
    return [_said(one, to_child) for one in found]


def _said(one: Read, to_child: bool) -> Said:
    row, theirs = one.row, one.row.side is Side.ASKER
    seen_here = row.seen_by_child_at if to_child else row.seen_by_centre_at
    seen_there = row.seen_by_centre_at if theirs else row.seen_by_child_at
    is_new = theirs != to_child and seen_here is None
    return Said(row.id, theirs, one.text, row.written_at, is_new, seen_there is not None)


def to_read() -> list[tuple[str, str]]:
    """Return the names of pages of guidance, each with its address."""
    return [(slug, GUIDANCE.format(slug=slug)) for slug in READ_NOW]


def whom_to_call(country: str, language: str) -> list[HelpLine]:
    """Return whom to call in danger: what is for everybody, and the lines for children, with their chats."""
    return urgent_help(country, Audience.CHILD, language)


def lines_for_children(language: str) -> dict[str, list[HelpLine]]:
    """Return by country with whom a child can talk or chat now."""
    found = {country: somebody_to_talk_to(country, language) for country in COUNTRIES}
    return {
        country: [one for one in lines if one.about.startswith("children")]
        for country, lines in found.items()
    }


def show(request: Request, name: str, context: dict[str, Any], *, status: int = 200) -> Response:
    nothing_wrong = {"mistakes": [], "notice": "", "back": []}
    # A page that asks for something is left by its own form, and is not sent again then.
    leaving = {"leaves_by": context["token"] if name in ("door", "words") else ""}
    return pages.render(request, f"children/{name}.html", nothing_wrong | leaving | context, status=status)


def text(request: Request, code: str, **values: object) -> str:
    return pages.texts().text(negotiate(request), f"children.{code}", **values)
