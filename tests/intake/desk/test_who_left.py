"""What was with somebody who is let go, or does other work now, is nobody's: it does not wait in silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlmodel import col

from services.intake.desk import commands, queries
from services.intake.desk.commands import Place
from services.intake.desk.tables import DeskCall
from services.intake.hours.queries import now_open
from services.intake.hours.tables import Shift
from services.intake.staff.commands import add, change_roles, disable
from services.intake.staff.tables import Person, Role
from tests.conftest import MORNING
from tests.intake.desk.centre import QUARTER, Centre
from tests.intake.desk.desk import EN, put
from tests.kit.staff import sign_in

Leave = Callable[[Person], None]


@pytest.fixture(params=["let go", "other work"])
def leave(request: pytest.FixtureRequest, centre: Centre) -> Leave:
    """Somebody works at the desk no more."""
    add(centre.session, "op", "op@centre.example", [Role.OPERATOR], at=MORNING)
    centre.session.commit()

    def make(person: Person) -> None:
        if request.param == "let go":
            disable(centre.session, person.id, at=MORNING, by="operator")
        else:
            change_roles(centre.session, person.id, [Role.EDITOR], at=MORNING, by="operator")

    return make


def take(centre: Centre, person: Person) -> Place:
    place = Place("intake", centre.item(), None, is_loud=True)
    commands.take(centre.session, place, centre.signed(person), at=centre.clock.now())
    return place


def test_danger_that_they_took_grows_loud_again(centre: Centre, leave: Leave) -> None:
    put(centre.session, centre.clock.now(), "danger-now")
    take(centre, centre.sam)
    centre.pass_by(QUARTER)
    assert centre.called == []
    leave(centre.sam)
    centre.sweep()
    assert centre.called == [(1, "noor")]


def test_their_item_is_taken_by_a_colleague_without_asking_whether_that_is_meant(
    centre: Centre, leave: Leave
) -> None:
    put(centre.session, centre.clock.now())
    place = take(centre, centre.sam)
    leave(centre.sam)
    assert commands.of_another(centre.session, "intake", place.item_id, centre.noor.id) is None
    commands.take(centre.session, place, centre.signed(centre.noor), at=centre.clock.now())
    assert queries.mark_of(centre.session, "intake", place.item_id).owner_id == centre.noor.id


def test_the_list_shows_it_as_nobodys(
    centre: Centre, leave: Leave, client_for: Callable[[str], TestClient]
) -> None:
    put(centre.session, centre.clock.now())
    place = take(centre, centre.sam)
    client = client_for("intake")
    sign_in(client, centre.session, name="Lies")
    path = f"/desk/items/intake/{place.item_id}"
    assert "sam" in client.get("/desk?service=intake", headers=EN).text.split("<main")[1]
    assert "<dd>sam (" in client.get(path, headers=EN).text
    leave(centre.sam)
    assert "sam" not in client.get("/desk?service=intake", headers=EN).text.split("<main")[1]
    assert "<dd>sam (" not in client.get(path, headers=EN).text


def test_no_mail_about_what_waits_goes_to_them(centre: Centre, leave: Leave) -> None:
    put(centre.session, centre.clock.now(), "danger-now")
    centre.pass_by(QUARTER)
    ids = list(centre.session.scalars(select(col(DeskCall.id))))
    assert [waits for _, _, waits in queries.calls_by_ids(centre.session, ids)] == [True]
    leave(centre.noor)
    assert [waits for _, _, waits in queries.calls_by_ids(centre.session, ids)] == [False]


def test_their_shift_opens_no_desk(centre: Centre, leave: Leave) -> None:
    now = centre.clock.now()
    centre.session.add(Shift(staff_id=centre.sam.id, begins=now, ends=now + timedelta(hours=3)))
    centre.session.commit()
    assert now_open(centre.session, "NL", now, by_shifts=True).open
    leave(centre.sam)
    assert not now_open(centre.session, "NL", now, by_shifts=True).open
