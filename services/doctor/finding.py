from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["good", "notice", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing worth saying. If it is `wrong`, the text also says what to do about it."""

    grade: Grade
    text: str
