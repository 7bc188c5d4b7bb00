"""How a step is put to somebody: to a child, to who works with one, to a parent inside, for somebody else."""

from __future__ import annotations

from collections.abc import Callable

from services.intake.asking.answers import Answers
from shared.web import pages


def saying(filled: Answers, language: str) -> Callable[[str], str]:
    """Return what gives a text of the steps as it is said to somebody who answered this."""
    texts, kinds = pages.texts(), [kind for kind, is_it in _kinds(filled) if is_it]
    said = texts.to_a_child if filled.is_child else texts.text

    def say(key: str) -> str:
        own = next((f"{key}-{kind}" for kind in kinds if texts.has(f"asking.{key}-{kind}")), key)
        return said(language, f"asking.{own}")

    return say


def _kinds(filled: Answers) -> list[tuple[str, bool]]:
    """Return what somebody may be; the first that is true decides how something is put."""
    return [
        ("other-inside", filled.for_somebody_else and filled.inside),
        ("other", filled.for_somebody_else),
        ("work", filled.at_work),
        ("inside", filled.inside),
        ("child", filled.is_child),
    ]
