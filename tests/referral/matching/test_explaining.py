"""Why a service is asked or is not, in the language of the reader."""

from __future__ import annotations

import json

import pytest

from services.referral.matching import History, match
from services.referral.matching.explaining import _catalogue, explain
from services.referral.matching.filters import CHECKS
from shared.vocabulary import HelpFor, Stage
from tests.referral.matching.examples import TODAY, asks, failed, offers, said


def test_only_those_whom_a_service_is_there_for_are_named() -> None:
    request = asks(help_for=frozenset({HelpFor.CHILD, HelpFor.PROFESSIONAL}))
    family = offers(serves=frozenset({"family"}))
    found = match(request, [family], History(), today=TODAY).to_json()
    [verdict] = [
        one for one in explain(found, "en")["candidates"][0]["verdicts"] if one["filter"] == "serves"
    ]
    assert verdict["sentence"] == "Is there for: child."


@pytest.mark.parametrize(
    ("stage", "stages", "sentence"),
    [
        (None, set(), "Helps at every stage."),
        (Stage.REMAND, set(), "Helps at every stage."),
        (None, {"remand"}, "Helps at some stages; which stage it is, is not known."),
        (Stage.REMAND, {"remand"}, "Is there for this stage in particular."),
    ],
)
def test_every_stage_is_said_of_who_helps_at_every_stage_alone(
    stage: Stage | None, stages: set[str], sentence: str
) -> None:
    found = match(asks(stage=stage), [offers(stages=frozenset(stages))], History(), today=TODAY).to_json()
    assert sentence in explain(found, "en")["candidates"][0]["sentences"]


def test_who_has_room_for_nobody_is_full_with_nought_of_nought() -> None:
    assert said(asks(), offers(capacity=0)) == "Fits, but is full (0 of 0)."


def test_who_was_asked_without_having_refused_is_not_said_to_have_refused() -> None:
    service = offers()
    asked = History(asked=frozenset({service.id}))
    assert failed(asks(), service, asked) == ["declined"]
    assert said(asks(), service, asked) == "Was asked this question before."


def test_fits_but_is_said_of_who_failed_on_one_thing_alone() -> None:
    far_and_full = offers(country="BE", capacity=0)
    assert said(asks(), far_and_full) == "Does not work in this area. Is full (0 of 0)."


@pytest.mark.parametrize(
    ("language", "but"), [("nl", "Past, maar"), ("fr", "Convient, mais"), ("en", "Fits, but")]
)
def test_every_sentence_that_says_but_has_one_to_stand_among_others(language: str, but: str) -> None:
    words = _catalogue(language).single()
    saying = [key for key, words_of_it in words.items() if words_of_it.startswith(but)]
    assert len(saying) == 8
    assert all(f"among-others.{key}" in words for key in saying)


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
