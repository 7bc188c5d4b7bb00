"""What a planner fills in about a visit day, and in words why it was not done."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import Request
from pydantic import ValidationError

from services.notify.visits.commands import Closed
from services.notify.visits.schemas import VisitDayIn
from services.notify.visits.tables import VisitDay, VisitKind
from shared.errors import Conflict, Invalid
from shared.web import pages
from shared.web.forms import At, FilledForm, Mistake, Text
from shared.web.languages import negotiate


class DayForm(FilledForm):
    """A visit day as it was filled in; times are local at the facility."""

    date: Annotated[Text, At("date")] = ""
    start_time: Annotated[Text, At("startTime")] = ""
    end_time: Annotated[Text, At("endTime")] = ""
    capacity: Annotated[Text, At("capacity")] = ""
    kind: Annotated[Text, At("kind")] = ""

    @classmethod
    def of(cls, visit: VisitDay) -> Self:
        return cls(
            date=visit.visit_date.isoformat(),
            start_time=f"{visit.start_time:%H:%M}",
            end_time=f"{visit.end_time:%H:%M}",
            capacity=str(visit.capacity),
            kind=visit.kind,
        )

    def read(self, facility: str, language: str) -> tuple[VisitDayIn | None, list[Mistake]]:
        """Return the visit day that was meant, or what is to be corrected."""
        said: dict[str, Any] = self.body() | {"facility": facility}
        if self.capacity.isascii() and self.capacity.isdigit():
            said["capacity"] = int(self.capacity[:9])
        try:
            return VisitDayIn.model_validate(said), []
        except ValidationError as problem:
            found = problem.errors(include_url=False)
            return None, self.in_order(
                [self.mistake(one["loc"], one["type"], language, one.get("ctx", {})) for one in found]
            )

    def wrong(self, refusal: Invalid, language: str) -> list[Mistake]:
        """Return what the rules of visits say is to be corrected."""
        return self.in_order([self.mistake([one.field], one.code, language) for one in refusal.errors])


def refused(request: Request, refusal: Conflict, **values: object) -> str:
    """Return in words why something was not done."""
    key = f"planner.refused-{refusal.slug}"
    known = key if pages.texts().has(key) else "planner.refused-conflict"
    if isinstance(refusal, Closed):
        values |= {"reason": refusal.reason}
    return pages.texts().text(negotiate(request), known, **values)


def kinds(language: str) -> list[tuple[str, str, str]]:
    """Return the kinds of visit days, as choices."""
    return [(kind, pages.texts().text(language, f"planner.kind-{kind}"), "") for kind in VisitKind]
