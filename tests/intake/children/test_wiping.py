"""What a child wipes is gone with its key, for everybody, and stays gone."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select as every
from sqlmodel import Session, select

from services.intake.children import codes, commands, locking
from services.intake.children.erasing import PERIODS
from services.intake.children.tables import Box, BoxMessage, MessageKey
from services.intake.conversations.tables import Draft
from services.intake.desk.tables import DeskNote
from services.intake.erasures.commands import ERASER
from services.intake.staff.tables import Role
from shared.clock import FixedClock
from shared.crypto import Unreadable
from shared.desk.items import open_about, open_items
from shared.forgetting.erasing import erase_again
from shared.forgetting.tables import erased
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.intake.children.child import BYE, QUESTION, Child, visible
from tests.kit.desk import one_desk, token_in
from tests.kit.staff import sign_in


def rows(session: Session) -> tuple[int, int, int]:
    """How many boxes, messages and keys there are."""
    session.expire_all()
    return tuple(len(session.exec(select(one)).all()) for one in (Box, BoxMessage, MessageKey))  # type: ignore[return-value]


def test_each_message_is_locked_with_a_key_of_its_own(child: Child, session: Session) -> None:
    child.asks()
    child.writes("Nog iets.")
    messages = session.exec(select(BoxMessage).order_by(BoxMessage.number)).all()  # type: ignore[arg-type]
    keys = {one.id: one.key for one in session.exec(select(MessageKey)).all()}
    assert len(set(keys.values())) == 2
    assert [locking.unlock(one, keys[one.id]) for one in messages] == [QUESTION, "Nog iets."]
    with pytest.raises(Unreadable):
        locking.unlock(messages[0], keys[messages[1].id])
    with pytest.raises(Unreadable):
        locking.unlock(messages[0], base64.b64encode(bytes(32)).decode())
    assert QUESTION.encode() not in bytes(messages[0].locked)


def test_one_message_is_wiped_with_its_key_and_the_others_stay(child: Child, session: Session) -> None:
    child.asks()
    child.writes("Dit liever niet.")
    [message] = session.exec(select(BoxMessage.id).where(BoxMessage.number == 2)).all()
    assert child.wipes(message).status_code == 303
    assert rows(session) == (1, 1, 1)
    page = visible(child.reads())
    assert "Dit liever niet." not in page
    assert QUESTION in page
    assert len(open_items(session, kind="child-wrote")) == 1


def test_a_question_that_was_wiped_waits_for_nobody(child: Child, session: Session) -> None:
    child.asks()
    [message] = session.exec(select(BoxMessage.id)).all()
    child.wipes(message)
    assert open_items(session, kind="child-wrote") == []
    child.writes("Toch iets.")
    session.expire_all()
    assert len(open_items(session, kind="child-wrote")) == 1


def test_everything_is_wiped_once_a_child_is_sure_and_the_words_lead_nowhere_any_more(
    child: Child, session: Session
) -> None:
    child.asks()
    child.writes("Nog iets.")
    assert child.wipes("all").status_code == 400
    assert rows(session) == (1, 2, 2)
    assert child.wipes("all", sure="yes").headers["location"] == BYE
    assert rows(session) == (0, 0, 0)
    assert open_items(session, kind="child-wrote") == []
    assert child.comes_back().status_code == 404


def test_what_the_desk_had_of_it_goes_as_well(
    child: Child,
    session: Session,
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
) -> None:
    child.asks()
    desk = one_desk(runtime_for, client_for)
    sign_in(desk, session, Role.ADVISER)
    box = session.exec(select(Box.id)).one()
    [item] = open_about(session, box, commands.CHILD_WROTE)
    path = f"/desk/items/intake/{item.id}"
    token = token_in(desk.get(path).text)
    desk.post(f"{path}/note", data={"form": token, "note": "Klinkt verdrietig."})
    desk.post(f"/desk/children/{box}", data={"form": token, "text": "Nee, het", "do": "keep"})
    session.expire_all()
    assert [len(session.exec(select(one)).all()) for one in (DeskNote, Draft)] == [1, 1]
    child.wipes("all", sure="yes")
    session.expire_all()
    assert [len(session.exec(select(one)).all()) for one in (DeskNote, Draft)] == [0, 0]
    assert desk.get(f"/desk/children/{box}").status_code == 404


def test_nobody_wipes_what_is_in_another_box(child: Child, client: TestClient, session: Session) -> None:
    child.asks()
    [message] = session.exec(select(BoxMessage.id)).all()
    other = Child(client)
    other.asks()
    other.wipes(message)
    assert rows(session) == (2, 2, 2)


def test_a_copy_of_the_database_that_is_put_back_loses_it_again(child: Child, session: Session) -> None:
    child.asks()
    child.writes("Nog iets.")
    copies = [
        [kind(**one.model_dump()) for one in session.exec(select(kind)).all()]
        for kind in (Box, BoxMessage, MessageKey)
    ]
    child.wipes("all", sure="yes")
    assert len(session.execute(every(erased)).all()) == 3
    # As a restore does it, with the rows as they were stored.
    session.add_all([one for some in copies for one in some])
    session.commit()
    assert rows(session) == (1, 2, 2)
    erase_again(session, ERASER, at=MORNING)
    assert rows(session) == (0, 0, 0)


def test_half_a_year_after_the_last_word_everything_goes(
    child: Child, session: Session, clock: FixedClock, runtime_for: Callable[[str], Runtime]
) -> None:
    child.asks()
    settings = runtime_for("intake").settings
    [period] = PERIODS
    for days, left in ((179, 1), (2, 0)):
        clock.advance(timedelta(days=days))
        period.forget(session, period.before(settings, clock.now()), 100, clock.now())
        session.commit()
        assert rows(session) == (left,) * 3


def test_a_question_whose_words_were_never_typed_goes_the_next_day(
    child: Child, session: Session, clock: FixedClock, runtime_for: Callable[[str], Runtime]
) -> None:
    child.sends()
    [period] = PERIODS
    clock.advance(timedelta(days=1, seconds=1))
    period.forget(session, period.before(runtime_for("intake").settings, clock.now()), 100, clock.now())
    session.commit()
    assert rows(session) == (0, 0, 0)


def test_words_are_stored_as_a_slow_hash_under_a_key_and_nothing_else(child: Child, session: Session) -> None:
    child.asks()
    [box] = session.exec(select(Box)).all()
    assert box.code_hash.startswith("$argon2id$")
    assert codes.is_right(tuple(child.words.split()), box.code_hash)
    assert child.words.split()[0].encode() not in bytes(box.mark)
