from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from services.notify.people.finding import TEXTS
from shared import audit
from shared.events.finding import Happening
from shared.security.service_tokens import Acting


def note_shown(
    session: Session, told: Iterable[Happening], acting: Acting, why: str, *, at: datetime
) -> None:
    """Note whose name or words somebody is shown, each once, and why. Commits."""
    shown = {("words" if one.what == TEXTS else "name", one.id) for one in told if one.words}
    for what, id in sorted(shown):
        about = f"{'text' if what == 'words' else 'registration'}:{id}"
        audit.record(session, acting.who, f"reveal.{what}", about, at=at, why=why)
    session.commit()
