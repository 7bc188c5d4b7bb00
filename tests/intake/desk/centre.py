"""A centre in which people are called to what nobody takes, and what is asked of the other services."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from services.intake.desk import tasks
from services.intake.desk.tables import DeskCall
from services.intake.staff import sessions
from services.intake.staff.commands import add
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Person, Role
from shared.clock import FixedClock
from shared.desk.tables import work_items
from shared.messaging.tables import outbox
from shared.runtime import Runtime
from tests.conftest import MORNING

QUARTER = timedelta(minutes=15)


class Centre:
    """Two advisers, one of whom is at the desk, and a senior who is not."""

    def __init__(self, runtime: Runtime, session: Session, clock: FixedClock) -> None:
        self.runtime, self.session, self.clock = runtime, session, clock
        self.noor, self.sam, self.anna = (
            add(session, name, f"{name}@centre.example", [role], at=MORNING)
            for name, role in (("noor", Role.ADVISER), ("sam", Role.ADVISER), ("anna", Role.SENIOR))
        )
        sessions.begin(session, self.noor, means="link")
        session.commit()

    def pass_by(self, time: timedelta) -> None:
        """Let time pass, and the dispatcher and the worker do what fell due."""
        self.clock.advance(time)
        self.sweep()

    def sweep(self) -> list[UUID]:
        with self.runtime.sessions() as session:
            ids = tasks.claim_louder(session, self.clock.now(), 50)
            session.commit()
        tasks.grow_louder(self.runtime, ids)
        return list(ids)

    @property
    def called(self) -> list[tuple[int, str]]:
        """Who was called, with the step."""
        self.session.rollback()
        both = select(DeskCall, Person).join(Person, Person.id == DeskCall.person_id)  # type: ignore[arg-type]
        return sorted((call.step, person.name) for call, person in self.session.execute(both))

    @property
    def announced(self) -> int:
        self.session.rollback()
        types = self.session.execute(select(outbox.c.type)).scalars().all()
        return sum(one.endswith("desk.item-waits.v1") for one in types)

    def item(self) -> UUID:
        self.session.rollback()
        return UUID(str(self.session.execute(select(work_items.c.id)).scalars().one()))

    def signed(self, person: Person) -> Signed:
        return Signed(person.id, person.name, frozenset({Role.ADVISER}), person.id, "", is_stepped_up=True)


class Listening(Centre):
    """A centre whose dispatcher and worker also ask the other services."""

    def sweep(self) -> list[object]:  # type: ignore[override]
        self.hear()
        return list(super().sweep())

    def hear(self) -> None:
        [work] = [one for one in tasks.DUE if one.name == "intake.desk.hear"]
        with self.runtime.sessions() as session:
            ids = work.claim(session, self.clock.now(), 50)
            session.commit()
        work.do(self.runtime, ids)
