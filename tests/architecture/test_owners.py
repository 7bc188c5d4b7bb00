"""With somebody else's key no route does anything, or tells what is there: every route is tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.calls.commands import ring
from services.intake.erasures.tables import Erasure
from services.notify.channels.port import ChannelName
from services.notify.messages.commands import Wanted, want
from services.notify.messages.tables import Message, Purpose
from services.referral.referrals.tables import Referral
from shared.desk.items import open_item
from shared.events.services import SERVICES
from shared.runtime import Runtime
from shared.security.access import BearerAccess
from shared.security.keystore import Scope
from tests.conftest import MORNING
from tests.intake.requests.questions import question
from tests.kit.details import request_facts
from tests.kit.peers import fake
from tests.kit.routes import accesses, routes
from tests.notify.visits.office import PRISON

MakeKey = Callable[..., dict[str, str]]
# A body that each route with a body takes; without one it would be refused before it looks.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/work-items/{item_id}/resolutions"): {"action": "settled-by-telephone"},
    ("POST", "/v1/work-item-groups/{group}/resolutions"): {
        "action": "not-real",
        "until": "2026-12-01T09:00:00Z",
    },
    ("POST", "/v1/advice-requests/{reference}/messages"): {"text": "Dag"},
    ("PATCH", "/v1/visit-days/{visit_id}"): {"date": "2026-12-21"},
    ("PATCH", "/v1/visit-days/{visit_id}/registrations/{registration_id}"): {"state": "cancelled"},
    ("POST", "/v1/visit-days/{visit_id}/registrations"): {
        "name": "Fatima el Amrani",
        "phone": "0612345678",
        "channel": "sms",
        "language": "nl",
    },
    ("PATCH", "/v1/mass-changes/{change_id}"): {"until": "2026-12-21"},
    ("POST", "/v1/mass-changes/{change_id}/confirmations"): {"preview": 1},
}
STRIKE = {"facility": PRISON, "from": "2026-12-10", "until": None, "action": "cancel", "reason": "staking"}
QUERIES = {("DELETE", "/v1/visit-days/{visit_id}"): "?reason=ziek"}
# And the conversation, which is the asker's and the desk's: whoever sent a question in does not read it.
OF_THE_DESK = ("/v1/work-items/", "/v1/erasures/", "/v1/calls/")
OURS, THEIRS = "de-springplank", "een-ander"
TOGETHER = "things-that-belong-together"


def ours(make_key: MakeKey, service: str) -> dict[str, str]:
    everything = [scope for scope in Scope if scope not in (Scope.OPERATOR, Scope.DESK)]
    return make_key(service, *everything, organisation=OURS, facilities=[PRISON])


def anothers(make_key: MakeKey, service: str) -> dict[str, str]:
    """A key with every scope but the operator's, of another organisation and another prison."""
    everything = [scope for scope in Scope if scope is not Scope.OPERATOR]
    return make_key(service, *everything, organisation=THEIRS, facilities=["be-gevangenis-gent"])


def intake(client: TestClient, runtime: Runtime, key: dict[str, str]) -> dict[str, str]:
    answer = client.post("/v1/advice-requests", json=question(danger=True), headers=key)
    assert answer.status_code == 202, answer.text
    erasure = Erasure(subject=b"somebody", counts={}, asked_by="desk", asked_at=MORNING, last_at=MORNING)
    with runtime.sessions() as session:
        session.add(erasure)
        session.commit()
        erasure_id = str(erasure.id)
        call_id = str(ring(session, "a-call", "06 12345678", None, MORNING).id)
    return {
        "reference": answer.json()["reference"],
        "item_id": an_item(runtime),
        "group": TOGETHER,
        "erasure_id": erasure_id,
        "call_id": call_id,
        "message_id": str(uuid4()),
    }


