"""Markdown of a page as HTML: only what a text needs, and links that lead where they may."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from services.intake.guidance.articles import is_slug, is_web_address

# Where a question is asked, and where pages and drawings stand.
ASK = "/ask"
PAGES, DRAWINGS = "/guidance", "/guidance/drawings"
TO_ASK, OF_A_DRAWING = "ask", "drawing:"
TAGS = {
    *("p", "br", "hr", "ul", "ol", "li", "strong", "em", "blockquote"),
    *("h3", "h4", "a", "img", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt", "width", "height"}, "ol": {"start"}}
# The page has a heading of its own for each part: those inside one are a step lower.
LOWER = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h4", "h5": "h4", "h6": "h4"}
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@lru_cache(maxsize=4096)
def html(markdown: str, language: str = "") -> str:
    """Return safe HTML. With `language`, links between pages keep it.

    A link that leads nowhere is shown as its words, and a picture that is no drawing of ours as what it
    shows.
    """
    tokens = MARKDOWN.parse(markdown)
    for token in tokens:
        token.tag = LOWER.get(token.tag, token.tag)
        if token.children:
            token.children = list(_inline(token.children, language))
    made = MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})
    return nh3.clean(
        made, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"https", "http"}, link_rel="noreferrer"
    )


def _inline(tokens: Sequence[Token], language: str) -> Iterator[Token]:
    kept: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            leads = target(str(token.attrGet("href") or ""), language)
            kept.append(bool(leads))
            token.attrSet("href", leads)
        if token.type in ("link_open", "link_close"):
            is_kept = kept[-1] if token.type == "link_open" else kept.pop()
            if not is_kept:
                continue
        yield _drawn(token) if token.type == "image" else token


def target(href: str, language: str = "") -> str:
    """Return where a link of a page leads: the form, another page, another site, or "" for nowhere."""
    name, hash, place = href.partition("#")
    if name == TO_ASK:
        return f"{ASK}?lang={language}" if language else ASK
    if is_slug(name):
        return f"{PAGES}/{name}" + (f"?lang={language}" if language else "") + hash + place
    return href if is_web_address(href) else ""


def _drawn(token: Token) -> Token:
    name = drawing_name(str(token.attrGet("src") or ""))
    if not name:
        return Token("text", "", 0, content=token.content)
    token.attrs = {
        "src": f"{DRAWINGS}/{name}.svg",
        "alt": "",
        "width": "320",
        "height": "200",
    }
    return token


def drawing_name(src: str) -> str:
    """Return the name of a drawing that a picture asks for, or "" where it asks for something else."""
    name = src.removeprefix(OF_A_DRAWING) if src.startswith(OF_A_DRAWING) else ""
    return name if is_slug(name) else ""


def links(markdown: str) -> Iterator[tuple[int, str]]:
    """Yield every address that a text leads to, with its line in the text (from 0)."""
    yield from _each(markdown, "link_open", "href")


def drawings(markdown: str) -> Iterator[tuple[int, str]]:
    """Yield what every picture in a text asks for, with its line in the text (from 0)."""
    yield from _each(markdown, "image", "src")


def _each(markdown: str, kind: str, attribute: str) -> Iterator[tuple[int, str]]:
    for block in MARKDOWN.parse(markdown):
        for token in block.children or ():
            if token.type == kind:
                yield (block.map or [0])[0], str(token.attrGet(attribute) or "")


HTML = re.compile(r"<(?:[a-zA-Z/!?])[^>]{0,200}>")


def raw_html(markdown: str) -> Iterator[tuple[int, str]]:
    """Yield what looks like HTML in a text, which is shown as it is written, with its line (from 0)."""
    for number, line in enumerate(markdown.splitlines()):
        for found in HTML.finditer(line):
            yield number, found[0]
