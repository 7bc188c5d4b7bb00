"""A person who wants to be erased is erased: in every table, on every list, and at the provider."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session, select

from services.doctor.stored_keys import examine
from services.intake.desk import commands as desk
from services.intake.desk import tasks
from services.intake.desk.commands import Place
from services.intake.requests.queries import by_reference
from services.intake.staff.rules import Signed
from services.notify.messages.tables import MessageState
from services.notify.replies.tables import InboundText
from services.notify.service import SERVICE as NOTIFY
from services.referral.referrals.tables import OfferState, Referral, Status
from shared.clock import FixedClock
from shared.database.encrypted import reencrypt
from shared.messaging.tables import outbox
from shared.peers import Peer
from shared.runtime import Runtime
from tests.erasing.person import MAIL, NAME, NUMBER, WORDS, Person
from tests.intake.requests.questions import fields, send
from tests.kit.dispatching import handed_out_when_woken
from tests.kit.kept import places
from tests.kit.peers import fake
from tests.notify.messages.family import on_the_list
from tests.notify.visits.office import at

Tell = Callable[[Any], None]
# What stays on purpose: silence is the person's own wish, and counters go after eight days.
STAYS = ("suppressions", "counters")


def left(person: Person, asked: dict[str, Any]) -> list[str]:
    wanted = [NAME, NUMBER, MAIL, WORDS, asked["reference"], "5038", *person.fingerprints]
    return places(person.runtime_for, wanted, but=STAYS)


@pytest.mark.parametrize("by", ["reference", "phone", "email"])
def test_a_person_is_erased_from_every_table_by_reference_number_or_address(
    person: Person, tell: Tell, by: str
) -> None:
    asked = person.asks()
    person.visits()
    person.texts(f"{WORDS}?")
    person.texts("STOP")
    assert len(left(person, asked)) > 10
    known = {"reference": asked["reference"], "phone": "06 1234 5678", "email": MAIL.upper()}
    answer = person.is_erased(**{by: known[by]})
    person.arrive()
    tell(person.notify)
    assert answer.status_code == 202, answer.text
    kept = left(person, asked)
    assert kept == []
    assert answer.json()["counts"]["adviceRequests"] == 1
    assert answer.json()["counts"]["registrations"] == 1


def test_what_was_said_noted_and_written_at_the_desk_goes_with_the_number(person: Person) -> None:
    asked = person.asks()
    person.is_at_the_desk(UUID(asked["id"]))
    assert len(left(person, asked)) > 20
    person.is_erased(phone=NUMBER)
    assert [one for one in left(person, asked) if one.startswith("intake")] == []


def test_what_was_noted_beside_a_text_of_a_family_goes_with_their_number(
    person: Person, runtime_for: Callable[[str], Runtime], client_for: Callable[[str], TestClient]
) -> None:
    person.visits()
    person.texts(f"{WORDS}?")
    intake = runtime_for("intake")
    fake(intake, "notify").desk = Peer("intake", "notify", client_for("notify"))
    [waiting] = [one for one in on_the_list(person.notify) if one.kind == "reply"]
    place = Place("notify", waiting.id, waiting.subject_id, is_loud=False)
    noor = Signed(uuid4(), "Noor", frozenset(), uuid4(), "", is_stepped_up=True)
    with intake.sessions() as session:
        desk.note(session, place, noor, WORDS, at=intake.clock.now())
    listen(intake)
    person.is_erased(phone=NUMBER)
    listen(intake)
    assert places(person.runtime_for, [WORDS], but=STAYS) == []


def listen(intake: Runtime) -> None:
    """Have intake ask the other services, as its dispatcher and worker do."""
    with intake.sessions() as session:
        ids = tasks.claim_watches(session, intake.clock.now(), 50)
        session.commit()
    tasks.hear(intake, ids)


def test_what_two_families_were_asked_back_goes_with_their_number(person: Person) -> None:
    day, _ = person.visits()
    person.office.register(day, name="Samira", phone=NUMBER)
    person.office.clock.set(at("2026-12-14T10:00"))
    person.office.remind()
    person.office.send_all()
    person.texts("JA")
    assert rows(person, "choices") == 1
    person.is_erased(phone=NUMBER)
    assert rows(person, "choices") == 0


def test_what_was_erased_is_answered_alike_the_second_time_and_changes_nothing(person: Person) -> None:
    asked = person.asks()
    person.visits()
    first = person.is_erased(reference=asked["reference"])
    events = count_events(person)
    again = person.is_erased(reference=asked["reference"])
    assert (again.status_code, again.json()) == (202, first.json())
    assert count_events(person) == events
    assert person.intake.get(first.headers["Location"], headers=person.desk).json() == first.json()


def count_events(person: Person) -> int:
    with person.runtime_for("intake").sessions() as session:
        return len(session.execute(outbox.select()).all())


def test_the_provider_forgets_the_texts_both_ways(person: Person, tell: Tell) -> None:
    person.asks()
    person.texts("hallo")
    sent, came = {one.sid for one in person.twilio.to(NUMBER)}, set(person.twilio.ledger.inbound)
    person.is_erased(phone=NUMBER)
    person.arrive()
    tell(person.notify)
    assert set(person.twilio.ledger.deleted) == sent | came
    assert rows(person, "kept_by_provider") == 0


def test_what_the_provider_is_to_forget_is_handed_out_as_soon_as_the_erasure_wakes(person: Person) -> None:
    person.asks()
    person.is_erased(phone=NUMBER)
    assert "notify.erasing.tell" in handed_out_when_woken(person.notify, NOTIFY.wiring)


def rows(person: Person, table: str) -> int:
    with person.notify.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_text_that_the_provider_is_still_sending_is_deleted_later(
    person: Person, tell: Tell, clock: FixedClock
) -> None:
    person.asks()
    person.is_erased(phone=NUMBER)
    tell(person.notify)
    assert person.twilio.ledger.deleted == []
    person.arrive()
    clock.advance(timedelta(minutes=1))
    tell(person.notify)
    assert len(person.twilio.ledger.deleted) == 1
    assert on_the_list(person.notify, "provider-keeps-text") == []


def test_a_text_that_the_provider_never_forgets_is_left_to_a_person(
    person: Person, tell: Tell, clock: FixedClock
) -> None:
    person.asks()
    person.is_erased(phone=NUMBER)
    for _ in range(11):
        tell(person.notify)
        clock.advance(timedelta(days=1))
    [item] = on_the_list(person.notify, "provider-keeps-text")
    assert item.reason == "provider-still-sends-it"
    person.arrive()
    path = f"/v1/work-items/{item.id}/resolutions"
    person.notify_web.post(path, json={"action": "try-again"}, headers=person.office.desk)
    tell(person.notify)
    assert len(person.twilio.ledger.deleted) == 1


def test_the_partner_that_was_asked_is_told_as_after_a_withdrawal(person: Person) -> None:
    asked = person.asks()
    person.is_erased(reference=asked["reference"])
    [offer] = person.offers
    assert offer.state is OfferState.RECALLED
    with person.referral.sessions() as session:
        referral = session.exec(select(Referral)).one()
        assert (referral.status, referral.explanation) == (Status.WITHDRAWN, {})
        types = list(
            session.scalars(outbox.select().with_only_columns(outbox.c.type).order_by(outbox.c.sequence))
        )
    assert types[-1] == "org.weerzien.referral.recalled.v1"


def test_a_visit_to_come_is_cancelled_its_place_is_free_and_no_reminder_goes(person: Person) -> None:
    day, registration = person.visits()
    answer = person.is_erased(phone=NUMBER)
    assert answer.json()["counts"]["reminderSteps"] > 0
    assert person.state_of(registration) == ("cancelled", "")
    assert person.office.reminders(day) == []
    assert person.office.messages() == []
    assert len(person.office.messages(MessageState.VOID)) == 1
    assert person.office.register(day, name=NAME, phone=NUMBER, childAgeBands=["0-3"]) != registration


def test_a_family_that_shares_the_telephone_keeps_its_visit_when_another_is_erased_by_reference(
    person: Person,
) -> None:
    asked = person.asks()
    day = person.office.publish()
    other = person.office.register(day, name="Fatima", phone=NUMBER)
    person.is_erased(reference=asked["reference"])
    assert person.state_of(other) == ("registered", "Fatima")
    person.is_erased(phone=NUMBER)
    assert person.state_of(other) == ("cancelled", "")


def test_whoever_types_somebody_elses_name_and_number_has_nothing_of_theirs_erased(person: Person) -> None:
    day = person.office.publish()
    theirs = person.office.register(day, name=NAME, phone=NUMBER)
    page = send(person.intake, fields(name=NAME, phone=NUMBER))
    typed = re.findall(r"WZ-\w{4}-\w{4}", page.text)[0]
    counts = person.is_erased(reference=typed).json()["counts"]
    assert counts["adviceRequests"] == 1
    assert person.state_of(theirs) == ("registered", NAME)


def test_pupils_for_whom_a_school_asks_from_one_number_are_erased_one_by_one(person: Person) -> None:
    first, second = person.asks(), person.asks(contact={"name": "Merel"})
    counts = person.is_erased(reference=first["reference"]).json()["counts"]
    assert counts["adviceRequests"] == 1
    with person.runtime_for("intake").sessions() as session:
        assert by_reference(session, second["reference"])


def test_a_number_stays_silent_though_its_owner_is_erased(person: Person) -> None:
    person.texts("STOP")
    person.is_erased(phone=NUMBER)
    assert rows(person, "suppressions") == 1


def test_while_another_service_is_away_nothing_is_said_to_be_erased_and_nothing_is_lost(
    person: Person,
) -> None:
    from tests.kit.peers import fake

    asked = person.asks()
    fake(person.runtime_for("intake"), "notify").away = True
    assert person.is_erased(reference=asked["reference"]).status_code == 503
    fake(person.runtime_for("intake"), "notify").away = False
    assert person.is_erased(reference=asked["reference"]).status_code == 202
    assert left(person, asked) == [] or all("attempts" in one for one in left(person, asked))


def test_news_that_comes_after_the_erasure_brings_nothing_back(person: Person) -> None:
    """The event of the question's arrival may be the last to come: its owner then says that it is over."""
    from services.intake.requests import views
    from services.intake.requests.queries import by_ids

    asked = person.asks()
    person.is_erased(reference=asked["reference"])
    with person.runtime_for("intake").sessions() as session:
        [row] = by_ids(session, [UUID(asked["id"])])
        assert views.facts(row).withdrawn
        point = views.contact_point(row, "")
        assert point.withdrawn
        assert (point.name, point.phone, point.email) == (None, None, None)


