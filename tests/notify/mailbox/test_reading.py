"""Each mail is taken in once, whatever dies in between, and none is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from services.notify.channels.imap_mailbox import MOST_BYTES, Mailbox
from services.notify.mailbox import commands, letters, tasks
from services.notify.mailbox.tables import Taken
from tests.kit.imap_standin import HangUp
from tests.kit.settings import settings_for
from tests.notify.mailbox.post import Post
from tests.notify.visits.office import ADDRESS


class Died(BaseException):
    """The process ends here."""


def dies(*_: Any, **__: Any) -> Any:
    raise Died


def hangs_up() -> None:
    raise HangUp


@pytest.fixture
def mail(post: Post) -> Any:
    post.family()
    return post.goes_out()[0]


def test_a_mail_is_taken_in_once_however_often_the_mailbox_is_read(post: Post, mail: Any) -> None:
    post.hears(mail, "Mag oma mee?")
    post.look()
    assert (post.taken(), len(post.waiting())) == (["person"], 1)


def test_what_a_program_dealt_with_is_marked_as_read_and_what_waits_for_a_person_is_not(
    post: Post, mail: Any
) -> None:
    post.answers(mail, "stop")
    left = post.answers(mail, "Mag oma mee?")
    post.look()
    assert post.box.unread() == [left]


def test_a_worker_that_dies_before_it_is_stored_has_not_taken_it_in(
    post: Post, mail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.answers(mail, "Mag oma mee?")
    with monkeypatch.context() as patch:
        patch.setattr(commands, "_read_up_to", dies)
        with pytest.raises(Died):
            post.look()
    assert (post.taken(), post.waiting()) == ([], [])
    post.lease_runs_out()
    post.look()
    assert (post.taken(), len(post.waiting())) == (["person"], 1)


def test_one_that_dies_after_it_was_stored_and_before_it_was_marked_does_it_once(
    post: Post, mail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.answers(mail, "stop")
    post.answers(mail, "start")
    with monkeypatch.context() as patch:
        patch.setattr(Mailbox, "mark_read", dies)
        with pytest.raises(Died):
            post.look()
    post.lease_runs_out()
    post.look()
    assert post.taken() == ["stop", "start"]


def test_two_workers_with_the_mailbox_at_once_take_each_mail_in_once(
    post: Post, mail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One stood still for longer than its lease, with the mail in its hand."""
    post.answers(mail, "Mag oma mee?")
    read = Mailbox.read

    def read_slowly(self: Mailbox, uid: int) -> Any:
        monkeypatch.setattr(Mailbox, "read", read)
        post.lease_runs_out()
        assert post.look() == 1
        return read(self, uid)

    monkeypatch.setattr(Mailbox, "read", read_slowly)
    post.look()
    assert (post.taken(), len(post.waiting())) == (["person"], 1)


def test_when_the_mailbox_is_numbered_anew_nothing_is_done_twice_and_nothing_is_missed(
    post: Post, mail: Any
) -> None:
    post.hears(mail, "Mag oma mee?")
    post.answers(mail, "En tante?")
    post.box.mails[-1].flags.add("\\Seen")
    post.box.is_numbered_anew()
    post.look()
    assert [item.text for item in post.waiting()] == ["Mag oma mee?", "En tante?"]


def test_a_mail_that_a_colleague_opened_first_is_taken_in_all_the_same(post: Post, mail: Any) -> None:
    post.look()
    post.answers(mail, "stop")
    post.box.mails[-1].flags.add("\\Seen")
    post.look()
    assert post.taken() == ["stop"]


def test_a_mailbox_that_is_new_is_read_for_what_is_unread_of_the_last_two_weeks(
    post: Post, mail: Any
) -> None:
    today = datetime.now(UTC).date()
    for days, seen in ((30, False), (2, True), (2, False)):
        post.answers(mail, f"{days} {seen}")
        post.box.mails[-1].day = today - timedelta(days=days)
        post.box.mails[-1].flags |= {"\\Seen"} if seen else set()
    post.look()
    post.look()
    assert [item.text for item in post.waiting()] == ["2 False"]


def test_another_mailbox_is_read_from_its_own_beginning(post: Post, mail: Any) -> None:
    post.hears(mail, "een")
    post.box.folder = "Antwoorden"
    post.runtime.settings = settings_for(
        "notify", **(post.runtime.settings.model_dump() | {"imap_url": post.box.url})
    )
    post.box.mails.clear()
    post.box.next_uid = 1
    post.answers(mail, "twee", **{"Message-ID": "<twee@voorbeeld.nl>"})
    post.look()
    assert [item.text for item in post.waiting()] == ["een", "twee"]


def test_much_mail_is_taken_in_a_few_at_a_time(post: Post, mail: Any) -> None:
    for number in range(tasks.MAILS_AT_ONCE + 3):
        post.answers(mail, f"vraag {number}")
    post.look()
    assert len(post.taken()) == tasks.MAILS_AT_ONCE
    assert post.look_again() == 1
    assert len(post.taken()) == tasks.MAILS_AT_ONCE + 3
    assert post.look_again() == 0


