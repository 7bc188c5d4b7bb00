from datetime import UTC, datetime, time

from services.notify.messages.moments import Rhythm, SafeTime

AMSTERDAM = "Europe/Amsterdam"
EVENINGS = SafeTime(frozenset({"mon", "wed"}), time(17), time(18))


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment in November 2026 in Amsterdam, which is then an hour ahead of UTC."""
    return datetime(2026, 11, day, hour - 1, minute, tzinfo=UTC)


def test_in_the_middle_of_the_day_there_is_nothing_to_wait_for() -> None:
    assert Rhythm(AMSTERDAM).first_moment(local(24, 12)) == local(24, 12)


def test_at_night_a_text_waits_for_the_morning() -> None:
    assert Rhythm(AMSTERDAM).first_moment(local(24, 22)) == local(25, 9)


def test_a_childs_own_telephone_is_left_alone_during_school() -> None:
    assert Rhythm(AMSTERDAM, minor=True).first_moment(local(24, 10)) == local(24, 15, 30)


def test_who_named_safe_times_hears_nothing_outside_them() -> None:
    careful = Rhythm(AMSTERDAM, safe=[EVENINGS])
    assert careful.first_moment(local(24, 12)) == local(25, 17)
    assert careful.first_moment(local(25, 17, 30)) == local(25, 17, 30)
    assert careful.first_moment(local(25, 18)) == local(30, 17)


def test_a_safe_time_outside_the_window_is_nobodys_moment() -> None:
    late = SafeTime(frozenset({"tue"}), time(21), time(22))
    assert Rhythm(AMSTERDAM, safe=[late]).first_moment(local(24, 12)) is None


def test_a_safe_time_that_begins_before_the_window_starts_with_it() -> None:
    early = SafeTime(frozenset({"wed"}), time(7), time(10))
    assert Rhythm(AMSTERDAM, safe=[early]).first_moment(local(24, 12)) == local(25, 9)


def test_a_safe_sunday_still_belongs_to_the_family() -> None:
    sunday = SafeTime(frozenset({"sun"}), time(9), time(20))
    assert Rhythm(AMSTERDAM, safe=[sunday]).first_moment(local(28, 12)) is None
