"""What is decided about an advice request: what is wrong with it, and what may still change. No database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake.requests import reaching, rules, views
from services.intake.requests.schemas import AdviceRequestIn, Consent, Contact
from services.intake.requests.tables import AdviceRequest, Doubt, State, WaitsFor
from shared.crypto import hash_secret
from shared.vocabulary import HelpFor
from tests.intake.requests.questions import question

AT = datetime(2026, 12, 1, 9, 0, 0, 999_456, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def body(**changes: Any) -> AdviceRequestIn:
    return AdviceRequestIn.model_validate(question(**changes))


def wrong(**changes: Any) -> list[tuple[str, str]]:
    return [(".".join(one.path), one.code) for one in rules.examine(body(**changes)).findings]


def kept(**changes: Any) -> dict[str, Any]:
    examined = rules.examine(body(**changes))
    return rules.kept(examined, id=uuid4(), code="2222", client="form", idempotency_key="1", at=AT)


def request(state: State = State.RECEIVED, **changes: Any) -> AdviceRequest:
    values = kept() | {"state": state, "hold": state is State.HELD} | changes
    return AdviceRequest(**values)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"facility": "nl-pi-vught"}, []),
        (
            {"needs": ["shoes", "bezoek", "hats"]},
            [("needs.0", "need-unknown"), ("needs.2", "need-unknown")],
        ),
        ({"postcode": "0000"}, [("postcode", "postcode-unknown")]),
        ({"language": "xx"}, [("language", "language-unknown")]),
        ({"facility": "nl-pi-atlantis"}, [("facility", "facility-unknown")]),
    ],
)
def test_what_does_not_exist_is_found_by_its_place_in_the_request(
    changes: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert wrong(**changes) == found


@pytest.mark.parametrize(
    ("channel", "needed"),
    [("sms", ["contact.phone"]), ("phone", ["contact.phone"]), ("email", ["contact.email"]), ("none", [])],
)
@pytest.mark.parametrize("blank", [None, "", "  "])
def test_only_what_the_way_of_contact_needs_must_be_filled_in(
    channel: str, needed: list[str], blank: str | None
) -> None:
    contact = {"channel": channel, "phone": blank, "email": blank, "name": blank}
    assert [path for path, _ in wrong(contact=contact)] == needed


def test_a_landline_may_be_called_and_not_texted_and_what_is_not_needed_must_be_right_too() -> None:
    landline = {"phone": "020-6241111", "email": "a@b.nl", "name": "Noor"}
    assert wrong(contact=landline | {"channel": "phone"}) == []
    assert [path for path, _ in wrong(contact=landline | {"channel": "sms"})] == ["contact.phone"]
    assert [path for path, _ in wrong(contact={"email": "a@b"})] == ["contact.email"]
    reached, found = reaching.reach(body(contact=landline | {"channel": "phone"}).contact, "NL")
    assert (reached, found) == (reaching.Reach("Noor", "+31206241111", "a@b.nl"), [])


def beyond(raw: object, *paths: str) -> list[str]:
    told = rules.beyond_shape(raw, {tuple(path.split(".")) for path in paths})
    return [".".join(one.path) for one in told]


def test_what_can_be_read_is_examined_beside_what_cannot() -> None:
    raw = question(audience="aunt", postcode="0000", contact={"phone": "06 1234", "voicemail": "perhaps"})
    assert beyond(raw, "audience", "contact.voicemail") == ["postcode", "contact.phone"]
    assert beyond(raw | {"contact": "Noor"}, "audience", "contact") == ["postcode"]
    assert beyond(raw, "postcode", "audience", "contact.voicemail") == ["contact.phone"]
    assert beyond(raw, "contact.phone", "audience", "contact.voicemail") == ["postcode"]


def test_of_a_member_with_something_unreadable_in_it_the_rest_of_the_request_is_still_examined() -> None:
    times = [{"days": ["mon"], "from": 3600, "to": "17:00"}]
    raw = question(needs=[3], postcode="0000", contact={"safeTimes": times, "phone": "06 1234"})
    assert beyond(raw, "needs.0", "contact.safeTimes.0.from") == ["postcode", "contact.phone"]


def test_what_could_not_be_read_is_not_called_missing_as_well() -> None:
    raw = question(country="FR", contact={"channel": "email", "email": "x" * 300})
    assert beyond(raw, "country", "contact.email") == []


def test_what_hangs_on_a_country_that_cannot_be_read_is_not_called_wrong() -> None:
    raw = question(country="FR", postcode="75001", language="xx", contact={"phone": "06 1234"})
    assert beyond(raw, "country") == ["language"]


@pytest.mark.parametrize("raw", [None, [], "Noor", {"audience": "aunt"}])
def test_of_what_is_no_request_at_all_nothing_more_is_told(raw: object) -> None:
    assert beyond(raw) == []


@pytest.mark.parametrize(
    ("changes", "helped"),
    [
        ({"helpFor": ["child", "carer", "child"]}, [HelpFor.CHILD, HelpFor.CARER]),
        ({"audience": "carer"}, [HelpFor.CARER]),
        ({"audience": "carer", "childAgeBands": ["4-7"]}, [HelpFor.CHILD]),
        ({"audience": "school"}, [HelpFor.CHILD]),
    ],
)
def test_who_is_helped_is_as_said_or_the_asker_where_no_child_is_named(
    changes: dict[str, Any], helped: list[HelpFor]
) -> None:
    assert rules.help_for(body(**changes)) == helped


@pytest.mark.parametrize(
    ("requester", "named"),
    [
        (None, False),
        ({}, False),
        ({"name": "Els"}, True),
        ({"role": "leerkracht"}, True),
        ({"organisation": "De Springplank"}, True),
    ],
)
def test_who_filled_in_a_form_for_somebody_is_kept_where_anything_was_said(
    requester: dict[str, str] | None, named: bool
) -> None:
    assert (kept(requester=requester)["requester"] is not None) is named


def test_danger_holds_a_request_and_an_empty_question_is_none() -> None:
    assert (kept(danger=True)["state"], kept(danger=True)["hold"]) == (State.HELD, True)
    assert (kept()["state"], kept()["hold"]) == (State.RECEIVED, False)
    assert kept(question="")["question"] is None
    assert kept(question="Papa")["question"] == "Papa"


def test_everything_that_was_said_is_kept() -> None:
    contact = {"channel": "phone", "email": "noor@example.org", "voicemail": True, "discreet": False}
    times = [{"days": ["mon"], "from": "17:00", "to": "20:00"}]
    row = kept(
        contact=contact | {"safeTimes": times, "minorsOwnPhone": True},
        childAgeBands=["4-7"],
        stage="remand",
        facility="nl-pi-vught",
        urgency="low",
        remote="no",
    )
    said = {
        "client": "form",
        "idempotency_key": "1",
        "audience": "carer",
        "help_for": ["child"],
        "needs": ["bezoek"],
        "stage": "remand",
        "child_age_bands": ["4-7"],
        "country": "NL",
        "postcode": "5038",
        "language": "nl",
        "facility": "nl-pi-vught",
        "urgency": "low",
        "remote": "no",
        "danger": False,
        "share": "yes",
        "channel": "phone",
        "name": "Noor",
        "phone": "+31612345678",
        "email": "noor@example.org",
        "safe_times": [{"days": ["mon"], "from": "17:00:00", "to": "20:00:00"}],
        "voicemail": True,
        "discreet": False,
        "minors_own_phone": True,
        "received_at": AT,
        "state_time": AT,
    }
    assert {name: row.get(name) for name in said} == said
    assert row.keys() >= {"id", "reference", "return_code_hash"}
    assert row["fingerprint"] != kept()["fingerprint"]


@pytest.mark.parametrize(
    ("waits", "state"),
    [
        (rules.Standing(WaitsFor.PERSON, Doubt.NOTHING_TO_PROVE), State.WAITING),
        (rules.Standing(WaitsFor.PROOF, doubted_at=AT + timedelta(days=2)), State.RECEIVED),
        (rules.FREE, State.RECEIVED),
    ],
)
def test_what_a_request_waits_for_is_kept_with_its_code_hashed(waits: rules.Standing, state: State) -> None:
    examined = rules.examine(body())
    row = rules.kept(
        examined, id=uuid4(), code="2222", client="form", idempotency_key=None, at=AT, waits=waits
    )
    assert (row["waits_for"], row["doubt"], row["doubted_at"]) == (
        waits.waits_for,
        waits.doubt,
        waits.doubted_at,
    )
    assert (row["state"], row["return_code_hash"]) == (state, hash_secret("2222"))


def test_the_same_words_have_the_same_fingerprint_and_others_another() -> None:
    assert rules.fingerprint(body()) == rules.fingerprint(body())
    assert rules.fingerprint(body()) != rules.fingerprint(body(postcode="1012"))


def test_a_request_is_taken_back_once_and_not_when_it_is_closed() -> None:
    one, later = request(), AT + timedelta(hours=1)
    assert rules.withdraw(one, at=later) is True
    assert (one.state, one.state_time, one.withdrawn_at) == (State.WITHDRAWN, later, later)
    assert rules.withdraw(one, at=later + MILLISECOND) is False
    assert one.withdrawn_at == later
    with pytest.raises(rules.AlreadyOver):
        rules.withdraw(request(State.CLOSED), at=later)


def test_a_hold_is_lifted_once_and_only_a_held_request_sets_out_again() -> None:
    held, moved_on = request(State.HELD), request(State.OFFERED, hold=True, referral_id=uuid4())
    later = AT + timedelta(hours=1)
    for one in (held, moved_on):
        assert rules.lift_hold(one, at=later) is True
        assert one.hold is False
        assert rules.lift_hold(one, at=later + MILLISECOND) is False
    assert (held.state, held.state_time) == (State.RECEIVED, later)
    assert (moved_on.state, moved_on.state_time) == (State.OFFERED, AT)


@pytest.mark.parametrize("state", sorted(rules.FINAL))
def test_nobody_lifts_the_hold_of_a_request_that_is_over(state: State) -> None:
    over = request(state, hold=True)
    with pytest.raises(rules.AlreadyOver):
        rules.lift_hold(over, at=AT + timedelta(hours=1))
    assert (over.hold, over.state) == (True, state)


@pytest.mark.parametrize(
    ("referral_id", "since_known", "heard"),
    [
        (None, -timedelta(days=1), True),  # our own clock may be ahead of the sender's
        (UUID(int=1), timedelta(0), True),
        (UUID(int=1), -timedelta(microseconds=456), True),  # the same millisecond, as events tell it
        (UUID(int=1), -timedelta(microseconds=457), False),
    ],
)
def test_older_news_changes_nothing_to_the_millisecond(
    referral_id: UUID | None, since_known: timedelta, heard: bool
) -> None:
    one, at, told = request(referral_id=referral_id), AT + since_known, uuid4()
    assert rules.hear(one, State.OFFERED, told, at=at) is heard
    changed = (State.OFFERED, at, told) if heard else (State.RECEIVED, AT, referral_id)
    assert (one.state, one.state_time, one.referral_id) == changed


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.CLOSED])
def test_no_news_opens_again_what_is_over(state: State) -> None:
    one = request(state)
    assert rules.hear(one, State.OFFERED, uuid4(), at=AT + timedelta(days=1)) is False
    assert one.state is state


def test_every_member_of_a_request_has_a_place_in_its_row() -> None:
    members = {*AdviceRequestIn.model_fields, *Contact.model_fields, *Consent.model_fields}
    assert members - {"contact", "consent", "store"} <= kept().keys() <= AdviceRequest.model_fields.keys()


def test_other_services_are_told_everything_that_they_may_know() -> None:
    told = [
        views.facts(request()),
        views.asker(request()),
        views.contact_point(request(), "https://a.example"),
    ]
    assert [type(one).model_fields.keys() - one.model_fields_set for one in told] == [set()] * 3