def test_a_mail_that_no_program_can_read_is_left_to_a_person_and_keeps_no_other_back(
    post: Post, mail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = letters.read

    def stumbles(content: bytes, ours: str) -> Any:
        if b"wurgt" in content:
            raise RecursionError
        return read(content, ours)

    monkeypatch.setattr(letters, "read", stumbles)
    post.answers(mail, "dit wurgt")
    post.answers(mail, "stop")
    post.look()
    post.look()
    assert post.taken() == ["unreadable", "stop"]
    assert [item.reason for item in post.waiting()] == ["mail-unreadable"]
    assert len(post.box.unread()) == 1


def test_of_a_mail_that_is_very_large_the_beginning_is_read(post: Post, mail: Any) -> None:
    post.answers(mail, "Ja, met foto's\n" + "x" * 70 + "\n" + ("y" * 70 + "\n") * 8000)
    assert len(post.box.mails[-1].content) > MOST_BYTES
    post.look()
    [item] = post.waiting()
    assert item.text is not None
    assert item.text.startswith("Ja, met foto's")
    assert len(item.text) <= 4000


def test_a_mail_with_no_words_is_opened_by_a_person(post: Post, mail: Any) -> None:
    post.hears(mail, "")
    assert [item.reason for item in post.waiting()] == ["mail-without-words"]


def test_one_that_is_deleted_while_it_is_read_is_passed_over(post: Post, mail: Any) -> None:
    post.answers(mail, "weg")
    post.answers(mail, "stop")
    gone = post.box.mails[0]

    def deletes() -> None:
        post.box.mails[:] = [one for one in post.box.mails if one is not gone]

    post.box.on["UID FETCH"] = deletes
    post.look()
    assert post.taken() == ["stop"]


@pytest.mark.parametrize(
    "command", ["AUTHENTICATE", "SELECT", "UID SEARCH", "UID FETCH", "UID STORE", "LOGOUT"]
)
def test_a_mailbox_that_hangs_up_at_any_moment_loses_nothing(post: Post, mail: Any, command: str) -> None:
    post.answers(mail, "stop")
    post.box.on[command] = hangs_up
    post.look()
    post.box.on.clear()
    post.look()
    assert post.taken() == ["stop"]
    assert post.rows("mailbox_state")[0].trouble is None


def test_a_mailbox_that_cannot_be_read_is_tried_again_and_said_so(post: Post, mail: Any) -> None:
    post.look()
    post.box.password = "another"
    post.answers(mail, "stop")
    post.look()
    [state] = post.rows("mailbox_state")
    assert (state.trouble, post.taken()) == ("mailbox-refuses-our-key", [])
    assert "weerzien_mailbox_unread_seconds" in post.office.client.get("/metrics").text
    assert unread_seconds(post) >= 360
    post.box.password = 'a "pass\\word" met é'
    post.look()
    assert post.taken() == ["stop"]
    assert unread_seconds(post) == 0


def unread_seconds(post: Post) -> float:
    page = post.office.client.get("/metrics").text
    [line] = [line for line in page.splitlines() if line.startswith("weerzien_mailbox_unread_seconds{")]
    return float(line.rpartition(" ")[2])


def test_what_came_in_is_counted_by_what_it_was_taken_for(post: Post, mail: Any) -> None:
    post.hears(mail, "stop")
    page = post.office.client.get("/metrics").text
    assert 'weerzien_mails_taken_in{kind="stop",service="notify"} 1.0' in page


def test_where_no_mailbox_is_set_up_none_is_read_and_nothing_is_late(post: Post) -> None:
    post.runtime.settings = settings_for(
        "notify", **(post.runtime.settings.model_dump() | {"imap_url": None})
    )
    assert post.look() == 1
    assert post.look() == 1
    assert (post.box.asked, unread_seconds(post)) == ([], 0)


def test_a_database_that_is_away_leaves_the_mail_where_it_is(
    post: Post, mail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.answers(mail, "stop")

    def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("", {}, Exception())

    with monkeypatch.context() as patch:
        patch.setattr(commands, "_act", away)
        with pytest.raises(OperationalError):
            post.look()
    post.lease_runs_out()
    post.look()
    assert post.taken() == ["stop"]


def test_who_is_erased_is_erased_from_what_they_mailed(post: Post, mail: Any) -> None:
    from services import system
    from shared.events.erasure import Whom
    from shared.forgetting.erasing import erase

    post.hears(mail, "Mag oma mee?")
    post.hears(mail, "Mag oma mee?", sender="ander@elders.example")
    with post.runtime.sessions() as session:
        erase(session, system.service("notify").eraser, Whom(emails=(ADDRESS,)), at=post.office.clock.now())
        session.commit()
    assert post.waiting() == []
    assert all(row.erased_at and not row.from_index for row in post.rows("inbound_texts"))
    assert [row.about_index for row in post.rows("inbound_texts")] == [None, None]
    assert post.rows("kept_by_provider") == []
    assert {row.kind for row in post.rows("taken_mails")} == {Taken.PERSON}
