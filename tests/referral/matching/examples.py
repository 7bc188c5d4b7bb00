"""Advice requests and services for worked examples, and the outcome of matching them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

from services.referral.matching import History, RequestProfile, ServiceProfile, match
from services.referral.matching.explaining import explain
from shared.geography import find
from shared.vocabulary import HelpFor

TODAY = date(2026, 12, 1)
SAMPLE = files("services.referral.directory") / "data" / "sample.csv"
TEENAGERS = {"serves": frozenset({"carer"}), "min_age": 12}


def asks(**changes: Any) -> RequestProfile:
    """Return the profile of a carer in Tilburg who asks about a visit, in Dutch."""
    profile = RequestProfile(
        id=UUID(int=1),
        country="NL",
        needs=("bezoek",),
        help_for=frozenset({HelpFor.CHILD}),
        language="nl",
        home=find("NL", "5038"),
    )
    return replace(profile, **changes)


def offers(**changes: Any) -> ServiceProfile:
    """Return a Dutch service that goes along with children on visits, signed and verified."""
    profile = ServiceProfile(
        id=uuid4(),
        organisation="Samen op Weg",
        name="Begeleid bezoek",
        country="NL",
        needs=frozenset({"bezoek"}),
        serves=frozenset({"child"}),
        languages=frozenset({"nl"}),
        agreement_signed=TODAY - timedelta(days=30),
        verified_on=TODAY - timedelta(days=30),
    )
    return replace(profile, **changes)


def failed(request: RequestProfile, service: ServiceProfile, history: History | None = None) -> list[str]:
    found = match(request, [service], history or History(), today=TODAY)
    missed = [*found.near_misses, *found.excluded]
    return [verdict.filter for one in missed for verdict in one.failed]


def said(request: RequestProfile, service: ServiceProfile, history: History | None = None) -> str:
    """Return, in English, why this one service does not fit."""
    told = explain(match(request, [service], history or History(), today=TODAY).to_json(), "en")
    missed: list[Any] = told["nearMisses"] + told["excluded"]
    return " ".join(missed[0]["sentences"])
