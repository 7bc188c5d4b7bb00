"""What is kept of somebody who called goes: when they ask for it, and in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlmodel import Session

from services.intake.calls import commands, erasing
from services.intake.calls.commands import callers, records
from services.intake.calls.form import CallForm
from services.intake.calls.numbers import index_of
from services.intake.calls.tables import Call, CallBack, Caller, CallNote, Ended, FlagKind, NoTalk, Way
from services.intake.erasures.commands import ERASER
from services.intake.staff.commands import add
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.desk.items import open_items
from shared.events.erasure import Whom
from shared.forgetting.erasing import erase
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.kit.kept import places

NUMBER, WORDS = "+31612345678", "kwetterdekwet"


@pytest.fixture
def noor(session: Session) -> Signed:
    person = add(session, "Noor", "noor@centre.example", [Role.ADVISER], at=MORNING)
    session.commit()
    return Signed(person.id, person.name, frozenset({Role.ADVISER}), person.id, "", True)


def leaves_everything(session: Session, noor: Signed) -> None:
    """Call, be promised a call-back, be flagged, and be missed once more."""
    call = commands.ring(session, "a", NUMBER, None, MORNING)
    records.take(session, call.id, noor, at=MORNING)
    callers.note(session, call.id, WORDS, noor, at=MORNING)
    callers.flag(session, call.id, FlagKind.WARNING, WORDS, MORNING + timedelta(days=9), noor, at=MORNING)
    filled = CallForm(
        about="self",
        audience="carer",
        outcomes=["call-back"],
        back_day="2026-12-03",
        back_from="10:00",
        back_to="12:00",
        back_say=WORDS,
        notes=WORDS,
    )
    records.finalise(session, call.id, filled, noor, at=MORNING)
    records.add_note(session, call.id, WORDS, noor, at=MORNING)
    commands.ring(session, "b", NUMBER, None, MORNING)
    commands.hang_up(session, "b", None, MORNING)


def test_by_number_everything_of_a_caller_goes(
    session: Session, noor: Signed, runtime_for: Callable[[str], Runtime]
) -> None:
    leaves_everything(session, noor)
    wanted: list[str | bytes] = [NUMBER, WORDS, index_of(NUMBER)]
    assert len(places(runtime_for, wanted)) >= 6

    counts = erase(session, ERASER, Whom(phones=(NUMBER,)), at=MORNING)
    session.commit()

    assert places(runtime_for, wanted) == []
    assert (counts["calls"], counts["callBacks"], counts["callers"]) == (2, 2, 1)
    assert not open_items(session)
    assert {one.ended for one in session.scalars(select(CallBack))} == {Ended.ERASED}


def test_what_is_left_of_an_erased_call_are_codes_and_a_month(session: Session, noor: Signed) -> None:
    leaves_everything(session, noor)
    erase(session, ERASER, Whom(phones=(NUMBER,)), at=MORNING)
    session.commit()
    session.expire_all()

    call = session.scalars(select(Call).where(Call.audience == "carer")).one()  # type: ignore[arg-type]
    assert (call.outcomes, call.call_id, call.number_index) == (["call-back"], None, None)
    assert call.at.day == 1


def test_what_came_back_with_a_restore_is_found_by_the_journal(session: Session, noor: Signed) -> None:
    leaves_everything(session, noor)
    found = erasing.find(session, Whom(phones=(NUMBER,)))
    listed = {kind: set(every(session)) for kind, every in ERASER.ids.items()}
    assert all(set(ids) <= listed[kind] for kind, ids in found.items())


def test_after_their_period_calls_are_stripped_and_later_deleted(session: Session, noor: Signed) -> None:
    leaves_everything(session, noor)
    later = MORNING + timedelta(days=400)

    assert erasing.old_calls(session, MORNING + timedelta(days=1), 500, later) == 2
    assert session.scalar(select(func.count()).select_from(CallNote)) == 0
    assert erasing.old_codes(session, later + timedelta(days=1), 500, later) == 2


def test_a_caller_with_a_flag_that_runs_is_kept_until_it_ends(session: Session, noor: Signed) -> None:
    leaves_everything(session, noor)
    soon, late = MORNING + timedelta(days=5), MORNING + timedelta(days=30)

    assert erasing.old_callers(session, soon, 500, soon) == 0
    assert erasing.old_callers(session, late, 500, late) == 1
    assert session.scalar(select(func.count()).select_from(Caller)) == 0


def test_of_what_was_no_conversation_no_number_is_kept(
    session: Session, noor: Signed, runtime_for: Callable[[str], Runtime]
) -> None:
    call = commands.ring(session, "a", NUMBER, None, MORNING)
    records.take(session, call.id, noor, at=MORNING)
    records.close_no_talk(session, call.id, NoTalk.JOKE, noor, at=MORNING)
    assert places(runtime_for, [NUMBER]) == []


def test_the_history_of_a_caller_is_found_by_an_index(session: Session) -> None:
    """Among many calls of others no more rows are read than those of this caller."""
    commands.ring(session, "a", NUMBER, None, MORNING)
    session.execute(
        text(
            "INSERT INTO calls (id, way, direction, state, at, anonymous, draft_version, form_version, needs,"
            " ages, danger, outcomes, services, number_index) SELECT gen_random_uuid(), 'telephone', 'in',"
            " 'finalised', now() - n * interval '1 minute', false, 0, 1, '[]', '[]', false, '[]', '[]',"
            " decode(md5(n::text), 'hex') FROM generate_series(1, 20000) n"
        )
    )
    session.commit()
    session.execute(text("ANALYZE calls"))
    plan = session.execute(
        text("EXPLAIN SELECT count(*), max(at) FROM calls WHERE number_index = :index"),
        {"index": index_of(NUMBER)},
    ).scalars()
    assert "ix_calls_number_index_at" in "\n".join(plan)


def test_what_came_by_post_is_kept_like_a_call(session: Session, noor: Signed) -> None:
    call = records.begin(session, Way.POST, noor, at=MORNING)
    assert (call.way, call.answered_at, call.adviser) == (Way.POST, None, noor.id)