def test_the_events_of_an_erasure_do_the_same_at_services_that_were_not_asked(person: Person) -> None:
    from services.notify.erasing.commands import forget_request as at_notify
    from services.referral.referrals.erasing import forget_request as at_referral

    asked = person.asks()
    for runtime, forget in ((person.notify, at_notify), (person.referral, partial(at_referral, asked=True))):
        for _ in range(2):
            with runtime.sessions() as session:
                forget(session, UUID(asked["id"]), at=runtime.clock.now())
                session.commit()
    assert [one for one in left(person, asked) if not one.startswith("intake")] in (
        [],
        ["notify.attempts.to_index"],
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reference"),
        ({"reference": "WZ-2345-6789", "phone": NUMBER}, "reference"),
        ({"reference": "hello"}, "reference"),
        ({"phone": "12"}, "phone"),
        ({"phone": "0475 12 34 56"}, "phone"),
        ({"email": "no"}, "email"),
    ],
)
def test_what_names_nobody_in_particular_is_refused(person: Person, body: dict[str, str], field: str) -> None:
    answer = person.is_erased(**body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["field"] == field


def test_a_reference_that_nobody_has_is_not_found_and_a_number_that_nobody_has_counts_nothing(
    person: Person,
) -> None:
    assert person.is_erased(reference="WZ-2345-6789").status_code == 404
    answer = person.is_erased(phone="+31687654321")
    assert answer.status_code == 202
    assert not any(answer.json()["counts"].values())


def test_only_the_desk_erases(person: Person, make_key: Callable[..., dict[str, str]]) -> None:
    key = make_key("intake", "requests:write")
    answer = person.intake.post("/v1/erasures", json={"phone": NUMBER}, headers=key)
    assert answer.status_code == 403


def test_a_row_that_cannot_be_read_keeps_nobody_from_being_erased(
    person: Person, session_for: Callable[[str], Session]
) -> None:
    broken, asked = person.asks(contact={"name": "Merel"}), person.asks()
    session = session_for("intake")
    session.execute(text("UPDATE advice_requests SET name = '\\x0261' WHERE id = :id"), {"id": broken["id"]})
    session.commit()
    counts = person.is_erased(phone=NUMBER).json()["counts"]
    assert counts["adviceRequests"] == 1
    assert person.is_erased(reference=asked["reference"]).status_code == 404


def test_the_internal_route_counts_on_a_dry_run_and_changes_nothing(
    person: Person, runtime_for: Callable[[str], Runtime]
) -> None:
    from shared.security.service_tokens import issue

    person.visits()
    headers = {"Authorization": f"Bearer {issue('intake', 'notify')}"}
    for _ in range(2):
        body = {"phones": [NUMBER], "dryRun": True}
        answer = person.notify_web.post("/internal/erasures", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["registrations"] == 1


def test_what_was_emptied_reads_as_nothing_and_neither_the_doctor_nor_new_keys_mind(person: Person) -> None:
    """A text that came in keeps its row, whose columns may not be null."""
    person.texts(WORDS)
    person.is_erased(phone=NUMBER)
    notify = person.notify
    with notify.sessions() as session:
        kept = session.exec(select(InboundText)).one()
        assert (kept.sender, kept.body) == ("", "")
        reencrypt(session, InboundText.metadata)
    found = list(examine({"notify": notify.settings}, {"notify": notify.engine}))
    assert [one for one in found if one.grade == "wrong"] == []
