"""The reasons why services were not asked can be read back, packed or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.referral.matching import History, match
from services.referral.matching.explaining import explain
from services.referral.matching.packing import packed, unpacked
from tests.referral.matching.examples import TODAY, asks, offers

WORDS = st.text(st.characters(codec="utf-8"), max_size=40)


@given(st.lists(st.dictionaries(WORDS, WORDS | st.booleans() | st.lists(WORDS, max_size=3), max_size=4)))
def test_what_is_packed_comes_out_as_it_was(entries: list[Any]) -> None:
    assert unpacked(packed(entries)) == entries


def test_an_explanation_that_was_stored_unpacked_says_the_same() -> None:
    found = match(asks(), [replace(offers(), active=False, takes_referrals=False)], History(), today=TODAY)
    stored = found.to_json()
    earlier = stored | {"excluded": unpacked(stored["excludedPacked"])}
    del earlier["excludedPacked"]
    assert explain(earlier, "nl") == explain(stored, "nl")
    assert len(explain(stored, "nl")["excluded"]) == 1
