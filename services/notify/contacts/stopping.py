"""How a STOP is told from a sentence with a stop word in it, in all our languages at once.

A STOP stays one with courtesies, repetitions, punctuation, emoji or a signature around it. Any other sentence
with a stop word in it may be a STOP or not: a person must look, and until then nothing should go out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from services.notify.safety import every_language

_LANGUAGES = tuple(every_language().values())
STOP = frozenset(word for language in _LANGUAGES for word in language.replies["stop"])


def _all(name: str) -> frozenset[str]:
    return frozenset(word for language in _LANGUAGES for word in getattr(language.stopping, name))


CANCEL, POLITE, SIGNS = _all("cancel"), _all("polite"), _all("signs")
# No signature has these in it: something else is said.
SAID = (
    _all("turned")
    | _all("told")
    | {word for language in _LANGUAGES for words in language.replies.values() for word in words}
)
MENTIONED = (STOP | _all("mentioned")) - _all("alone")
# A signature is short, and so is a name.
LONGEST = 4000
SIGNATURE_LINES, SIGNATURE_WORDS = 8, 40
NAME_LINES, NAME_WORDS = 3, 4
_WORD = re.compile(r"[^\W_]+")
# The dots of "a.u.b." belong to one word.
_DOTS = re.compile(r"(?<![^\W_])([^\W_])\.(?=[^\W_](?![^\W_]))")
# A letter that Unicode knows no accent of; and a stroke that only makes an Arabic word longer.
WHOLE = str.maketrans("ŁĐØ", "LDO", "\u0640")
_RULE = re.compile(r"\s*[-_=*~]{2,}\s*")

Words = Sequence[str]


def plain(body: str) -> str:
    """Return the text in capitals, without accents and with each sign in its usual form.

    Only as much of it as a text can have: who sends more shall not keep us busy.
    """
    apart = unicodedata.normalize("NFKD", body[:LONGEST])
    seen = (sign for sign in apart if not unicodedata.combining(sign) and unicodedata.category(sign) != "Cf")
    return "".join(seen).upper().translate(WHOLE)


def is_a_stop(body: str) -> bool:
    """Whether the whole text says STOP and nothing else, but for what changes nothing about that."""
    return says_only(body, STOP)


def is_only_cancelling(body: str) -> bool:
    """Whether a STOP is said in words alone that may as well mean a visit."""
    return says_only(body, CANCEL)


def mentions_a_stop(body: str) -> bool:
    """Whether a stop word stands in the text, alone or in a sentence."""
    return any(set(_readings(words, at)) & MENTIONED for words in _lines(body) for at in range(len(words)))


def _lines(body: str) -> list[list[str]]:
    return [_WORD.findall(_DOTS.sub(r"\1", line)) for line in plain(body).splitlines()]


def _readings(words: Words, at: int) -> Iterator[str]:
    """Yield what begins at this word: two words as one (opt-out, meld af), and the word itself."""
    if at + 1 < len(words):
        yield words[at] + words[at + 1]
    yield words[at]


def says_only(body: str, wanted: frozenset[str]) -> bool:
    """Whether a text says one of these words and nothing else, but for what changes nothing about it.

    Read line by line: these words and courtesies, and from where a signature begins nothing but that.
    """
    said, lines, written = False, _lines(body), body.splitlines()
    for number, words in enumerate(lines):
        end, heard = _courteous(words, wanted)
        said = said or heard
        if end == len(words) and not _RULE.fullmatch(written[number]):
            continue
        rest = [words[end:], *lines[number + 1 :]]
        return said and _is_signature(rest, written[number:], begins_line=end == 0)
    return said


def without_signature(body: str) -> list[str]:
    """Return the words of a text as far as a signature begins: a greeting, or a name on a line of its own."""
    lines, written, before = _lines(body), body.splitlines(), list[str]()
    for number, words in enumerate(lines):
        for at in range(len(words)):
            whole = at == 0 and number > 0
            rest = [words[at:], *lines[number + 1 :]]
            begins = before and (whole or _begins(words, at))
            if begins and _is_signature(rest, written[number:], begins_line=at == 0):
                return before
            before.append(words[at])
    return before


def _courteous(words: Words, wanted: frozenset[str]) -> tuple[int, bool]:
    """Return where these words and the courtesies of a line end, and whether one of these was among them."""
    at, heard = 0, False
    while at < len(words):
        pair = words[at] + words[at + 1] if at + 1 < len(words) else ""
        if pair in wanted or words[at] in wanted:
            heard = True
        elif words[at] not in POLITE or _begins(words, at):
            break
        at += 2 if pair in wanted else 1
    return at, heard


def _begins(words: Words, at: int) -> bool:
    return at < len(words) and bool(set(_readings(words, at)) & SIGNS)


def _is_signature(lines: Sequence[Words], written: Sequence[str], *, begins_line: bool) -> bool:
    """Whether nothing but a signature follows: a greeting or a rule with a few lines under it, or a name."""
    words = [word for line in lines for word in line]
    if not SAID.isdisjoint(words) or any("?" in line for line in written):
        return False
    short = sum(map(bool, lines)) <= SIGNATURE_LINES and len(words) <= SIGNATURE_WORDS
    names = 0
    for number, line in enumerate(lines):
        whole = begins_line or number > 0
        if _begins(line, 0) or (whole and _RULE.fullmatch(written[number])):
            return short
        names += bool(line)
        if line and not (whole and names <= NAME_LINES and _looks_like_a_name(written[number])):
            return False
    return True


PARTICLES = frozenset(
    ("de", "den", "der", "het", "van", "ten", "ter", "la", "le", "du", "el", "al", "von", "ben")
)


def _looks_like_a_name(line: str) -> bool:
    words = _WORD.findall(line)
    if len(words) > 1 and line.isupper():
        return False
    return len(words) <= NAME_WORDS and all(word in PARTICLES or _begins_a_name(word) for word in words)


def _begins_a_name(word: str) -> bool:
    """Whether it begins with a capital, or a digit; of a script without capitals a person must look."""
    return word[0].isupper() or not word[0].isalpha()
