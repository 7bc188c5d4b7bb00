"""Who is asked first, and why: worked examples, and what holds for every question and every directory."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.referral.directory.importing import read
from services.referral.matching import History, RequestProfile, ServiceProfile, match
from services.referral.matching.explaining import explain
from services.referral.matching.filters import CHECKS
from services.referral.matching.profiles import Record
from services.referral.matching.ranking import BAND, ENOUGH
from shared.geography import find
from shared.vocabulary import AgeBand, HelpFor, Remote, Share, Stage, Urgency, needs

TODAY = date(2026, 12, 1)


def asks(**changes: Any) -> RequestProfile:
    """A carer in Tilburg about a visit, in Dutch."""
    profile = RequestProfile(
        id=UUID(int=1),
        country="NL",
        needs=("bezoek",),
        help_for=frozenset({HelpFor.CHILD}),
        language="nl",
        home=find("NL", "5038"),
    )
    return replace(profile, **changes)


def offers(**changes: Any) -> ServiceProfile:
    """A Dutch organisation for children that goes along on visits, signed and verified."""
    profile = ServiceProfile(
        id=uuid4(),
        organisation="Samen op Weg",
        name="Begeleid bezoek",
        country="NL",
        needs=frozenset({"bezoek"}),
        serves=frozenset({"child"}),
        languages=frozenset({"nl"}),
        agreement_signed=TODAY - timedelta(days=30),
        verified_on=TODAY - timedelta(days=30),
    )
    return replace(profile, **changes)


def failed(request: RequestProfile, service: ServiceProfile, history: History | None = None) -> list[str]:
    found = match(request, [service], history or History(), today=TODAY)
    missed = [*found.near_misses, *found.excluded]
    return [verdict.filter for one in missed for verdict in one.failed]


def points(
    request: RequestProfile, service: ServiceProfile, history: History | None = None
) -> dict[str, float]:
    [one] = match(request, [service], history or History(), today=TODAY).candidates
    return {part.name: part.points for part in one.parts}


@pytest.mark.parametrize(
    ("request_changes", "service_changes", "filter"),
    [
        ({}, {"active": False}, "active"),
        ({}, {"agreement_signed": None}, "agreement"),
        ({}, {"agreement_signed": TODAY + timedelta(days=1)}, "agreement"),
        ({}, {"verified_on": None}, "verified"),
        ({}, {"verified_on": TODAY - timedelta(days=181)}, "verified"),
        ({"needs": ("geld",)}, {}, "need"),
        ({"help_for": frozenset({HelpFor.PROFESSIONAL})}, {}, "serves"),
        ({"help_for": frozenset({HelpFor.PROFESSIONAL})}, {"serves": frozenset({"family"})}, "serves"),
        ({"age_bands": frozenset({AgeBand.UP_TO_3})}, {"min_age": 12}, "age"),
        ({"stage": Stage.ARREST}, {"stages": frozenset({"sentence"})}, "stage"),
        ({}, {"takes_referrals": False}, "takes-referrals"),
        ({}, {"country": "BE"}, "area"),
        ({"language": "tr"}, {}, "language"),
        ({}, {"capacity": 0}, "full"),
    ],
)
def test_each_filter_alone_keeps_a_service_out(
    request_changes: dict[str, Any], service_changes: dict[str, Any], filter: str
) -> None:
    assert failed(asks(**request_changes), offers(**service_changes)) == [filter]


@pytest.mark.parametrize(
    ("request_changes", "service_changes"),
    [
        ({}, {"verified_on": TODAY - timedelta(days=180)}),
        ({"needs": ("geld", "bezoek")}, {}),
        ({"needs": ("begeleiding-bezoek",)}, {}),
        ({}, {"serves": frozenset()}),
        ({}, {"serves": frozenset({"family"})}),
        ({"age_bands": frozenset({AgeBand.FROM_8})}, {"min_age": 10, "max_age": 14}),
        ({"stage": Stage.SENTENCE}, {"stages": frozenset({"sentence"})}),
        ({"language": "tr"}, {"interpreter": True}),
        ({}, {"country": "BE", "cross_border": True}),
        ({}, {"country": "EU"}),
        ({"home": None, "facility": find("NL", "5263")}, {}),
    ],
)
def test_who_fits_by_a_wider_term_a_family_or_an_interpreter_is_let_through(
    request_changes: dict[str, Any], service_changes: dict[str, Any]
) -> None:
    assert failed(asks(**request_changes), offers(**service_changes)) == []


@pytest.mark.parametrize(
    ("language", "regions", "fits"),
    [
        ("nl", {"vlaanderen"}, True),
        ("fr", {"vlaanderen"}, False),
        ("fr", {"wallonie"}, True),
        ("nl", {"wallonie"}, False),
        ("tr", {"vlaanderen", "brussel"}, True),
    ],
)
def test_brussels_is_served_by_each_community_in_its_own_language(
    language: str, regions: set[str], fits: bool
) -> None:
    request = asks(country="BE", home=find("BE", "1000"), language=language)
    service = offers(
        country="BE", regions=frozenset(regions), languages=frozenset({"nl", "fr"}), interpreter=True
    )
    assert ("area" not in failed(request, service)) is fits


def test_a_flemish_service_does_not_serve_liege_but_helps_at_a_distance_where_that_will_do() -> None:
    liege = asks(country="BE", home=find("BE", "4000"))
    flemish = offers(country="BE", regions=frozenset({"vlaanderen"}))
    assert failed(liege, flemish) == ["area"]
    assert failed(liege, replace(flemish, remote=True)) == []
    assert failed(replace(liege, remote=Remote.NO), replace(flemish, remote=True)) == ["area"]


def test_who_said_no_to_this_question_is_not_asked_again() -> None:
    service = offers()
    assert failed(asks(), service, History(frozenset({service.id}))) == ["declined"]


@pytest.mark.parametrize(
    ("request_changes", "service_changes", "part", "worth"),
    [
        ({"needs": ("bezoek", "geld")}, {}, "need", 35 * 2 / 3),
        ({"needs": ("geld", "bezoek")}, {}, "need", 35 / 3),
        ({"needs": ("begeleiding-bezoek",)}, {}, "need", 35 * 0.6),
        ({}, {"place": find("NL", "5038")}, "proximity", 15),
        ({}, {"place": find("NL", "5611")}, "proximity", 10.5),
        ({}, {}, "proximity", 6),
        ({"remote": Remote.PREFERRED}, {"remote": True}, "proximity", 15),
        ({}, {"serves": frozenset({"family"})}, "audience", 6),
        ({"stage": Stage.REMAND}, {"stages": frozenset({"remand"})}, "stage", 10),
        ({"language": "tr"}, {"interpreter": True}, "language", 5),
        ({}, {"waiting_days": 5}, "waiting", 10),
        ({}, {"waiting_days": 30}, "waiting", 0),
        ({}, {"waiting_days": 90}, "waiting", 0),
        ({}, {}, "waiting", 4),
        ({}, {}, "responsiveness", 8),
    ],
)
def test_each_part_of_the_score_is_worth_what_the_design_says(
    request_changes: dict[str, Any], service_changes: dict[str, Any], part: str, worth: float
) -> None:
    found = points(asks(**request_changes), offers(**service_changes))
    assert found[part] == pytest.approx(worth, abs=0.01)


def test_an_honest_no_costs_nothing_and_silence_does() -> None:
    service = offers()
    answered = History(records={service.id: Record(offers=10, answered_in_time=10)})
    silent = History(records={service.id: Record(offers=10, answered_in_time=0)})
    assert points(asks(), service, answered)["responsiveness"] == pytest.approx(10 * 14 / 15, abs=0.01)
    assert points(asks(), service, silent)["responsiveness"] == pytest.approx(10 * 4 / 15, abs=0.01)


def test_among_equals_the_one_with_least_in_hand_is_asked_and_then_who_waited_longest() -> None:
    busy, idle, asked = offers(capacity=10), offers(capacity=10), offers(capacity=10)
    yesterday = datetime(2026, 11, 30, tzinfo=UTC)
    history = History(
        records={
            busy.id: Record(open_load=5),
            asked.id: Record(open_load=0, last_offered_at=yesterday),
        }
    )
    found = match(asks(), [busy, asked, idle], history, today=TODAY)
    assert [one.service.id for one in found.candidates] == [idle.id, asked.id, busy.id]


def test_for_the_urgent_the_shortest_wait_comes_first() -> None:
    better = offers(waiting_days=10, place=find("NL", "5038"))
    sooner = offers(waiting_days=2)
    calm = match(asks(), [better, sooner], History(), today=TODAY)
    urgent = match(asks(urgency=Urgency.URGENT), [better, sooner], History(), today=TODAY)
    assert calm.candidates[0].service.id == better.id
    assert urgent.candidates[0].service.id == sooner.id


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hold": True}, "hold"),
        ({"share": Share.ASK_FIRST}, "consent"),
        ({"share": Share.NO}, "consent"),
        ({"hold": True, "share": Share.NO}, "hold"),
        ({"needs": ("geld", "bezoek"), "language": "tr"}, "no-candidate"),
        ({}, None),
    ],
)
def test_a_person_looks_first_at_a_hold_without_consent_and_where_nothing_fits_well(
    changes: dict[str, Any], reason: str | None
) -> None:
    service = offers(interpreter=True, waiting_days=40)
    assert match(asks(**changes), [service], History(), today=TODAY).desk_reason == reason


def test_who_takes_no_referrals_is_named_to_the_asker_instead() -> None:
    helpline = offers(takes_referrals=False, agreement_signed=None, website="example.org")
    elsewhere = offers(takes_referrals=False, country="BE")
    found = match(asks(), [helpline, elsewhere], History(), today=TODAY)
    assert [one.id for one in found.named_instead] == [helpline.id]


def test_a_near_miss_says_what_was_missing_in_the_readers_language() -> None:
    found = match(asks(language="tr"), [offers()], History(), today=TODAY).to_json()
    assert explain(found, "en")["nearMisses"][0]["sentences"] == ["Fits, but no Turkish."]
    assert explain(found, "nl")["nearMisses"][0]["sentences"] == ["Past, maar spreekt geen Turks."]


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_every_verdict_and_part_has_a_sentence_in_every_language(language: str) -> None:
    found = match(asks(), [offers(), offers(active=False, country="BE")], History(), today=TODAY)
    told = explain(json.loads(json.dumps(found.to_json())), language)
    assert len(told["candidates"][0]["verdicts"]) == len(CHECKS)
    assert len(told["candidates"][0]["sentences"]) == 7


REAL = [
    replace(
        offers(),
        id=UUID(int=number + 1000),
        organisation=entry.name,
        country=entry.country,
        regions=frozenset(entry.regions),
        serves=frozenset(entry.serves),
        needs=frozenset(entry.needs),
        stages=frozenset(entry.stages),
        languages=frozenset(entry.languages),
        min_age=entry.min_age,
        max_age=entry.max_age,
        interpreter=entry.interpreter,
        remote=entry.remote,
        takes_referrals=entry.takes_referrals,
    )
    for number, entry in enumerate(
        read((files("services.referral.directory") / "data" / "sample.csv").read_bytes())[0]
    )
]

questions = st.builds(
    RequestProfile,
    id=st.uuids(),
    country=st.just("BE"),
    needs=st.lists(st.sampled_from(sorted(needs())), min_size=1, max_size=4, unique=True).map(tuple),
    help_for=st.sets(st.sampled_from(list(HelpFor)), min_size=1).map(frozenset),
    language=st.sampled_from(["nl", "fr", "en", "tr"]),
    home=st.sampled_from([find("BE", "9000"), find("BE", "1000"), find("BE", "4000"), find("BE", "7010")]),
    stage=st.none() | st.sampled_from(list(Stage)),
    age_bands=st.sets(st.sampled_from(list(AgeBand)), max_size=2).map(frozenset),
    urgency=st.sampled_from(list(Urgency)),
    remote=st.sampled_from(list(Remote)),
)


@settings(max_examples=60, deadline=None)
@given(request=questions, order=st.randoms(use_true_random=False))
def test_for_any_question_on_the_real_list_the_answer_is_fair_and_always_the_same(
    request: RequestProfile, order: Any
) -> None:
    shuffled = list(REAL)
    order.shuffle(shuffled)
    found = match(request, REAL, History(), today=TODAY)
    again = match(request, shuffled, History(), today=TODAY)
    assert found.to_json() == again.to_json()
    everybody = len(found.candidates) + len(found.near_misses) + len(found.excluded)
    assert everybody == len(REAL)
    for one in found.candidates:
        assert all(verdict.passed for verdict in one.verdicts)
        assert 0 <= one.score <= 100
        assert one.service.takes_referrals
    if request.urgency is not Urgency.URGENT:
        scores = [one.score for one in found.candidates]
        assert all(max(scores[place:]) - score <= BAND for place, score in enumerate(scores))


@settings(max_examples=40, deadline=None)
@given(request=questions)
def test_a_service_that_learns_the_language_never_loses_by_it(request: RequestProfile) -> None:
    before = {one.service.id: one.score for one in match(request, REAL, History(), today=TODAY).candidates}
    taught = [replace(one, languages=one.languages | {request.language}) for one in REAL]
    after = {one.service.id: one.score for one in match(request, taught, History(), today=TODAY).candidates}
    assert all(after[service] >= score for service, score in before.items())


def test_a_dutch_speaking_teacher_in_ghent_finds_somebody_on_the_real_list() -> None:
    request = asks(country="BE", home=find("BE", "9000"), needs=("uitleg", "school"))
    found = match(request, REAL, History(), today=TODAY)
    assert found.candidates[0].score > ENOUGH
    assert all("nl" in one.service.languages for one in found.candidates[:1])
