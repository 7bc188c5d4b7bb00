"""The codes that everybody may send, and what is published of each."""

from __future__ import annotations

from shared.vocabulary import needs


def test_every_need_is_described_and_the_wider_need_that_it_names_is_there() -> None:
    known = needs()
    assert len(known) > 10
    assert [need.code for need in known.values() if not need.description_en] == []
    assert [need.code for need in known.values() if need.parent and need.parent not in known] == []
