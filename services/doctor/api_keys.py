"""Names the API keys that open less than their owner expects."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Engine
from sqlmodel import Session

from services.doctor.finding import Finding
from shared.security.keystore import Scope, list_keys


def examine(engine: Engine) -> Iterator[Finding]:
    """Examine the keys that one service knows: each knows the same ones."""
    with Session(engine) as session:
        rows = list_keys(session)
    for row in rows:
        scopes = set(row["scopes"])
        reaches_all = scopes & {Scope.OPERATOR, Scope.DESK}
        if Scope.VISITS_WRITE in scopes and not (row["facilities"] or row["revoked_at"] or reaches_all):
            yield Finding(
                "notice",
                f"the key {row['id']} ({row['name']}) is for visits but names no facility, so it opens none:"
                " make another with `weerzien keys create --facility`, and revoke this one",
            )