def referral(client: TestClient, runtime: Runtime, key: dict[str, str]) -> dict[str, str]:
    facts = request_facts(organisation=OURS)
    made = Referral(
        request_id=facts.id,
        country="NL",
        profile=facts.to_keep(),
        explanation={},
        ruleset="",
        created_at=MORNING,
        updated_at=MORNING,
    )
    with runtime.sessions() as session:
        session.add(made)
        session.commit()
    found = client.get(f"/v1/referrals?adviceRequestId={facts.id}", headers=key).json()
    assert found["total"] == 1
    known = {"referral_id": str(made.id), "?adviceRequestId": str(facts.id)}
    return known | {"item_id": an_item(runtime), "group": TOGETHER}


def notify(client: TestClient, runtime: Runtime, key: dict[str, str]) -> dict[str, str]:
    times = {"date": "2026-12-17", "startTime": "14:00", "endTime": "15:30"}
    day = {"facility": PRISON, "capacity": 5, "kind": "child-visit"} | times
    visit = client.post("/v1/visit-days", json=day, headers=key).json()["id"]
    family = BODIES["POST", "/v1/visit-days/{visit_id}/registrations"] | {
        "channel": "email",
        "email": "oma@voorbeeld.nl",
    }
    registration = client.post(f"/v1/visit-days/{visit}/registrations", json=family, headers=key).json()["id"]
    change = client.post("/v1/mass-changes", json=STRIKE, headers=key).json()["id"]
    with runtime.sessions() as session:
        message = session.exec(select(Message)).one()
    return {
        "visit_id": visit,
        "registration_id": registration,
        "change_id": change,
        "message_id": str(message.id),
        "item_id": an_item(runtime),
        "group": TOGETHER,
        "?causeId": registration,
    }


MAKE = {"intake": intake, "referral": referral, "notify": notify}
# Where a list is asked for with something of somebody's.
ASKED = {"referral": ("/v1/referrals", "adviceRequestId"), "notify": ("/v1/messages", "causeId")}


def an_item(runtime: Runtime) -> str:
    with runtime.sessions() as session:
        item = {"kind": "new", "reason": "r", "subject_id": uuid4(), "dedupe_key": "k"}
        open_item(session, **item, at=MORNING, group=TOGETHER)  # type: ignore[arg-type]
        session.commit()
        return str(session.connection().exec_driver_sql("SELECT id FROM work_items LIMIT 1").scalar_one())


def with_somebodys_id(runtime_for: Callable[[str], Runtime], service: str) -> Iterator[tuple[str, str]]:
    """Every method and path that has something in it, and is opened by a key."""
    for route in routes(runtime_for, service):
        keys = [one for one in accesses(route.dependant) if isinstance(one, BearerAccess)]
        if keys and "{" in route.path:
            yield from ((method, route.path) for method in sorted(route.methods))


def filled(path: str, known: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: known[name.group(1)], path)


def unknown(known: dict[str, str]) -> dict[str, str]:
    """The same, where nothing is."""
    return {name: "WZ-2345-6789" if name == "reference" else str(uuid4()) for name in known}


