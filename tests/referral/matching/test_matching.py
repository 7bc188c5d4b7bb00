"""The order in which services are asked, and why: worked examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.referral.matching import History, RequestProfile, ServiceProfile, match
from services.referral.matching.profiles import Record
from services.referral.matching.ranking import ENOUGH
from shared.geography import find
from shared.vocabulary import AgeBand, HelpFor, Remote, Share, Stage, Urgency
from tests.referral.matching.examples import TEENAGERS, TODAY, asks, failed, offers, said


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
        ({}, {"has_address": False}, "takes-referrals"),
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
        ({"age_bands": frozenset({AgeBand.UP_TO_3, AgeBand.FROM_8})}, {"min_age": 10}),
        ({"stage": Stage.SENTENCE}, {"stages": frozenset({"sentence"})}),
        ({"language": "tr"}, {"interpreter": True}),
        ({}, {"country": "BE", "cross_border": True}),
        ({}, {"country": "EU"}),
        ({"home": None, "facility": find("NL", "5263")}, {}),
        ({"help_for": frozenset({HelpFor.CARER}), "age_bands": frozenset({AgeBand.UP_TO_3})}, TEENAGERS),
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
        ("nl", {"vlaanderen", "wallonie"}, True),
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
        ({}, {"place": find("NL", "5171")}, "proximity", 10.5),  # Kaatsheuvel is 12 kilometres away
        ({}, {"place": find("NL", "5611")}, "proximity", 10.5),
        ({"home": find("BE", "3500")}, {"country": "EU", "place": find("NL", "5911")}, "proximity", 6),
        ({}, {}, "proximity", 6),
        ({"remote": Remote.PREFERRED}, {"remote": True}, "proximity", 15),
        ({}, {"serves": frozenset({"family"})}, "audience", 6),
        ({"stage": Stage.REMAND}, {"stages": frozenset({"remand"})}, "stage", 10),
        ({"language": "tr"}, {"interpreter": True}, "language", 5),
        ({}, {"waiting_days": 0}, "waiting", 10),
        ({}, {"waiting_days": 5}, "waiting", 10),
        ({}, {"waiting_days": 6}, "waiting", 9.6),
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


@pytest.mark.parametrize(("waiting_days", "apart", "first"), [(30, 5.0, "idle"), (29, 5.4, "better")])
def test_up_to_five_points_apart_counts_as_equal_whatever_floating_point_makes_of_it(
    waiting_days: int, apart: float, first: str
) -> None:
    better = offers(name="better", languages=frozenset({"tr"}), waiting_days=waiting_days)
    idle = offers(name="idle", interpreter=True, waiting_days=30)
    history = History(
        records={
            better.id: Record(open_load=1, offers=16),
            idle.id: Record(offers=16),
        }
    )
    found = match(asks(language="tr"), [better, idle], history, today=TODAY).candidates
    scores = {one.service.name: one.score for one in found}
    assert round(scores["better"] - scores["idle"], 2) == apart
    assert found[0].service.name == first


def test_between_two_that_are_equal_in_all_chance_decides_by_question_and_always_the_same() -> None:
    both = [offers(id=UUID(int=7)), offers(id=UUID(int=8))]

    def first(question: int) -> UUID:
        return match(asks(id=UUID(int=question)), both, History(), today=TODAY).candidates[0].service.id

    once = [first(question) for question in range(20)]
    assert set(once) == {one.id for one in both}
    assert once == [first(question) for question in range(20)]


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


def test_fifty_points_are_not_enough_to_be_asked_without_a_person() -> None:
    service = offers(serves=frozenset({"family"}), interpreter=True)
    silent = History(records={service.id: Record(offers=15)})
    found = match(asks(needs=("begeleiding-bezoek",), language="tr"), [service], silent, today=TODAY)
    assert [one.score for one in found.candidates] == [ENOUGH]
    assert found.desk_reason == "no-candidate"


def test_who_takes_no_referrals_is_named_to_the_asker_instead() -> None:
    helpline = offers(takes_referrals=False, agreement_signed=None, website="example.org")
    elsewhere = offers(takes_referrals=False, country="BE")
    found = match(asks(), [helpline, elsewhere], History(), today=TODAY)
    assert [one.id for one in found.named_instead] == [helpline.id]


def test_who_does_take_referrals_but_cannot_be_asked_yet_is_not_named_as_a_helpline() -> None:
    unsigned, unreachable = offers(agreement_signed=None), offers(has_address=False)
    found = match(asks(), [unsigned, unreachable], History(), today=TODAY)
    assert found.named_instead == ()
    assert "no e-mail address" in said(asks(), unreachable)


def test_at_most_five_nearly_fit_and_each_fails_on_one_thing_that_can_be_overcome() -> None:
    nearly = [offers(capacity=0, id=UUID(int=9 - number)) for number in range(7)]
    hopeless = offers(needs=frozenset({"geld"}))
    twice = offers(capacity=0, verified_on=None)
    found = match(asks(), [twice, hopeless, *nearly], History(), today=TODAY)
    assert [one.service.id for one in found.near_misses] == [UUID(int=number) for number in range(3, 8)]
    assert {one.service.id for one in found.excluded} == {UUID(int=8), UUID(int=9), twice.id, hopeless.id}
    assert found.excluded[-1].service.id == twice.id
    assert match(asks(), [twice, hopeless], History(), today=TODAY).near_misses == ()


def test_what_is_kept_of_a_matching_says_why_a_person_looks_and_where_else_help_is() -> None:
    helpline = offers(takes_referrals=False, website="example.org", name="Luisterlijn")
    kept = match(asks(), [helpline], History(), today=TODAY).to_json()
    assert kept["deskReason"] == "no-candidate"
    assert kept["excluded"] == []
    assert [(one["service"], one["website"]) for one in kept["namedInstead"]] == [
        ("Luisterlijn", "example.org")
    ]


def test_the_order_in_which_services_are_read_does_not_matter() -> None:
    far, near = offers(id=UUID(int=1)), offers(id=UUID(int=2), place=find("NL", "5038"))
    for services in ([far, near], [near, far]):
        for question in range(10):
            found = match(asks(id=UUID(int=question)), services, History(), today=TODAY)
            assert [one.service.id for one in found.candidates] == [near.id, far.id]


URGENT: dict[str, Any] = {"urgency": Urgency.URGENT, "needs": ("begeleiding-bezoek",), "language": "tr"}
FAMILY = {"serves": frozenset({"family"}), "interpreter": True}
NEARBY, SPEAKS_IT = {"place": find("NL", "5038")}, {"languages": frozenset({"tr"})}


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(
            SPEAKS_IT | {"waiting_days": 25}, {"waiting_days": 20}, id="fifty points are not enough"
        ),
        pytest.param(
            NEARBY | {"waiting_days": 29}, NEARBY | SPEAKS_IT, id="a wait that nobody knows is the longest"
        ),
        pytest.param(
            SPEAKS_IT | {"waiting_days": 0},
            SPEAKS_IT | NEARBY | {"waiting_days": 1},
            id="today is before tomorrow",
        ),
        pytest.param(
            SPEAKS_IT | NEARBY | {"waiting_days": 3, "capacity": 3},
            SPEAKS_IT | {"waiting_days": 3, "capacity": 100},
            id="of two that wait alike the better",
        ),
        pytest.param(
            SPEAKS_IT | {"waiting_days": 3, "capacity": 100},
            SPEAKS_IT | {"waiting_days": 3, "capacity": 3},
            id="of two that are alike the one with more room",
        ),
    ],
)
def test_the_urgent_are_helped_soonest_by_whoever_is_good_enough(
    first: dict[str, Any], then: dict[str, Any]
) -> None:
    two = [offers(**(FAMILY | changes)) for changes in (first, then)]
    history = History(records={one.id: Record(offers=15, open_load=1) for one in two})
    for services in (two, two[::-1]):
        for question in range(5):
            found = match(asks(id=UUID(int=question), **URGENT), services, history, today=TODAY)
            assert [one.service.id for one in found.candidates] == [one.id for one in two]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ((5, 10, None), (3, 4, None)),
        ((4, None, None), (9, 10, None)),
        ((0, None, None), (0, None, 1)),
        ((0, None, 30), (0, None, 1)),
    ],
)
def test_among_equals_who_has_most_room_left_is_asked_and_then_who_waited_longest(
    first: tuple[int, int | None, int | None], then: tuple[int, int | None, int | None]
) -> None:
    two = [offers(capacity=capacity) for _, capacity, _ in (first, then)]
    history = History(
        records={
            one.id: Record(
                open_load=load,
                last_offered_at=datetime(2026, 11, 30, tzinfo=UTC) - timedelta(days=days) if days else None,
            )
            for one, (load, _, days) in zip(two, (first, then), strict=True)
        }
    )
    for question in range(10):
        found = match(asks(id=UUID(int=question)), two[::-1], history, today=TODAY)
        assert [one.service.id for one in found.candidates] == [one.id for one in two]
