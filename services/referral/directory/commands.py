from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, SQLModel, col, select

from services.referral.directory.importing import Entry, read
from services.referral.directory.rules import can_be_asked, is_partner, local_day
from services.referral.directory.tables import Organisation, Service, organisation_id, service_id
from shared import audit
from shared.countries import DEFAULT

# The Netherlands and Belgium keep the same time, so the day of either will do.
HERE = DEFAULT.code
A_YEAR = timedelta(days=365)
BRACKETS = re.compile(r"\([^()]*\)")
OF_ORGANISATION = ("kind", "website")
# Members of an entry that its service has too. The service's name is made from the description.
OF_SERVICE = tuple(
    one.name for one in fields(Entry) if one.name in Service.model_fields and one.name != "name"
)


@dataclass(frozen=True)
class Imported:
    """How many services were added, changed or left as they were.

    `unreachable` counts those that had an e-mail address and lose it; `incomplete` those that take referrals
    and get none until their agreement, day of verification and address are all known.
    """

    added: int
    changed: int
    same: int
    unreachable: int = 0
    incomplete: int = field(default=0, compare=False)


class OnLeft(Protocol):
    def __call__(self, session: Session, services: Sequence[UUID], *, at: datetime) -> None: ...


def _do_nothing(session: Session, services: Sequence[UUID], *, at: datetime) -> None:
    """For a directory of which no service can have been asked yet."""


def import_directory(
    session: Session,
    entries: Sequence[Entry],
    *,
    at: datetime,
    sample: bool = False,
    dry_run: bool = False,
    on_left: OnLeft = _do_nothing,
) -> Imported:
    """Add and update services by key, in one transaction, and commit. Idempotent.

    Nothing is removed, and a column that the file lacks leaves its values as they are. `on_left` is called in
    the same transaction with the services that could be asked until now and no longer can, and with those
    that are no longer partners. With `dry_run` the changes are counted and rolled back, and `on_left` is not
    called.
    """
    known = {row.id: row for row in session.exec(select(Service))}
    organisations = {row.id: row for row in session.exec(select(Organisation))}
    counts = {"added": 0, "changed": 0, "same": 0}
    left, unreachable, incomplete, today = [], 0, 0, local_day(at, HERE)
    for entry in entries:
        before = known.get(service_id(entry.key))
        old = (organisations.get(organisation_id(entry.key)), before)
        entry = _completed(entry, *old)
        organisation, service = _organisation(entry, sample), _service(entry)
        kind = _difference(old, (organisation, service))
        counts[kind] += 1
        incomplete += _is_incomplete(entry)
        if kind == "same":
            continue
        if before and _leaves(before, Service(**service), today):
            left.append(before.id)
        unreachable += bool(before and before.email and not entry.email)
        _upsert(session, Organisation, organisation | {"updated_at": at})
        _upsert(session, Service, service | {"updated_at": at})
    if dry_run:
        session.rollback()
    else:
        # The upserts went past the session, so what it has loaded is out of date.
        session.expire_all()
        on_left(session, left, at=at)
        if counts["added"] or counts["changed"]:
            who = "system" if sample else "operator"
            audit.record(session, who, "directory.import", "directory", at=at)
        session.commit()
    return Imported(**counts, unreachable=unreachable, incomplete=incomplete)


def _leaves(before: Service, now: Service, today: date) -> bool:
    """Whether the service can no longer be asked for help, or is no longer a partner."""
    no_longer_asked = can_be_asked(before, today) and not can_be_asked(now, today)
    return no_longer_asked or (is_partner(before, today) and not is_partner(now, today))


def _is_incomplete(entry: Entry) -> bool:
    wanted = entry.active and entry.takes_referrals
    return wanted and None in (entry.agreement_signed, entry.verified_on, entry.email)


def _completed(entry: Entry, organisation: Organisation | None, service: Service | None) -> Entry:
    """Fill in from the database what the file has no column for."""
    if organisation is None or service is None:
        return entry
    known = {name: getattr(service, name) for name in OF_SERVICE}
    known |= {name: getattr(organisation, name) for name in OF_ORGANISATION}
    return replace(entry, **{name: value for name, value in known.items() if name not in entry.told})


def load_sample(session: Session, *, at: datetime) -> Imported:
    """Load the sample directory: marked as sample, with addresses under `.example`, verified today (UTC).

    Its telephone numbers begin with `0000`, which no network puts through. Idempotent within a day. Commits.
    A service that was imported as a real one is left alone.
    """
    today = at.date()
    content = (files("services.referral.directory") / "data" / "sample.csv").read_bytes()
    entries, mistakes = read(content, today=today)
    assert not mistakes, mistakes
    real = set(session.exec(select(Organisation.key).where(col(Organisation.sample).is_(False))))
    ours = [
        replace(
            entry,
            email=f"verwijzing@{entry.key}.example",
            phone=f"0000-{number:04}",
            agreement_signed=today - A_YEAR,
            verified_on=today,
            told=entry.told | {"email", "phone", "agreement_signed", "verified_on"},
        )
        for number, entry in enumerate(entries, 1)
        if entry.key not in real
    ]
    return import_directory(session, ours, at=at, sample=True)


def _organisation(entry: Entry, sample: bool) -> dict[str, Any]:
    return {
        "id": organisation_id(entry.key),
        "key": entry.key,
        "name": entry.name,
        "country": entry.country,
        "kind": entry.kind,
        "website": entry.website,
        "sample": sample,
    }


def _service(entry: Entry) -> dict[str, Any]:
    return {
        "id": service_id(entry.key),
        "organisation_id": organisation_id(entry.key),
        "name": _short_name(entry),
    } | {name: getattr(entry, name) for name in OF_SERVICE}


def _short_name(entry: Entry) -> str:
    """Return the first activity that it describes, without asides, or else the organisation's name."""
    first = BRACKETS.sub("", entry.description).split(";")[0]
    return " ".join(first.split()).replace(" ,", ",").rstrip(".,")[:120] or entry.name


def _difference(old: tuple[Any, ...], new: tuple[dict[str, Any], ...]) -> str:
    if None in old:
        return "added"
    same = all(
        getattr(row, name) == value
        for row, values in zip(old, new, strict=True)
        for name, value in values.items()
    )
    return "same" if same else "changed"


def _upsert(session: Session, kind: type[SQLModel], values: dict[str, Any]) -> None:
    table: Table = kind.__table__  # type: ignore[attr-defined]
    statement = insert(table).values(values)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={name: statement.excluded[name] for name in values if name != "id"},
        )
    )
