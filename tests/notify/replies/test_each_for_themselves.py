"""Of several who text, each is heard for themselves, and a word is taken for no more than it says."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import text

from services.notify.channels.port import Inbound
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.contacts.queries import silent_among
from services.notify.replies.commands import receive
from services.notify.service import SERVICE
from shared.desk.commands import carry_out
from tests.notify.messages.family import NUMBER, on_the_list

OTHER = "+31687654321"
SENTENCE = "ik kan niet stoppen met huilen"


def texts(runtime: Runtime, body: str, sender: str = NUMBER) -> None:
    with runtime.sessions() as session:
        receive(session, Inbound(f"SM{uuid4().hex}", sender, body), at=runtime.clock.now())


def silent(runtime: Runtime) -> dict[str, str]:
    with runtime.sessions() as session:
        return silent_among(session, "sms", [NUMBER, OTHER])


def test_who_starts_again_takes_only_their_own_sentence_off_the_list(notify: Runtime) -> None:
    texts(notify, SENTENCE)
    texts(notify, SENTENCE, OTHER)
    texts(notify, "START", OTHER)
    assert silent(notify) == {NUMBER: "paused"}
    assert [item.reason for item in on_the_list(notify, "reply-paused")] == ["stop-in-a-sentence"]
    with notify.engine.connect() as connection:
        settled = connection.execute(text("SELECT resolution FROM work_items")).scalars().all()
    assert set(settled) == {None, "started-again"}


def test_the_pause_of_one_ends_though_the_sentence_of_another_waits(notify: Runtime) -> None:
    texts(notify, SENTENCE)
    texts(notify, "stop hier nu eens mee, ik meen het", OTHER)
    [first] = [item for item in on_the_list(notify) if item.text == SENTENCE]
    with notify.sessions() as session:
        carry_out(session, SERVICE.desk, first.id, "go-on", {}, at=notify.clock.now(), by="desk")
    assert silent(notify) == {OTHER: "paused"}
