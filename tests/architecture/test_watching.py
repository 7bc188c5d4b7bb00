"""Alerts and panels ask only for figures that there are, and every alert says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from services.intake.requests.commands import HOLD
from services.notify.messages.commands.consequences import FAILED_KIND

OPS = Path(__file__).parents[2] / "ops"
RULES: list[dict[str, Any]] = yaml.safe_load((OPS / "prometheus-alerts.yml").read_text())["groups"][0][
    "rules"
]
DASHBOARD: dict[str, Any] = json.loads((OPS / "grafana-dashboard.json").read_text())
EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in RULES} | {
    f"{panel['title']} {target['refId']}": target["expr"]
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
}
SUFFIXES = ("_bucket", "_total", "_count", "_sum")
UNWATCHED = {
    f"weerzien_{what}_created" for what in ("http_requests", "http_seconds", "questions", "sign_ins")
}


@pytest.fixture
def offered(client_for: Callable[[str], TestClient]) -> set[str]:
    clients = [client_for(service) for service in ("intake", "referral", "notify")]
    pages = [client.get("/metrics").text for client in clients]
    return {
        family.name.removesuffix("_total")
        for page in pages
        for family in text_string_to_metric_families(page)
        if family.name.startswith("weerzien_")
    }


def asked(expression: str) -> set[str]:
    found = set(re.findall(r"\bweerzien_\w+", expression))
    return {name.removesuffix(next(filter(name.endswith, SUFFIXES), "")) for name in found}


def test_alerts_and_panels_ask_for_figures_that_there_are(offered: set[str]) -> None:
    missing = {what: asked(expression) - offered for what, expression in EXPRESSIONS.items()}
    assert {what: names for what, names in missing.items() if names} == {}


def test_every_figure_is_on_the_dashboard(offered: set[str]) -> None:
    shown = {name for expression in EXPRESSIONS.values() for name in asked(expression)}
    assert offered - shown - UNWATCHED == set()


def test_an_alert_on_a_kind_of_work_names_one_that_there_is() -> None:
    kinds = {kind for one in EXPRESSIONS.values() for kind in re.findall(r'kind="([\w-]+)"', one)}
    assert kinds == {HOLD, FAILED_KIND}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["action"].endswith(".")
