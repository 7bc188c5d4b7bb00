"""Words of somebody's own at the desk: held to what every text of ours keeps to."""

from __future__ import annotations

from services.notify.wording import gsm7
from services.notify.wording.catalogue import SMS
from services.notify.wording.letters import letters_of
from services.notify.wording.linter import WORD, is_forbidden
from services.notify.wording.rendering import render
from shared.events.desk import Wording, WordingProblem
from shared.languages import text_language

PURPOSE = "desk-words"
# As much as is written in the conversation.
LONGEST_MAIL = 4000


def check(text: str, channel: str, language: str) -> Wording:
    """Return what is wrong with these words on this channel. A mail may say more: it lies on no table."""
    words = text.strip()
    problems = [] if words else [WordingProblem(code="empty")]
    if channel != SMS:
        left = LONGEST_MAIL - len(words)
        return _result(problems, 0, left)
    found = dict.fromkeys(one for one in WORD.findall(words.lower()) if is_forbidden(one))
    problems += [WordingProblem(code="forbidden-word", word=one) for one in found]
    body = render(PURPOSE, SMS, language, {"words": words}).body
    letters = letters_of(text_language(language), words)
    return _result(problems, gsm7.segments(body), letters.limit - letters.length(body))


def _result(problems: list[WordingProblem], segments: int, left: int) -> Wording:
    long = [WordingProblem(code="too-long")] if left < 0 else []
    return Wording(problems=(*problems, *long), segments=segments, left=left)
