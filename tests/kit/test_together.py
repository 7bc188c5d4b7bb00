"""Tests that share a whole system run one after the other in one process."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("together")
def test_tests_of_one_group_stay_together_where_several_processes_run_tests(
    request: pytest.FixtureRequest,
) -> None:
    """A version of pytest that a plugin does not know yet would part them, and each would start a system."""
    if getattr(request.config.option, "loadgroup", False):
        assert request.node.nodeid.endswith("@together")
