"""A person who asks for silence gets it, and can end it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import text
from sqlmodel import Session

from services.notify.contacts.commands import suppress, unsuppress
from services.notify.contacts.queries import silent_among

NUMBER, OTHER = "+31612345678", "+32470123456"
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_who_said_stop_is_left_alone_from_then_on(session_for: Callable[[str], Session]) -> None:
    session = session_for("notify")
    assert suppress(session, "sms", NUMBER, reason="stop-word", at=NOW)
    session.commit()
    assert silent_among(session, "sms", [NUMBER])
    assert silent_among(session, "sms", [NUMBER, OTHER]) == {NUMBER: "stop-word"}


def test_saying_stop_twice_is_heard_as_new_only_once(session_for: Callable[[str], Session]) -> None:
    session = session_for("notify")
    heard = [suppress(session, "sms", NUMBER, reason="stop-word", at=NOW) for _ in range(2)]
    assert heard == [True, False]


def test_stop_by_text_leaves_mail_as_it_was(session_for: Callable[[str], Session]) -> None:
    session = session_for("notify")
    suppress(session, "sms", NUMBER, reason="stop-word", at=NOW)
    suppress(session, "email", "an@voorbeeld.nl", reason="unreachable", at=NOW)
    assert not silent_among(session, "sms", [OTHER])
    assert not silent_among(session, "email", ["jan@voorbeeld.nl"])
    assert silent_among(session, "email", ["an@voorbeeld.nl"])


def test_who_says_start_hears_from_us_again(session_for: Callable[[str], Session]) -> None:
    session = session_for("notify")
    suppress(session, "sms", NUMBER, reason="stop-word", at=NOW)
    assert unsuppress(session, "sms", NUMBER)
    assert not silent_among(session, "sms", [NUMBER])
    assert not unsuppress(session, "sms", NUMBER)


def test_the_number_itself_is_not_kept(session_for: Callable[[str], Session]) -> None:
    session = session_for("notify")
    suppress(session, "sms", NUMBER, reason="stop-word", at=NOW)
    rows = session.connection().execute(text("SELECT suppressions::text FROM suppressions")).scalars().all()
    assert rows
    assert not any("612345678" in row for row in rows)
