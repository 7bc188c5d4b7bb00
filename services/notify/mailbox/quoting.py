"""What somebody wrote in a mail, without the older mails below it. Every step is linear in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape

from services.notify.contacts.stopping import plain
from services.notify.safety import every_language

LONGEST = 20_000
MOST_LINES = 600
# The line above an older mail is often broken into two or three.
HEADING_LINES, HEADING_LENGTH = 4, 400
# So many lines are looked through for the others of a mail's head.
HEAD_LINES = 6
_LANGUAGES = tuple(every_language().values())


def _all(name: str) -> tuple[str, ...]:
    return tuple(sorted({word for language in _LANGUAGES for word in getattr(language.mail, name)}))


LABELS, ORIGINAL, WROTE = frozenset(_all("labels")), _all("original"), _all("wrote")
OPENS, AUTOMATIC = frozenset(_all("opens")), _all("automatic")
_LABEL = re.compile(r"[*_ ]{0,3}([^\W\d_]{1,12})[*_ ]{0,3}:")
_RULE = re.compile(r"[\s_=*-]*")
NO_LETTERS = re.compile(r"[^\w']+|[\d_]+")


def written(text: str, our_address: str) -> str:
    """Return what is new in a mail: what stands above, between and below the mails that it quotes."""
    lines = text[:LONGEST].splitlines()[:MOST_LINES]
    return "\n".join(_new(lines, our_address.upper())).strip()


def _new(lines: Sequence[str], us: str) -> Iterator[str]:
    bare = [plain(line[:HEADING_LENGTH]).strip() for line in lines]
    at = 0
    while at < len(lines):
        if bare[at].startswith(">"):
            at += 1
            continue
        if _is_head(bare, at) or _is_marker(bare[at]):
            return
        end = _heading(bare, at, us)
        if end and not _is_quoted(bare, end):
            return
        if not end:
            yield lines[at]
        at = end or at + 1


def _is_marker(line: str) -> bool:
    """Whether this is a line such as "-----Original Message-----"."""
    words = line.strip("-_=*> ")
    return words != line and words.startswith(ORIGINAL)


def _is_head(bare: Sequence[str], at: int) -> bool:
    """Whether the head of an older mail begins here: two of its lines or more, perhaps under a rule."""
    if not (found := _LABEL.match(bare[at])) or found[1] not in LABELS:
        return len(bare[at]) >= 10 and bool(_RULE.fullmatch(bare[at])) and _follows_a_head(bare, at + 1)
    return _labels(bare[at : at + HEAD_LINES]) >= 2


def _follows_a_head(bare: Sequence[str], at: int) -> bool:
    return _labels(bare[at : at + HEAD_LINES]) >= 2


def _labels(lines: Sequence[str]) -> int:
    found = (_LABEL.match(line) for line in lines)
    return len({one[1] for one in found if one and one[1] in LABELS})


def _heading(bare: Sequence[str], at: int, us: str) -> int:
    """Return where a heading such as "On Tuesday Weerzien <...> wrote:" that begins here ends; 0 for none.

    In a language that we do not know it is known by our address.
    """
    first = bare[at].partition(" ")[0]
    for end in range(at + 1, min(at + HEADING_LINES, len(bare)) + 1):
        if not bare[end - 1]:
            return 0
        if bare[end - 1].endswith(":"):
            whole = " ".join(bare[at:end])
            said = first in OPENS and any(word in whole for word in WROTE)
            return end if said or f"<{us}>" in bare[at] else 0
    return 0


def _is_quoted(bare: Sequence[str], at: int) -> bool:
    """Whether what follows says in every line that it is older, so that new words may stand below."""
    following = next((line for line in bare[at:] if line), "")
    return following.startswith(">")


# What ends a line; what is no text; where an older mail begins.
_BREAKS = frozenset(("br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "table", "hr"))
_UNSEEN = frozenset(("head", "title", "style", "script"))
_OLDER = re.compile(
    r"gmail_quote|divRplyFwdMsg|appendonsend|yahoo_quoted|moz-cite-prefix|OutlookMessageHeader"
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})([^<>]*)>|<[!?][^<>]*>")


def text_of_html(html: str) -> str:
    """Return the text of an HTML mail, up to the older mail that it quotes."""
    parts: list[str] = []
    unseen, quoted, at = "", 0, 0
    html = _without_comments(html)
    for tag in _TAG.finditer(html):
        if not unseen and not quoted:
            parts.append(_told(html[at : tag.start()]))
        at = tag.end()
        name, closes = (tag[2] or "").lower(), bool(tag[1])
        if unseen:
            unseen = "" if closes and name == unseen else unseen
        elif name in _UNSEEN:
            unseen = "" if closes or tag[3].endswith("/") else name
        elif name == "blockquote":
            quoted = max(0, quoted + (-1 if closes else 1))
        elif not quoted and not closes and _OLDER.search(tag[3]):
            return _tidy(parts)
        elif name in _BREAKS and not quoted:
            parts.append("\n")
    if not unseen and not quoted:
        parts.append(_told(html[at:]))
    return _tidy(parts)


def _told(piece: str) -> str:
    return re.sub(r"\s+", " ", unescape(piece).replace("\xa0", " "))


def _tidy(parts: Sequence[str]) -> str:
    lines = [line.strip() for line in "".join(parts).splitlines()]
    return "\n".join(line for number, line in enumerate(lines) if line or (number and lines[number - 1]))


def _without_comments(html: str) -> str:
    kept, at = [], 0
    while (begins := html.find("<!--", at)) >= 0:
        kept.append(html[at:begins])
        ends = html.find("-->", begins)
        if ends < 0:
            return "".join(kept)
        at = ends + len("-->")
    return "".join([*kept, html[at:]])


def is_automatic(subject: str) -> bool:
    """Whether a subject says that nobody wrote this mail, as "Automatic reply: ..." does.

    Without the colon a person may have written it: "Absent on Saturday".
    """
    begins, colon, _ = plain(subject).partition(":")
    return bool(colon) and " ".join(NO_LETTERS.sub(" ", begins).split()).startswith(AUTOMATIC)
