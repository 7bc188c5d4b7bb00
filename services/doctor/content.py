"""Whether the pages of guidance of the centre's own can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from services.doctor.finding import Finding
from services.intake.guidance import lint
from services.intake.settings import IntakeSettings


def examine(settings: IntakeSettings) -> Iterator[Finding]:
    """Yield whether the folder is there, and whether anything in it is to be corrected."""
    if not settings.content_dir:
        return
    if not Path(settings.content_dir).is_dir():
        yield Finding("wrong", "WEERZIEN_CONTENT_DIR names no folder: make it, or take the setting out")
    elif found := lint.lint(lint.folders_for("", settings.content_dir)):
        yield Finding(
            "wrong", f"pages of guidance: {len(found)} to correct; `weerzien content lint` names them"
        )
    else:
        yield Finding("good", "the pages of guidance are in order")
