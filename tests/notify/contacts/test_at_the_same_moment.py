"""At one number or address at the same moment: nobody is asked twice, and nothing waits for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, col, select

from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.contacts import proofs
from services.notify.contacts.proofs import Found, Given
from services.notify.contacts.queries import address_index, mailbox_index
from services.notify.contacts.tables import AskerContact
from tests.kit.crossing import Work, by_index, by_table, crosswise, upside_down, waiting
from tests.kit.system import eventually

ADDRESS = "noor@vraag.example"


def given(address: str = ADDRESS, id: UUID | None = None) -> Given:
    return Given(id or uuid4(), "email", address, asks=True)


def notes(notify: Runtime, *addresses: str) -> Work:
    at = notify.clock.now()
    forms = [given(one) for one in addresses]
    return lambda session: proofs.unproven(session, forms, at=at)


def vouches(notify: Runtime, *ids: UUID) -> Work:
    at = notify.clock.now()
    return lambda session: proofs.vouched(session, [given(id=one) for one in ids], at=at)


def three_ids() -> list[UUID]:
    return sorted(uuid4() for _ in range(3))


@pytest.fixture
def three(notify: Runtime) -> list[UUID]:
    """Three advice requests of one address, in order of their ids; on disk they are the other way round."""
    ids, at = three_ids(), notify.clock.now()
    with notify.sessions() as session:
        proofs.unproven(session, [given(id=one) for one in ids], at=at)
        session.commit()
    upside_down(notify, "asker_contacts")
    return ids


def holds(id: UUID) -> Work:
    def do(session: Session) -> None:
        session.exec(select(AskerContact.id).where(col(AskerContact.id) == id).with_for_update()).one()

    return do


def says(answer: Callable[..., bool], at: datetime) -> Work:
    return lambda session: answer(session, "email", address_index("email", ADDRESS), at=at)


def follows_the_link(id: UUID, at: datetime) -> Work:
    return lambda session: proofs.prove(session, id, at=at)


def erases(ids: Sequence[UUID]) -> Work:
    return lambda session: proofs.forget(session, ids)


def test_mailboxes_are_looked_at_one_at_a_time_in_one_order(notify: Runtime) -> None:
    known = [f"somebody{number}@vraag.example" for number in range(3)]
    low, middle, high = sorted(known, key=lambda one: mailbox_index("email", one))
    one, other = notes(notify, low, middle, high), notes(notify, high, middle, low)
    assert crosswise(notify, notes(notify, middle), one, other) == []


def test_of_two_forms_with_one_mailbox_at_the_same_moment_one_asks_its_owner(notify: Runtime) -> None:
    at = notify.clock.now()

    def found(session: Session) -> list[Found]:
        return list(proofs.unproven(session, [given()], at=at).values())

    def in_a_moment() -> list[Found]:
        with notify.sessions() as session:
            return found(session)

    with ThreadPoolExecutor(1) as pool, notify.sessions() as first:
        assert found(first) == [Found.ASK]
        second = pool.submit(in_a_moment)
        eventually(lambda: second.done() or waiting(notify), what="one that waits")
        first.commit()
        assert second.result() == [Found.LEAVE]


def test_those_whom_a_key_vouches_for_are_noted_in_one_order(notify: Runtime) -> None:
    low, middle, high = three_ids()
    one, other = vouches(notify, low, middle, high), vouches(notify, high, middle, low)
    assert crosswise(notify, vouches(notify, middle), one, other) == []


@pytest.mark.parametrize("found", [by_index, by_table])
@pytest.mark.parametrize("answer", [proofs.answered_yes, proofs.answered_no])
def test_an_answer_and_an_erasure_do_not_wait_for_each_other(
    notify: Runtime, three: list[UUID], answer: Callable[..., bool], found: Callable[[Work], Work]
) -> None:
    answers = by_table(says(answer, notify.clock.now()))
    assert crosswise(notify, holds(three[1]), found(erases(three)), answers) == []


def test_two_links_to_one_address_that_are_followed_at_once_do_not_wait_for_each_other(
    notify: Runtime, three: list[UUID]
) -> None:
    at, (low, middle, high) = notify.clock.now(), three
    assert crosswise(notify, holds(middle), follows_the_link(low, at), follows_the_link(high, at)) == []
    with notify.sessions() as session:
        assert proofs.proven_requests(session, three) == set(three)
