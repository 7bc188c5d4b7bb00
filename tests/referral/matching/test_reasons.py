"""The reason that a person reads for each thing that fits or does not, and for each part of a score."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.referral.matching import History, RequestProfile, ServiceProfile, match
from services.referral.matching.explaining import explain
from services.referral.matching.filters import CHECKS
from services.referral.matching.profiles import Record
from shared.contact.organisations import marks
from shared.geography import find
from shared.vocabulary import AgeBand, HelpFor, Remote, Share, Stage
from tests.referral.matching.examples import TODAY, asks, failed, offers, said

LONG_AGO = TODAY - timedelta(days=181)
EIGHT_TO_ELEVEN = {"age_bands": frozenset({AgeBand.FROM_8})}
OURS = {"own": frozenset(marks("De Springplank"))}
PUPIL_AND_TEACHER = frozenset({HelpFor.CHILD, HelpFor.PROFESSIONAL})


def told(request: RequestProfile, service: ServiceProfile, history: History | None = None) -> dict[str, Any]:
    return explain(match(request, [service], history or History(), today=TODAY).to_json(), "en")


def verdicts(request: RequestProfile, service: ServiceProfile) -> dict[str, str]:
    [one] = told(request, service)["candidates"]
    return {verdict["filter"]: verdict["sentence"] for verdict in one["verdicts"]}


@pytest.mark.parametrize(
    ("request_changes", "service_changes", "sentence"),
    [
        ({}, {"active": False}, "The service has ended."),
        ({}, {"agreement_signed": None}, "Fits, but the agreement is not signed yet."),
        (
            {},
            {"verified_on": LONG_AGO},
            "Fits, but the details have not been verified for too long (last on 2026-06-03).",
        ),
        ({}, {"verified_on": None}, "Fits, but the details were never verified."),
        ({"needs": ("geld", "school")}, {}, "Does not help with: Money and belongings, School and learning."),
        (
            {"help_for": PUPIL_AND_TEACHER},
            {"serves": frozenset({"carer"})},
            "Is not there for: child, professional.",
        ),
        (EIGHT_TO_ELEVEN, {"min_age": 12}, "Fits, but only for 12 to 120 years."),
        (EIGHT_TO_ELEVEN, {"max_age": 7}, "Fits, but only for 0 to 7 years."),
        (
            {"stage": Stage.ARREST},
            {"stages": frozenset({"sentence"})},
            "Fits, but not at this stage (arrest).",
        ),
        ({}, {"takes_referrals": False}, "Takes no referrals; people can turn to it themselves."),
        (
            {},
            {"takes_referrals": False, "has_address": False},
            "Takes no referrals; people can turn to it themselves.",
        ),
        ({}, {"country": "BE"}, "Fits, but does not work in this area."),
        ({"language": "tr"}, {}, "Fits, but no Turkish."),
        (OURS, {"marks": frozenset(marks("de-springplank", "Centrum"))}, "Is the organisation that asks."),
        ({}, {"capacity": 0}, "Fits, but is full (0 of 0)."),
    ],
)
def test_who_does_not_fit_is_told_the_thing_that_it_was(
    request_changes: dict[str, Any], service_changes: dict[str, Any], sentence: str
) -> None:
    assert said(asks(**request_changes), offers(**service_changes)) == sentence


def test_who_said_no_is_told_so() -> None:
    service = offers()
    before = History(declined=frozenset({service.id}))
    assert said(asks(), service, before) == "Said no to this question before, or did not answer."


@pytest.mark.parametrize(
    ("request_changes", "service_changes", "filter", "sentence"),
    [
        ({}, {}, "active", "The service is active."),
        ({}, {}, "agreement", "The agreement is signed."),
        ({}, {"agreement_signed": TODAY}, "agreement", "The agreement is signed."),
        ({}, {}, "verified", "The details were verified on 2026-11-01."),
        ({"needs": ("geld", "bezoek")}, {}, "need", "Helps with: Visiting in prison."),
        ({}, {"serves": frozenset()}, "serves", "Is there for: child."),
        (
            {"help_for": frozenset(HelpFor)},
            {"serves": frozenset({"family"})},
            "serves",
            "Is there for: carer, child, parent in detention.",
        ),
        ({}, {}, "age", "The age does not matter."),
        (
            {"help_for": frozenset({HelpFor.CARER}), **EIGHT_TO_ELEVEN},
            {"serves": frozenset({"carer"})},
            "age",
            "The age does not matter.",
        ),
        (EIGHT_TO_ELEVEN, {}, "age", "The age fits (0 to 120 years)."),
        (EIGHT_TO_ELEVEN, {"min_age": 11}, "age", "The age fits (11 to 120 years)."),
        (EIGHT_TO_ELEVEN, {"max_age": 8}, "age", "The age fits (0 to 8 years)."),
        ({}, {}, "stage", "The stage does not matter."),
        (
            {"stage": Stage.SENTENCE},
            {"stages": frozenset({"sentence"})},
            "stage",
            "Helps at this stage (sentence).",
        ),
        ({}, {}, "takes-referrals", "Takes referrals."),
        ({}, {}, "area", "Works where the asker lives."),
        ({"home": None, "facility": find("NL", "5263")}, {}, "area", "Works near the place of detention."),
        ({"home": None}, {"remote": True}, "area", "Helps at a distance."),
        ({}, {}, "language", "Speaks Dutch."),
        ({"language": "tr"}, {"interpreter": True}, "language", "Works with an interpreter for Turkish."),
        ({}, {}, "declined", "Has not said no to this question."),
        ({}, {}, "own", "Is not the organisation that asks."),
        (OURS, {"marks": frozenset(marks("springplank"))}, "own", "Is not the organisation that asks."),
        ({}, {}, "full", "Has room."),
        ({}, {"capacity": 1}, "full", "Has room."),
    ],
)
def test_of_who_fits_each_filter_says_why(
    request_changes: dict[str, Any], service_changes: dict[str, Any], filter: str, sentence: str
) -> None:
    found = verdicts(asks(**request_changes), offers(**service_changes))
    assert len(found) == len(CHECKS)
    assert found[filter] == sentence


@pytest.mark.parametrize(
    ("changes", "safety", "consent"),
    [
        ({}, "There is no concern about safety.", "The asker agrees to sharing with a partner."),
        (
            {"hold": True, "share": Share.NO},
            "There is a concern about safety: an adviser looks first.",
            "The asker does not want anything shared.",
        ),
        (
            {"share": Share.ASK_FIRST},
            "There is no concern about safety.",
            "The asker wants to be asked first.",
        ),
    ],
)
def test_what_holds_for_the_question_itself_is_said_of_it(
    changes: dict[str, Any], safety: str, consent: str
) -> None:
    found = told(asks(**changes), offers())["requestVerdicts"]
    assert [one["sentence"] for one in found] == [safety, consent]


def test_at_a_distance_is_of_no_use_across_a_border() -> None:
    assert failed(asks(home=None), offers(country="BE", remote=True)) == ["area"]


def test_a_service_for_one_region_is_not_kept_from_a_place_whose_region_is_not_known() -> None:
    assert failed(asks(), offers(regions=frozenset({"vlaanderen"}))) == []


@pytest.mark.parametrize(
    ("request_changes", "service_changes", "sentence"),
    [
        ({}, {}, "Covers everything that was asked: Visiting in prison."),
        ({"needs": ("geld", "bezoek")}, {}, "Covers part of what was asked: Visiting in prison."),
        (
            {"needs": ("bezoek", "school")},
            {"needs": frozenset({"bezoek", "school"})},
            "Covers everything that was asked: Visiting in prison, School and learning.",
        ),
        ({}, {"place": find("NL", "5038")}, "Close by, within ten kilometres."),
        ({}, {"place": find("NL", "5611")}, "In the same province."),
        ({}, {}, "Works in the whole country or at a distance."),
        ({"home": None}, {"remote": True}, "Works in the whole country or at a distance."),
        ({"remote": Remote.PREFERRED}, {"remote": True}, "Helps at a distance, as the asker prefers."),
        ({}, {"remote": True}, "Works in the whole country or at a distance."),
        ({"remote": Remote.PREFERRED}, {}, "Works in the whole country or at a distance."),
        ({}, {}, "Is there for this group in particular."),
        ({}, {"serves": frozenset()}, "Is there for everybody, this group included."),
        ({}, {}, "Speaks Dutch."),
        ({"language": "tr"}, {"interpreter": True}, "Helps in Turkish with an interpreter."),
        ({}, {}, "The waiting time is not known."),
        ({}, {"waiting_days": 6}, "The waiting time is 6 working days."),
        ({}, {}, "Was not asked in the last ninety days."),
    ],
)
def test_of_who_fits_each_part_of_the_score_says_why(
    request_changes: dict[str, Any], service_changes: dict[str, Any], sentence: str
) -> None:
    [one] = told(asks(**request_changes), offers(**service_changes))["candidates"]
    assert sentence in one["sentences"]


def test_who_was_asked_before_is_told_how_often_it_answered() -> None:
    service = offers()
    known = History(records={service.id: Record(offers=3, answered_in_time=2)})
    [one] = told(asks(), service, known)["candidates"]
    assert one["sentences"][-1] == "Answered 2 of 3 questions in time."


@pytest.mark.parametrize(
    ("home", "regions", "worth", "sentence"),
    [
        ("9000", {"vlaanderen"}, 7.5, "In the same region."),
        ("9000", {"wallonie", "vlaanderen"}, 7.5, "In the same region."),
        ("4000", {"wallonie"}, 7.5, "In the same region."),
        ("9000", set(), 6, "Works in the whole country or at a distance."),
        ("1000", {"vlaanderen"}, 6, "Works in the whole country or at a distance."),
    ],
)
def test_a_service_of_the_same_region_is_nearer_than_one_of_the_whole_country(
    home: str, regions: set[str], worth: float, sentence: str
) -> None:
    service = offers(country="BE", regions=frozenset(regions))
    [one] = match(asks(country="BE", home=find("BE", home)), [service], History(), today=TODAY).candidates
    [proximity] = [part for part in one.parts if part.name == "proximity"]
    assert proximity.points == worth
    assert sentence in told(asks(country="BE", home=find("BE", home)), service)["candidates"][0]["sentences"]


def test_of_home_and_the_place_of_detention_the_nearer_counts() -> None:
    request = asks(facility=find("NL", "5263"))
    for near in ("5038", "5263"):
        assert (
            "Close by, within ten kilometres."
            in (told(request, offers(place=find("NL", near)))["candidates"][0]["sentences"])
        )


def test_a_part_is_told_with_its_points_and_those_there_are() -> None:
    [one] = told(asks(), offers(stages=frozenset({"remand"})))["candidates"]
    assert [(part["part"], part["points"], part["of"]) for part in one["parts"]] == [
        ("need", 35.0, 35),
        ("proximity", 6.0, 15),
        ("audience", 10.0, 10),
        ("stage", 6.0, 10),
        ("language", 10.0, 10),
        ("waiting", 4.0, 10),
        ("responsiveness", 8.0, 10),
    ]


def test_points_have_two_decimals() -> None:
    [one] = told(asks(needs=("bezoek", "geld")), offers())["candidates"]
    assert one["parts"][0]["points"] == 23.33


def test_where_nobody_knows_where_the_asker_lives_near_counts_as_far() -> None:
    [one] = told(asks(home=None), offers(remote=True))["candidates"]
    assert (one["parts"][1]["part"], one["parts"][1]["points"]) == ("proximity", 6.0)
