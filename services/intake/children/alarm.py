"""Whether a child's words sound like danger now: then a person is called to them at once."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

from services.intake.children.words import plain
from shared import toml

BETWEEN = re.compile(r"[\W_]+")


def sounds_like_danger(text: str) -> bool:
    """Whether one of `red_words.toml` stands in it, in whatever language it is written."""
    return _red().search(f" {BETWEEN.sub(' ', plain(text))} ") is not None


@lru_cache(maxsize=1)
def _red() -> re.Pattern[str]:
    words = [one for words in toml.read(files(__package__) / "red_words.toml").values() for one in words]
    return re.compile(f" (?:{'|'.join(map(_pattern, words))})(?= )")


def _pattern(word: str) -> str:
    return re.escape(word).replace(r"\*", r"\w*")
