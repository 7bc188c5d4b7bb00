"""Where a member goes after signing in."""

from __future__ import annotations

import pytest

from shared.members.rules import path_below


@pytest.mark.parametrize("wanted", ["/planner", "/planner/days/1?lang=fr", "/planner?lang=nl"])
def test_who_signs_in_goes_on_to_the_page_that_they_wanted(wanted: str) -> None:
    assert path_below(wanted, "/planner") == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "//elsewhere.example",
        "https://elsewhere.example/planner",
        "/planner\\..\\elsewhere",
        "/planner/../desk",
        "/planner/\r\nSet-Cookie: a=b",
        "/plannerelsewhere",
        "/desk",
    ],
)
def test_nobody_is_sent_elsewhere_by_a_link_to_sign_in(wanted: str) -> None:
    assert path_below(wanted, "/planner") == ""
