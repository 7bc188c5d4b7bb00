"""Line drawings of the pages: small, without words, and without anything that does something."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from services.intake.guidance.articles import Mistake

LARGEST = 4_000
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = frozenset(
    {"svg", "g", "path", "line", "polyline", "polygon", "rect", "circle", "ellipse", "title", "desc", "defs"}
)
# Nothing of a declaration or an entity is read: one line of them can fill a memory.
DECLARED = re.compile(r"<!(?!--)|<\?(?!xml\s)")
DOES_SOMETHING = re.compile(r"^(?:on|href$|src$|style$)", re.IGNORECASE)


def wrong_with(svg: str) -> list[Mistake]:
    """Return what keeps a drawing from being shown: nothing, for one that is only lines and shapes."""
    if len(svg.encode()) > LARGEST:
        return [Mistake("file", f"is larger than {LARGEST // 1000} KB: leave points and digits out")]
    if DECLARED.search(svg):
        return [Mistake("file", "holds a declaration (<!...> or <?...>): take it out")]
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - without declarations nothing can be expanded
    except ElementTree.ParseError as problem:
        return [Mistake(f"line {problem.position[0]}", "is not XML: correct it")]
    if root.tag != f"{SVG}svg":
        return [Mistake("line 1", 'begin with <svg xmlns="http://www.w3.org/2000/svg">')]
    return [mistake for one in root.iter() for mistake in _wrong_in(one)]


def _wrong_in(element: ElementTree.Element) -> list[Mistake]:
    name = str(element.tag).rpartition("}")[2]
    found = (
        [] if name in SHAPES else [Mistake(f"<{name[:40]}>", "take it out: a drawing is lines and shapes")]
    )
    for attribute, value in element.attrib.items():
        plain = attribute.rpartition("}")[2]
        if DOES_SOMETHING.match(plain) or "url(" in value or "javascript:" in value.lower():
            found.append(Mistake(f"<{name[:40]} {plain[:40]}>", "take this attribute out"))
    return found
