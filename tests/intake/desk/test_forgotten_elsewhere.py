"""What was noted beside an item of another service goes once the person whom it is about was erased there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from services.intake.desk import commands, commands_forgetting
from services.intake.desk.commands import Place
from services.intake.desk.rules import COMPARE_EVERY, LISTEN_EVERY
from services.intake.desk.tables import DeskNote
from shared.clock import FixedClock
from shared.desk.items import forget_about, open_items
from shared.events.desk import AskErased
from shared.runtime import Runtime
from tests.intake.desk.centre import Listening
from tests.intake.desk.desk import put
from tests.kit.desk import one_desk
from tests.kit.peers import fake

SessionFor = Callable[[str], Session]


class Noting(Listening):
    def note(self, theirs: Session, service: str) -> UUID:
        """Put something on the list of a service and note something beside it; returns what it is about."""
        subject = put(theirs, self.clock.now())
        item = next(one for one in open_items(theirs) if one.subject_id == subject)
        place = Place(service, item.id, subject, is_loud=False)
        commands.note(self.session, place, self.signed(self.noor), "Oma belt terug.", at=self.clock.now())
        return subject

    def erase(self, theirs: Session, subject: UUID) -> None:
        """As an erasure does: the other service first, and then intake, which looks again."""
        forget_about(theirs, [subject], at=self.clock.now())
        theirs.commit()
        commands_forgetting.look_again(self.session, at=self.clock.now())
        self.session.commit()

    @property
    def notes(self) -> list[UUID | None]:
        """What the notes that are left are about."""
        self.session.rollback()
        return list(self.session.scalars(select(col(DeskNote.about))).all())


@pytest.fixture
def centre(
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
    session_for: SessionFor,
    clock: FixedClock,
) -> Noting:
    one_desk(runtime_for, client_for)
    return Noting(runtime_for("intake"), session_for("intake"), clock)


@pytest.mark.parametrize("service", ["referral", "notify"])
def test_a_note_about_who_was_erased_goes_and_the_others_stay(
    centre: Noting, session_for: SessionFor, service: str
) -> None:
    theirs = session_for(service)
    erased, stays = (centre.note(theirs, service) for _ in range(2))
    centre.hear()
    assert len(centre.notes) == 2
    centre.erase(theirs, erased)
    centre.hear()
    assert centre.notes == [stays]


def test_a_service_that_is_away_is_asked_again_once_it_is_back(
    centre: Noting, session_for: SessionFor, runtime_for: Callable[[str], Runtime], clock: FixedClock
) -> None:
    theirs, notify = session_for("notify"), fake(runtime_for("intake"), "notify")
    erased = centre.note(theirs, "notify")
    centre.hear()
    centre.erase(theirs, erased)
    notify.away = True
    centre.hear()
    assert centre.notes == [erased]
    notify.away = False
    clock.advance(LISTEN_EVERY)
    centre.hear()
    assert centre.notes == []


def test_where_nobody_is_erased_a_service_is_asked_once_a_day(
    centre: Noting, session_for: SessionFor, runtime_for: Callable[[str], Runtime], clock: FixedClock
) -> None:
    theirs, notify = session_for("notify"), fake(runtime_for("intake"), "notify")
    about = centre.note(theirs, "notify")
    for _ in range(3):
        centre.hear()
        clock.advance(LISTEN_EVERY)
    assert asked(notify.asked_at_desk) == 1
    # As after a restore: nobody says that somebody was erased.
    forget_about(theirs, [about], at=clock.now())
    theirs.commit()
    clock.advance(COMPARE_EVERY)
    centre.hear()
    assert asked(notify.asked_at_desk) == 2
    assert centre.notes == []


def test_many_notes_are_asked_about_in_parts(
    centre: Noting, session_for: SessionFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands_forgetting, "AT_MOST", 2)
    theirs = session_for("notify")
    subjects = [centre.note(theirs, "notify") for _ in range(5)]
    for one in subjects[::2]:
        centre.erase(theirs, one)
    centre.hear()
    assert set(centre.notes) == set(subjects[1::2])


def asked(asks: Sequence[object]) -> int:
    return sum(isinstance(one, AskErased) for one in asks)
