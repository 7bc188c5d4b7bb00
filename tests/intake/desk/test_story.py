"""A person's whole story on one page: what is told, from which service, and what is shown to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlmodel import Session, col

from services.intake.calls.commands import exchange
from services.intake.calls.tables import CallBack
from services.intake.conversations.tables import Side, Written
from services.intake.desk.tables import DeskNote
from services.intake.staff.tables import Role, StaffSession
from services.notify.contacts.queries import address_index
from services.notify.replies.tables import InboundText
from services.referral.referrals.tables import Referral
from shared.audit.tables import audit_entries
from shared.clock import FixedClock
from shared.desk.items import open_item
from shared.desk.tables import work_items
from shared.events.finding import AskStory
from shared.runtime import Runtime
from tests.intake.desk.desk import EN
from tests.intake.desk.people import MakeKey, ask, found, register
from tests.kit.desk import press
from tests.kit.peers import fake
from tests.kit.staff import sign_in

ClientFor = Callable[[str], TestClient]
RuntimeFor = Callable[[str], Runtime]
SessionFor = Callable[[str], Session]
NUMBER, NAME, WORDS = "+31612345678", "Fatima El Khatib", "Mag de tekening mee?"


def told(client: TestClient, kind: str, id: UUID, status: int = 200) -> str:
    answer = client.get(f"/desk/people-of/{kind}/{id}", headers=EN)
    assert answer.status_code == status, answer.text
    return " ".join(answer.text.split())


def text_in(session: Session, clock: FixedClock, words: str = "komen we met drie?") -> UUID:
    came = InboundText(
        provider_sid=str(uuid4()),
        from_index=address_index("sms", NUMBER),
        sender=NUMBER,
        body=words,
        received_at=clock.now(),
    )
    session.add(came)
    session.commit()
    return came.id


def shown(client: TestClient, kind: str, id: UUID, why: str = "call") -> str:
    path = f"/desk/people-of/{kind}/{id}"
    page = client.get(path, headers=EN).text
    answer = press(client, f"{path}/show", page, why=why)
    assert answer.status_code == 303, answer.text
    return " ".join(client.get(answer.headers["location"], headers=EN).text.split())


def reveals(session: Session) -> set[tuple[str, str, str, str]]:
    session.rollback()
    rows = session.execute(select(audit_entries).where(audit_entries.c.deed.like("reveal.%")))
    return {(row.who, row.deed, row.about, row.why) for row in rows}


def test_a_story_has_what_happened_in_all_services_in_order_of_time(
    client: TestClient,
    fatima: tuple[UUID, str],
    client_for: ClientFor,
    make_key: MakeKey,
    session_for: SessionFor,
    clock: FixedClock,
) -> None:
    clock.advance(timedelta(hours=1))
    register(client_for("notify"), make_key)
    clock.advance(timedelta(hours=1))
    text_in(session_for("notify"), clock)
    clock.advance(timedelta(hours=1))
    session = session_for("intake")
    exchange.ring(session, "a", "0612345678", "+31201234567", at=clock.now())
    exchange.hang_up(session, "a", "cancelled", at=clock.now())
    session.commit()
    page = told(client, "request", fatima[0])
    steps = ["Asked", "Registered for a visit", "Wrote to us", "Called us", "Is to be called back"]
    places = [page.index(f"<strong>{step}") for step in steps]
    assert places == sorted(places)
    assert fatima[1] in page
    back = session.scalars(select(CallBack)).one()
    assert f"/desk/call-backs/{back.id}" in page


def test_a_story_names_nobody_until_somebody_says_why(
    client: TestClient,
    fatima: tuple[UUID, str],
    client_for: ClientFor,
    make_key: MakeKey,
    session_for: SessionFor,
    clock: FixedClock,
) -> None:
    register(client_for("notify"), make_key)
    text_in(session_for("notify"), clock)
    page = told(client, "request", fatima[0])
    for hidden in ("Fatima", "12345678", WORDS, "komen we met drie"):
        assert hidden not in page
    assert "hidden" in page


def test_who_says_why_sees_it_and_that_is_noted_where_it_is_kept(
    client: TestClient,
    noor: UUID,
    fatima: tuple[UUID, str],
    client_for: ClientFor,
    make_key: MakeKey,
    session_for: SessionFor,
    clock: FixedClock,
) -> None:
    registration = register(client_for("notify"), make_key)
    text = text_in(session_for("notify"), clock)
    page = shown(client, "request", fatima[0], "write")
    for one in (NAME, "+31 6 12345678", WORDS, "komen we met drie?"):
        assert one in page
    me, about = f"staff:{noor}", f"advice-request:{fatima[0]}"
    kinds = ("name", "phone", "email", "words")
    assert reveals(session_for("intake")) == {(me, f"reveal.{one}", about, "write") for one in kinds}
    assert reveals(session_for("notify")) == {
        (me, "reveal.words", f"text:{text}", "write"),
        (me, "reveal.name", f"registration:{registration}", "write"),
    }


def test_without_a_reason_or_proof_of_who_looks_nothing_is_shown(
    client: TestClient, fatima: tuple[UUID, str], session_for: SessionFor
) -> None:
    path = f"/desk/people-of/request/{fatima[0]}"
    page = client.get(path, headers=EN).text
    answer = press(client, f"{path}/show", page, why="curious")
    assert answer.status_code == 400
    assert NAME not in answer.text
    assert NAME not in client.get(f"{path}?shown=made-up", headers=EN).text
    session = session_for("intake")
    session.execute(update(StaffSession).values(stepped_up_at=None))
    session.commit()
    later = press(client, f"{path}/show", page, why="call")
    assert later.headers["location"].startswith("/desk/step-up")
    assert reveals(session) == set()


def test_what_is_shown_of_one_story_shows_no_other(
    client: TestClient, fatima: tuple[UUID, str], make_key: MakeKey
) -> None:
    other, _ = ask(client, make_key, name="Piet", phone="06 87654321", email="piet@example.org")
    path = f"/desk/people-of/request/{fatima[0]}"
    page = client.get(path, headers=EN).text
    location = press(client, f"{path}/show", page, why="call").headers["location"]
    token = location.split("?")[1]
    assert "Piet" not in client.get(f"/desk/people-of/request/{other}?{token}", headers=EN).text


def test_several_questions_of_one_number_are_one_story(
    client: TestClient, fatima: tuple[UUID, str], make_key: MakeKey
) -> None:
    second, reference = ask(client, make_key, email=None)
    for id in (fatima[0], second):
        page = told(client, "request", id)
        assert fatima[1] in page
        assert reference in page
        assert "2 questions came from" in page


def test_another_number_is_another_story(
    client: TestClient, fatima: tuple[UUID, str], make_key: MakeKey
) -> None:
    _, reference = ask(client, make_key, phone="06 87654321", email="fatima@elders.example")
    assert reference not in told(client, "request", fatima[0])


def test_what_the_search_found_leads_to_a_story(
    client: TestClient,
    fatima: tuple[UUID, str],
    client_for: ClientFor,
    make_key: MakeKey,
    session_for: SessionFor,
    clock: FixedClock,
) -> None:
    register(client_for("notify"), make_key)
    text_in(session_for("notify"), clock)
    session = session_for("intake")
    exchange.ring(session, "a", "0612345678", "+31201234567", at=clock.now())
    session.commit()
    ways = found(client, NUMBER)
    assert {one.split("/")[0] for one in ways} == {"request", "registration", "text", "call"}
    for one in ways:
        assert fatima[1] in told(client, *_place(one))


def _place(way: str) -> tuple[str, UUID]:
    kind, id = way.split("/")
    return kind, UUID(id)


@pytest.mark.parametrize("name", ["referral", "notify"])
def test_a_service_that_is_away_says_so_and_the_rest_is_told(
    client: TestClient, fatima: tuple[UUID, str], runtime_for: RuntimeFor, name: str
) -> None:
    fake(runtime_for("intake"), name).away = True
    page = told(client, "request", fatima[0])
    assert "does not answer now" in page
    assert "Asked" in page


def test_the_story_of_a_registration_waits_for_notify(
    client: TestClient, noor: UUID, client_for: ClientFor, make_key: MakeKey, runtime_for: RuntimeFor
) -> None:
    id = register(client_for("notify"), make_key)
    fake(runtime_for("intake"), "notify").away = True
    assert "does not answer now" in told(client, "registration", id, 503)


def test_each_service_is_asked_once_however_much_there_is(
    client: TestClient, fatima: tuple[UUID, str], make_key: MakeKey, runtime_for: RuntimeFor
) -> None:
    for _ in range(5):
        ask(client, make_key)
    told(client, "request", fatima[0])
    for name in ("referral", "notify"):
        asked = [one for one in fake(runtime_for("intake"), name).asked_at_desk if isinstance(one, AskStory)]
        assert [len(one.requests) for one in asked] == [6]


def test_what_waits_in_any_service_can_be_done_from_the_story(
    client: TestClient, fatima: tuple[UUID, str], session_for: SessionFor, clock: FixedClock
) -> None:
    ids = {}
    for service in ("intake", "referral", "notify"):
        session = session_for(service)
        open_item(
            session,
            kind="something",
            reason="no-rule",
            subject_id=fatima[0] if service == "intake" else uuid4(),
            details={"requestId": str(fatima[0])},
            dedupe_key="a",
            at=clock.now(),
        )
        session.commit()
        of_ours = select(work_items.c.id).where(work_items.c.kind == "something")
        ids[service] = session.execute(of_ours).scalar_one()
    page = told(client, "request", fatima[0])
    for service, id in ids.items():
        assert f"/desk/items/{service}/{id}" in page


def test_notes_of_colleagues_are_in_the_story(
    client: TestClient, noor: UUID, fatima: tuple[UUID, str], session_for: SessionFor, clock: FixedClock
) -> None:
    session = session_for("intake")
    session.add(
        DeskNote(
            service="intake",
            item_id=uuid4(),
            about=fatima[0],
            author_id=noor,
            written_at=clock.now(),
            text="belt liever na vier uur",
        )
    )
    session.commit()
    page = told(client, "request", fatima[0])
    assert "<strong>Note</strong> · Noor" in page
    assert "na vier uur" not in page
    assert "na vier uur" in shown(client, "request", fatima[0])


def test_what_asker_and_centre_wrote_to_each_other_is_in_the_story(
    client: TestClient, noor: UUID, fatima: tuple[UUID, str], session_for: SessionFor, clock: FixedClock
) -> None:
    session = session_for("intake")
    for number, side, by, words in (
        (1, Side.CENTRE, noor, "Dat mag op woensdag."),
        (2, Side.ASKER, None, "Ook met oma?"),
    ):
        clock.advance(timedelta(hours=1))
        session.add(
            Written(
                request_id=fatima[0],
                number=number,
                side=side,
                staff_id=by,
                text=words,
                written_at=clock.now(),
                key=str(number),
                fingerprint=b"",
            )
        )
    session.commit()
    page = told(client, "request", fatima[0])
    assert page.index("<strong>We wrote back</strong> · Noor") < page.index(
        "<strong>Wrote back to us</strong>"
    )
    assert "woensdag" not in page
    assert "Ook met oma?" in shown(client, "request", fatima[0])


def test_whoever_asked_can_be_written_to_from_their_story(
    client: TestClient, noor: UUID, fatima: tuple[UUID, str]
) -> None:
    id, reference = fatima
    assert f'href="/desk/requests/{reference}/conversation' in told(client, "request", id)


def test_only_a_senior_is_led_to_erasing(
    client: TestClient, fatima: tuple[UUID, str], session_for: SessionFor
) -> None:
    assert "/desk/erase" not in told(client, "request", fatima[0])
    sign_in(client, session_for("intake"), Role.SENIOR, name="Sam")
    assert f"/desk/erase/{fatima[1]}" in told(client, "request", fatima[0])


def test_who_was_erased_has_no_story(
    client: TestClient, fatima: tuple[UUID, str], make_key: MakeKey, runtime_for: RuntimeFor
) -> None:
    key = make_key("intake", "desk")
    assert client.post("/v1/erasures", json={"reference": fatima[1]}, headers=key).status_code == 202
    told(client, "request", fatima[0], 404)


@pytest.mark.parametrize("kind", ["request", "call", "registration", "text", "something"])
def test_nobody_is_where_nobody_was(client: TestClient, noor: UUID, kind: str) -> None:
    told(client, kind, uuid4(), 404)


def test_a_referral_is_told_with_its_question(
    client: TestClient, fatima: tuple[UUID, str], session_for: SessionFor, clock: FixedClock
) -> None:
    session = session_for("referral")
    session.add(
        Referral(
            request_id=fatima[0],
            country="NL",
            profile={},
            explanation={},
            ruleset="1",
            created_at=clock.now(),
            updated_at=clock.now(),
        )
    )
    session.commit()
    assert "Sought who can help" in told(client, "request", fatima[0])
    assert session.scalars(select(col(Referral.request_id))).one() == fatima[0]


def test_programs_hear_no_story(client: TestClient, client_for: ClientFor) -> None:
    """Another service's route answers intake alone, and only in somebody's name."""
    for name in ("referral", "notify"):
        assert client_for(name).post(AskStory.path, json={}).status_code == 401
