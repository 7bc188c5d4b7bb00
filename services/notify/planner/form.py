"""What a planner fills in about a visit day, and in words why it was not done."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from fastapi import Request
from pydantic import ValidationError

from services.notify.visits.commands import Change, Closed
from services.notify.visits.schemas import VisitDayIn
from services.notify.visits.tables import VisitDay
from shared.errors import Conflict, Invalid
from shared.web import pages
from shared.web.forms import At, FilledForm, Mistake, Text, Tick
from shared.web.languages import negotiate

MOST_WORDS = 500


class DayForm(FilledForm):
    """A visit day as it was filled in; times are local at the facility."""

    day: Annotated[Text, At("date")] = ""
    start_time: Annotated[Text, At("startTime")] = ""
    end_time: Annotated[Text, At("endTime")] = ""
    capacity: Annotated[Text, At("capacity")] = ""
    kind: Annotated[Text, At("kind")] = ""
    sure: Tick = False
    form: Text = ""

    @classmethod
    def of(cls, visit: VisitDay) -> Self:
        return cls(
            day=visit.visit_date.isoformat(),
            start_time=f"{visit.start_time:%H:%M}",
            end_time=f"{visit.end_time:%H:%M}",
            capacity=str(visit.capacity),
            kind=visit.kind,
        )

    def with_changes(self, change: Change) -> Self:
        """Return the day as this change would have it."""
        said = {
            "day": change.visit_date and change.visit_date.isoformat(),
            "start_time": change.start_time and f"{change.start_time:%H:%M}",
            "end_time": change.end_time and f"{change.end_time:%H:%M}",
            "capacity": change.capacity and str(change.capacity),
            "kind": change.kind,
        }
        return self.model_copy(update={name: value for name, value in said.items() if value})

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
        return wrong_in(self, refusal, language)


def wrong_in(form: FilledForm, refusal: Invalid, language: str) -> list[Mistake]:
    return form.in_order([form.mistake([one.field], one.code, language) for one in refusal.errors])


def refused(request: Request, refusal: Conflict, **values: object) -> str:
    """Return in words why something was not done."""
    key = f"planner.refused-{refusal.slug}"
    known = key if pages.texts().has(key) else "planner.refused-conflict"
    if isinstance(refusal, Closed):
        values |= {"reason": refusal.reason}
    return pages.texts().text(negotiate(request), known, **values)


class ClosedForm(FilledForm):
    """Days on which a facility is closed, as they were filled in; with no last day it is one day."""

    first_day: Annotated[Text, At("firstDay")] = ""
    last_day: Annotated[Text, At("lastDay")] = ""
    reason: Annotated[Text, At("reason")] = ""
    form: Text = ""

    def read(self, language: str) -> tuple[tuple[date, date, str] | None, list[Mistake]]:
        """Return from when until when and why, or what is to be corrected."""
        first, last = a_day(self.first_day), a_day(self.last_day or self.first_day)
        wrong = [
            self.mistake([path], "missing", language)
            for path, said in (("firstDay", first), ("lastDay", last), ("reason", self.reason))
            if not said
        ]
        if first is None or last is None or wrong:
            return None, self.in_order(wrong)
        return (first, last, self.reason[:MOST_WORDS]), []


class NoteForm(FilledForm):
    """What a facility says to who visits, as it was filled in."""

    text: Annotated[Text, At("text")] = ""
    source: Annotated[Text, At("source")] = ""
    checked_on: Annotated[Text, At("checkedOn")] = ""
    form: Text = ""

    def wrong(self, today: date, language: str) -> list[Mistake]:
        """Return what is to be corrected: with words go where they stand and when somebody looked."""
        if not self.text:
            return []
        checked = a_day(self.checked_on)
        missing = [] if self.source else [self.mistake(["source"], "missing", language)]
        if checked is None or checked > today:
            missing.append(self.mistake(["checkedOn"], "missing", language))
        return missing


def a_day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if len(written) == 10 else None
    except ValueError:
        return None