def is_there(session: Session, service: str) -> list[Any]:
    """Everything that the service has, to see that nothing changed; not what is counted of a key."""
    tables = {
        "intake": ("advice_requests", "calls"),
        "referral": ("referrals", "offers"),
        "notify": (
            "visit_days",
            "registrations",
            "reminder_steps",
            "messages",
            "waiting_changes",
            "mass_changes",
        ),
    }
    return [
        session.connection().exec_driver_sql(f"SELECT t::text FROM {table} t ORDER BY 1").scalars().all()
        for table in (*tables[service], "work_items", "outbox")
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_with_anothers_key_what_is_there_looks_like_what_is_not_and_stays_as_it_is(
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
    make_key: MakeKey,
    service: str,
) -> None:
    client, runtime = client_for(service), runtime_for(service)
    known = MAKE[service](client, runtime, ours(make_key, service))
    key = anothers(make_key, service)
    with runtime.sessions() as session:
        before = is_there(session, service)
    tried = list(with_somebodys_id(runtime_for, service))
    assert len(tried) >= 3
    for method, path in tried:
        answers = []
        for ids in (known, unknown(known)):
            where = filled(path, ids) + QUERIES.get((method, path), "")
            sent = BODIES.get((method, path)) if method in ("POST", "PATCH", "PUT") else None
            answer = client.request(method, where, json=sent, headers=key)
            told = re.sub(r"WZ-[\w-]+|[0-9a-f-]{36}", "ID", answer.text)
            answers.append((answer.status_code, told))
        assert answers[0] == answers[1], f"{method} {path}"
        assert answers[0][0] in (403, 404), f"{method} {path}: {answers[0]}"
    with runtime.sessions() as session:
        assert is_there(session, service) == before


@pytest.mark.parametrize("service", sorted(ASKED))
def test_a_list_about_something_of_anothers_is_as_empty_as_one_about_nothing(
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
    make_key: MakeKey,
    service: str,
) -> None:
    client = client_for(service)
    mine = ours(make_key, service)
    known = MAKE[service](client, runtime_for(service), mine)
    path, name = ASKED[service]
    nothing = client.get(path, params={name: str(uuid4())}, headers=anothers(make_key, service))
    found = client.get(path, params={name: known[f"?{name}"]}, headers=anothers(make_key, service))
    assert (found.status_code, found.json()) == (200, nothing.json())
    assert nothing.json()["total"] == 0
    assert client.get(path, params={name: known[f"?{name}"]}, headers=mine).json()["total"] == 1


@pytest.mark.parametrize("service", SERVICES)
def test_with_ones_own_key_what_is_there_is_found(
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
    make_key: MakeKey,
    service: str,
) -> None:
    client, key = client_for(service), ours(make_key, service)
    known = MAKE[service](client, runtime_for(service), key)
    for method, path in with_somebodys_id(runtime_for, service):
        if method == "GET" and not path.startswith(OF_THE_DESK) and "/messages" not in path:
            assert client.get(filled(path, known), headers=key).status_code == 200, path


def test_texts_about_a_request_are_for_the_organisation_that_sent_it(
    runtime_for: Callable[[str], Runtime], client_for: Callable[[str], TestClient], make_key: MakeKey
) -> None:
    client, runtime = client_for("notify"), runtime_for("notify")
    facts = request_facts(organisation=OURS)
    fake(runtime, "intake").learn(facts)
    with runtime.sessions() as session:
        for purpose, recipient in ((Purpose.REQUEST_RECEIVED, facts.id), (Purpose.OFFER, uuid4())):
            wanted = Wanted(
                purpose=purpose,
                cause_id=facts.id,
                request_id=facts.id,
                recipient_id=recipient,
                channel=ChannelName.EMAIL,
                language="nl",
                due_at=MORNING,
                dedupe_key=str(purpose),
            )
            want(session, wanted, at=MORNING)
        session.commit()
    path = f"/v1/messages?causeId={facts.id}"
    totals = {
        owner: client.get(path, headers=make_key("notify", "messages:read", organisation=owner)).json()[
            "total"
        ]
        for owner in (OURS, THEIRS)
    }
    assert totals == {OURS: 2, THEIRS: 0}
    prison = make_key("notify", "messages:read", facilities=[PRISON])
    assert client.get(path, headers=prison).json()["total"] == 0


def test_an_organisations_keys_see_what_any_of_them_sent(
    client_for: Callable[[str], TestClient], make_key: MakeKey
) -> None:
    client = client_for("intake")
    sender = make_key("intake", "requests:write", organisation=OURS)
    reference = client.post("/v1/advice-requests", json=question(), headers=sender).json()["reference"]
    path = f"/v1/advice-requests/{reference}"
    colleague = make_key("intake", "requests:write", organisation=OURS)
    assert client.get(path, headers=colleague).status_code == 200
    stranger = make_key("intake", "requests:read", organisation=THEIRS)
    assert client.get(path, headers=stranger).status_code == 404
    assert client.delete(path, headers=stranger).status_code == 404
    assert client.get(path, headers=make_key("intake", "requests:read")).status_code == 200
    assert client.delete(path, headers=colleague).status_code == 200
