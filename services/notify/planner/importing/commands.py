"""A calendar is shown first, and then taken over as it was shown. Both of these commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from services.notify.planner import queries
from services.notify.planner.importing import preview as previews
from services.notify.planner.importing.days import Reading, Refusal, Slot, Usual
from services.notify.planner.importing.preview import Known, Line, Preview, Verdict
from services.notify.planner.importing.tables import CalendarEntry, ImportPreview, Source
from services.notify.visits import commands
from services.notify.visits.commands import Change, Opening, Person, Publisher
from services.notify.visits.tables import VisitDay, VisitKind
from shared.errors import Conflict, Invalid, NotFound
from shared.geography import facility as known_facility

KEPT_FOR = timedelta(hours=2)
NO_SUCH_PREVIEW = "There is no such preview, or it is over. Bring the calendar again."
CALLED_OFF = "The calendar says that it does not take place."
READINGS = TypeAdapter(tuple[Reading, Usual])


@dataclass(frozen=True)
class Seen:
    """A preview as it is now. `was_shown`: nothing changed since the planner saw it."""

    row: ImportPreview
    preview: Preview
    was_shown: bool = True


def show(
    session: Session,
    reading: Reading,
    usual: Usual,
    facility: str,
    member: str,
    source: Source,
    *,
    at: datetime,
) -> ImportPreview:
    """Keep what was read, for this planner alone, for two hours. Previews that are over go."""
    session.execute(sa.delete(ImportPreview).where(col(ImportPreview.ends_at) <= at))
    row = ImportPreview(
        member=member,
        facility=facility,
        source=source,
        content=READINGS.dump_json((reading, usual)).decode(),
        shown=_compared(session, facility, reading, at).digest,
        ends_at=at + KEPT_FOR,
    )
    session.add(row)
    session.commit()
    return row


def seen(session: Session, preview_id: UUID, facility: str, member: str, *, at: datetime) -> Seen:
    """Return what would happen now. Raises NotFound for what is over, or of another planner."""
    row = session.exec(
        select(ImportPreview).where(
            ImportPreview.id == preview_id,
            ImportPreview.facility == facility,
            ImportPreview.member == member,
            col(ImportPreview.ends_at) > at,
        )
    ).one_or_none()
    if row is None:
        raise NotFound(NO_SUCH_PREVIEW)
    reading, _ = READINGS.validate_json(row.content)
    found = _compared(session, facility, reading, at)
    return Seen(row, found, found.digest == row.shown)


def confirm(session: Session, preview_id: UUID, facility: str, who: str, *, at: datetime) -> Seen:
    """Do what was shown, and nothing that was not; done twice, it is done once.

    Where something changed since, nothing is done and `was_shown` is false: it is shown anew. What another
    refused at the last moment is named in the result. Continues where it was: a day that is there is there.
    Raises NotFound.
    """
    now_seen = seen(session, preview_id, facility, who, at=at)
    row = now_seen.row
    if row.done_at is not None:
        return replace(now_seen, was_shown=True)
    if not now_seen.was_shown:
        row.shown = now_seen.preview.digest
        session.commit()
        return now_seen
    _, usual = READINGS.validate_json(row.content)
    result = _carried_out(session, now_seen.preview, usual, facility, who, at)
    row.done_at, row.result = at, result
    session.add(row)
    session.commit()
    return now_seen


def _compared(session: Session, facility: str, reading: Reading, at: datetime) -> Preview:
    place = known_facility(facility)
    assert place is not None
    today = at.astimezone(ZoneInfo(place.zone)).date()
    shown = queries.between(session, facility, today, date.max)
    entries = _entries(session, [one.visit.id for one in shown])
    published = [
        _known(one, entries.get(one.visit.id)) for one in shown if one.is_open and one.visit.starts_at > at
    ]
    off = frozenset(_at(one.visit) for one in shown if not one.is_open)
    return previews.compare(_open_days(session, facility, reading, today), published, off)


def _open_days(session: Session, facility: str, reading: Reading, today: date) -> Reading:
    """Refuse days on which the facility is closed."""
    closures = queries.closures_ahead(session, facility, today)

    def closed(slot: Slot) -> bool:
        return not slot.called_off and any(one.first_day <= slot.day <= one.last_day for one in closures)

    refused = [
        Refusal(
            one.line, "date", "facility-closed", {"day": one.day.isoformat(), "start": f"{one.start:%H:%M}"}
        )
        for one in reading.slots
        if closed(one)
    ]
    kept = tuple(one for one in reading.slots if not closed(one))
    return replace(reading, slots=kept, refused=(*reading.refused, *refused))


def _entries(session: Session, ids: list[UUID]) -> dict[UUID, CalendarEntry]:
    found = session.exec(select(CalendarEntry).where(col(CalendarEntry.visit_day_id).in_(ids))).all()
    return {one.visit_day_id: one for one in found}


def _at(visit: VisitDay) -> tuple[date, time, VisitKind]:
    return visit.visit_date, visit.start_time, visit.kind


def _known(one: queries.Shown, entry: CalendarEntry | None) -> Known:
    visit = one.visit
    return Known(
        visit.id,
        visit.visit_date,
        visit.start_time,
        visit.end_time,
        visit.kind,
        visit.capacity,
        one.coming,
        entry.uid if entry else "",
        entry.occurrence if entry else "",
    )


def _carried_out(
    session: Session, preview: Preview, usual: Usual, facility: str, who: str, at: datetime
) -> dict[str, object]:
    """Do every line by itself, the changes first: they may free the time of a new day."""
    counts = {str(one): 0 for one in Verdict}
    left: list[dict[str, str]] = []
    deeds: dict[Verdict, Callable[[Line], VisitDay | None]] = {
        Verdict.GONE: lambda line: _call_off(session, line, who, at),
        Verdict.CHANGED: lambda line: _change(session, line, who, at),
        Verdict.NEW: lambda line: _publish(session, line, usual, facility, who, at),
    }
    for verdict, deed in deeds.items():
        for line in preview.of(verdict):
            try:
                visit = deed(line)
            except (Conflict, Invalid, NotFound) as refusal:
                session.rollback()
                left.append(_left(line, getattr(refusal, "slug", "conflict")))
                continue
            counts[verdict] += 1
            if visit is not None and line.slot is not None and line.slot.uid:
                _name(session, visit.id, line.slot)
    for line in preview.of(Verdict.SAME):
        if line.was is not None and line.slot is not None and line.slot.uid:
            _name(session, line.was.id, line.slot)
    left += [_left(line, "many") for line in preview.of(Verdict.MANY)]
    return {"counts": counts, "left": left}


def _left(line: Line, code: str) -> dict[str, str]:
    of = line.slot or line.was
    assert of is not None
    return {"day": of.day.isoformat(), "start": f"{of.start:%H:%M}", "code": code}


def _publish(
    session: Session, line: Line, usual: Usual, facility: str, who: str, at: datetime
) -> VisitDay | None:
    place, slot = known_facility(facility), line.slot
    assert place is not None
    assert slot is not None
    opening = Opening(
        facility=place.id,
        country=place.country,
        place=place.city,
        zone=place.zone,
        visit_date=slot.day,
        start_time=slot.start,
        end_time=slot.end,
        capacity=usual.capacity if slot.capacity is None else slot.capacity,
        kind=slot.kind,
    )
    visit, _ = commands.publish(session, opening, Publisher(who), at=at)
    return visit


def _change(session: Session, line: Line, who: str, at: datetime) -> VisitDay | None:
    slot, was = line.slot, line.was
    assert slot is not None
    assert was is not None
    changes = Change(
        visit_date=slot.day if slot.day != was.day else None,
        start_time=slot.start if slot.start != was.start else None,
        end_time=slot.end if slot.end != was.end else None,
        capacity=slot.capacity if slot.capacity != was.capacity else None,
        kind=slot.kind if slot.kind != was.kind else None,
    )
    done = commands.change(session, was.id, changes, Person(who, who), at=at)
    return done if isinstance(done, VisitDay) else None


def _call_off(session: Session, line: Line, who: str, at: datetime) -> VisitDay | None:
    assert line.was is not None
    commands.cancel(session, line.was.id, CALLED_OFF, Person(who, who), at=at)
    return None


def _name(session: Session, visit_id: UUID, slot: Slot) -> None:
    """Remember by what name the calendar knows this day."""
    session.merge(CalendarEntry(visit_day_id=visit_id, uid=slot.uid, occurrence=slot.occurrence))
    session.commit()
