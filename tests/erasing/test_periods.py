"""Nothing stays for ever: each kind of data goes when its period is over, and not a day before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services import system
from services.intake.requests import commands as requests
from services.notify.service import SERVICE as NOTIFY
from services.referral.referrals.tables import OfferState
from shared.clock import FixedClock
from shared.desk.items import item, open_item, resolve
from shared.forgetting.periods import BATCH, Keeping
from shared.messaging.tables import outbox
from shared.runtime import Runtime
from tests.erasing.person import MAIL, NAME, NUMBER, WORDS, Person
from tests.kit.figures import figure
from tests.kit.kept import places

KEEPING: dict[str, Keeping] = {}


def keep(runtime: Runtime[Any]) -> int:
    """Do what the dispatcher and a worker do with what is due today; return how many periods that were."""
    keeping = KEEPING.setdefault(runtime.service, system.service(runtime.service).keeping)
    with runtime.sessions() as session:
        ids = keeping.claim(session, runtime.clock.now(), 100)
        session.commit()
    keeping.keep(runtime, ids)
    return len(ids)


def after(person: Person, clock: FixedClock, days: int) -> None:
    clock.advance(timedelta(days=days))
    for service in ("intake", "referral", "notify"):
        keep(person.runtime_for(service))


def withdraw(person: Person, asked: dict[str, Any], clock: FixedClock) -> None:
    from services.referral.referrals import commands as referrals

    with person.runtime_for("intake").sessions() as session:
        requests.withdraw(session, UUID(asked["id"]), at=clock.now())
    with person.referral.sessions() as session:
        referrals.withdraw(session, UUID(asked["id"]), at=clock.now())
        session.commit()


def test_a_question_is_stripped_to_codes_a_year_after_it_ended(person: Person, clock: FixedClock) -> None:
    asked = person.asks()
    withdraw(person, asked, clock)
    at_intake = [NAME, NUMBER, MAIL, WORDS, asked["reference"], "5038"]
    after(person, clock, 365)
    kept = places(person.runtime_for, at_intake)
    assert "intake.advice_requests.name" in kept
    assert "referral.referrals.profile" in kept
    after(person, clock, 1)
    assert places(person.runtime_for, at_intake) == []
    with person.runtime_for("intake").sessions() as session:
        row = session.execute(text("SELECT needs, province, received_at::date::text FROM advice_requests"))
        assert row.one() == (["bezoek"], "Noord-Brabant", "2026-12-01")
        assert session.scalars(outbox.select().with_only_columns(outbox.c.type)).all()[-1] == (
            "org.weerzien.person.erased.v1"
        )


def test_a_question_that_never_ended_is_stripped_two_years_after_its_last_news(
    person: Person, clock: FixedClock
) -> None:
    asked = person.asks()
    after(person, clock, 730)
    assert places(person.runtime_for, [asked["reference"]])
    after(person, clock, 1)
    assert [one for one in places(person.runtime_for, [asked["reference"]]) if "intake" in one] == []


def test_a_partner_that_has_helped_for_years_hears_nothing_when_our_memory_ends(
    person: Person, clock: FixedClock
) -> None:
    from services.referral.referrals import commands as referrals
    from services.referral.referrals.erasing import forget_request

    asked = person.asks()
    with person.referral.sessions() as session:
        referrals.accept(session, person.offers[0].id, at=clock.now())
        events = len(session.execute(outbox.select()).all())
        forget_request(session, UUID(asked["id"]), asked=False, at=clock.now())
        session.commit()
        assert len(session.execute(outbox.select()).all()) == events
    assert person.offers[0].state is OfferState.ACCEPTED
    assert [one for one in places(person.runtime_for, [asked["reference"]]) if "referral" in one] == []


def test_a_family_is_named_until_ninety_days_after_its_visit(person: Person, clock: FixedClock) -> None:
    person.visits()
    after(person, clock, 16 + 90)
    assert "notify.registrations.name" in places(person.runtime_for, [NAME])
    after(person, clock, 1)
    assert places(person.runtime_for, [NAME, NUMBER, MAIL]) == []
    assert places(person.runtime_for, person.fingerprints) == [
        "notify.asker_contacts.address_index",
        "notify.asker_contacts.mailbox_index",
        "notify.registrations.contact_index",
    ]
    after(person, clock, 300)
    assert places(person.runtime_for, person.fingerprints) == []
    assert rows(person.notify, "registrations") == 1


def test_what_a_family_wrote_goes_after_ninety_days_but_not_while_it_waits_for_a_person(
    person: Person, clock: FixedClock
) -> None:
    person.texts(WORDS)
    after(person, clock, 91)
    assert places(person.runtime_for, [WORDS]) == ["notify.inbound_texts.body", "notify.work_items.text"]
    with person.notify.sessions() as session:
        waiting = session.execute(text("SELECT id FROM work_items")).scalar_one()
        resolve(session, waiting, "settled", at=clock.now(), by="desk")
        session.commit()
        after(person, clock, 1)
        assert places(person.runtime_for, [WORDS, NUMBER]) == []
        assert item(session, waiting).resolution == "settled"


def test_messages_go_after_half_a_year_with_their_attempts(person: Person, clock: FixedClock) -> None:
    person.asks()
    with person.notify.engine.begin() as connection:
        connection.execute(text("UPDATE messages SET state = 'delivered'"))
    after(person, clock, 180)
    assert (rows(person.notify, "messages"), rows(person.notify, "attempts")) == (1, 1)
    after(person, clock, 1)
    assert (rows(person.notify, "messages"), rows(person.notify, "attempts")) == (0, 0)


@pytest.mark.parametrize("service", ["intake", "referral", "notify"])
def test_what_was_settled_at_the_desk_goes_after_a_year_and_what_waits_stays(
    runtime_for: Callable[[str], Runtime], clock: FixedClock, service: str
) -> None:
    runtime = runtime_for(service)
    with runtime.sessions() as session:
        for key in ("settled", "waits"):
            open_item(
                session,
                kind="x",
                reason="x",
                subject_id=UUID(int=1),
                dedupe_key=key,
                at=clock.now(),
                words=key,
            )
        settled = session.execute(text("SELECT id FROM work_items WHERE dedupe_key = 'settled'")).scalar_one()
        resolve(session, settled, "seen", at=clock.now(), by="desk")
        session.commit()
    clock.advance(timedelta(days=366))
    keep(runtime)
    with runtime.sessions() as session:
        assert session.scalars(text("SELECT dedupe_key FROM work_items")).all() == ["waits"]


def rows(runtime: Runtime[Any], table: str) -> int:
    with runtime.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_period_is_kept_once_a_day_and_by_one_worker(
    runtime_for: Callable[[str], Runtime], clock: FixedClock
) -> None:
    runtime = runtime_for("notify")
    every = len(NOTIFY.keeping.periods)
    assert keep(runtime) == every
    assert keep(runtime) == 0
    clock.advance(timedelta(days=1))
    with runtime.sessions() as session:
        leased = NOTIFY.keeping.claim(session, clock.now(), 100)
        session.commit()
        assert len(leased) == every
        assert NOTIFY.keeping.claim(session, clock.now(), 100) == []


def test_more_than_one_batch_goes_in_a_round_and_is_counted(
    runtime_for: Callable[[str], Runtime], client_for: Callable[[str], TestClient], clock: FixedClock
) -> None:
    runtime, many = runtime_for("referral"), BATCH + 3
    with runtime.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO withdrawn_requests SELECT gen_random_uuid(), :at FROM generate_series(1, :many)"
            ),
            {"at": clock.now() - timedelta(days=401), "many": many},
        )
    keep(runtime)
    assert rows(runtime, "withdrawn_requests") == 0
    assert figure(client_for("referral"), "weerzien_forgotten", kind="withdrawn") == many


def test_one_kind_of_data_that_cannot_go_keeps_no_other(
    runtime_for: Callable[[str], Runtime], clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = runtime_for("referral")
    keeping = system.service("referral").keeping
    broken = next(iter(keeping.periods.values()))

    def fails(*_: Any) -> int:
        raise RuntimeError

    object.__setattr__(broken, "forget", fails)
    with runtime.sessions() as session:
        ids = keeping.claim(session, clock.now(), 100)
        session.commit()
    keeping.keep(runtime, ids)
    with runtime.engine.connect() as connection:
        kept = connection.execute(text("SELECT count(*) FROM periods WHERE kept_at IS NOT NULL")).scalar_one()
    assert kept == len(ids) - 1
