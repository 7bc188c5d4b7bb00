"""Properties that hold for every advice request on the list of real organisations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.referral.directory.importing import read
from services.referral.matching import History, RequestProfile, match
from services.referral.matching.ranking import BAND, ENOUGH
from shared.geography import find
from shared.vocabulary import AgeBand, HelpFor, Remote, Stage, Urgency, needs
from tests.referral.matching.examples import SAMPLE, TODAY, asks, offers

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
    for number, entry in enumerate(read(SAMPLE.read_bytes(), today=TODAY)[0])
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
        assert all(round(max(scores[place:]) - score, 2) <= BAND for place, score in enumerate(scores))


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
