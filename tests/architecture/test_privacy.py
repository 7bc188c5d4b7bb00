"""Whoever reads the page on privacy reads of everything that is kept."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Table

from services import system
from shared.database.common import COMMON
from shared.database.encrypted import Encrypted
from shared.events.services import SERVICES
from tests.kit.system import ROOT

PAGE = (ROOT / "docs" / "privacy.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("|")]
TABLES = {
    **{
        f"{name}.{table}": kept
        for name in SERVICES
        for table, kept in system.service(name).base.metadata.tables.items()
    },
    **COMMON.tables,
}


def about(name: str) -> list[str]:
    return [row for row in ROWS if f"`{name}`" in row or f".{name}`" in row]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_is_accounted_for(name: str) -> None:
    assert about(name), f"docs/privacy.md says nothing of {name}"


@pytest.mark.parametrize("name", sorted(TABLES))
def test_what_is_encrypted_is_said_to_be(name: str) -> None:
    table: Table = TABLES[name]
    hidden = any(isinstance(column.type, Encrypted) for column in table.columns)
    assert not hidden or any("encrypted" in row for row in about(name))


def test_no_table_is_described_that_is_not_there() -> None:
    named = {name for row in ROWS for name in re.findall(r"`((?:intake|referral|notify)\.\w+)`", row)}
    common = {f"{service}.{name}" for service in SERVICES for name in COMMON.tables}
    assert named <= set(TABLES) | common


SETTINGS = {
    f"WEERZIEN_{name.upper()}": field.default
    for service in SERVICES
    for name, field in system.service(service).settings.model_fields.items()
    if name.startswith("keep_") and name.endswith("_days")
}
FOR_OTHER_REASONS = (
    "until an operator removes it or the person is let go",
    "the same",
    "as the name",
    "as the codes of the advice request",
    "an hour, or until it is carried out",
    "until that number says START",
    "until the directory says otherwise",
    "until a planner takes it back",
    "until it has",
    "a day",
    "eight days",
    "five minutes",
    "two hours",
    "nine hours",
    "twelve hours",
    "24 hours",
    "until another one is set up",
    "until an operator removes it",
    "thirty days after every subscriber",
    "only the latest",
    "always",
)


def test_every_period_that_people_are_told_is_the_one_that_is_kept() -> None:
    told = re.findall(r"(\d+) days \(`(WEERZIEN_KEEP_\w+)`\)", PAGE)
    assert {name for _, name in told} == SETTINGS.keys()
    assert {name: int(days) for days, name in told} == SETTINGS
    assert all(int(days) == SETTINGS[name] for days, name in told)


def test_every_kind_of_data_has_a_period() -> None:
    kept = [row.split(" | ")[3] for row in ROWS if not row.startswith(("| data", "|---"))]
    endless = [one for one in kept if "`WEERZIEN_KEEP_" not in one and not one.startswith(FOR_OTHER_REASONS)]
    assert endless == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_period_of_the_settings_is_kept_by_the_daily_task(service: str) -> None:
    ours = {
        name
        for name in system.service(service).settings.model_fields
        if name.startswith("keep_") and name.endswith("_days")
    }
    # A link is looked at when it is opened.
    daily = {period.setting for period in system.service(service).keeping.periods.values()}
    assert ours - {"keep_links_days"} == daily


@pytest.mark.parametrize("service", SERVICES)
def test_everything_encrypted_is_in_a_table_that_an_erasure_or_a_period_empties(service: str) -> None:
    """A new table with a person's words is somebody's to think of."""
    thought_of = {
        # People who work here are never deleted; their apps' secrets go with a reset.
        "intake": {
            "advice_requests",
            # Nobody finds a person in it; it ends by itself.
            "asking_drafts",
            "desk_notes",
            "calls",
            "call_notes",
            "call_backs",
            "callers",
            "caller_flags",
            "call_sendings",
            "shifts",
            "conversation_messages",
            "answer_drafts",
            "own_words",
            "child_keys",
            "guidance_opinions",
            "staff",
            "staff_authenticators",
        },
        "referral": set(),
        "notify": {
            "registrations",
            "messages",
            "inbound_texts",
            "postbus",
            "visit_days",
            "waiting_changes",
            "family_drafts",
            "mass_changes",
            "family_words",
            "planners",
            "closed_days",
            # Days and times as a prison wrote them, gone after two hours: about nobody who can ask for it.
            "import_previews",
        },
    }
    hidden = {
        name
        for name, table in system.service(service).base.metadata.tables.items()
        if any(isinstance(column.type, Encrypted) for column in table.columns)
    }
    assert hidden == thought_of[service]
