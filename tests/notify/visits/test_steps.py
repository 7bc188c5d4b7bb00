"""A reminder step is one row: when it goes, what it says, and which one goes when several are late."""

from __future__ import annotations

from services.notify.visits.steps import AHEAD, LAST, PURPOSES, ROWS
from services.notify.visits.tables import Step


def test_every_step_has_a_row_and_a_text_of_its_own() -> None:
    assert set(ROWS) == set(Step) - {Step.REGISTRATION}
    assert len(ROWS) == len(AHEAD)
    assert set(PURPOSES) == set(Step)
    assert len(set(PURPOSES.values())) == len(Step)


def test_steps_stand_in_the_order_in_which_families_hear_of_them() -> None:
    days = [row.days for row in AHEAD]
    assert days == sorted(set(days), reverse=True)
    assert LAST.days == min(days) > 0


def test_of_any_two_late_steps_it_is_clear_which_one_speaks() -> None:
    assert len({row.rank for row in AHEAD}) == len(AHEAD)


def test_families_are_asked_whether_they_come_and_first_visits_for_their_papers() -> None:
    assert any(row.asks for row in AHEAD)
    assert any(row.papers for row in AHEAD)
    assert not LAST.papers
