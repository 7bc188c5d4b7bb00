from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from shared.desk.actions import DeskActions
from shared.desk.items import WorkItem, resolve, unresolved
from shared.errors import FieldError, Invalid


def carry_out(
    session: Session,
    desk: DeskActions,
    item_id: UUID,
    action: str,
    params: Mapping[str, str],
    *,
    at: datetime,
    by: str,
) -> WorkItem:
    """Do what a person decided and resolve the item, in one transaction; returns the item. Commits.

    Raises NotFound, Conflict if it was resolved before, Invalid if the item does not have this action or the
    action lacks its parameter, and what the action raises.
    """
    item = unresolved(session, item_id)
    kind = desk.kind(item.kind)
    if action not in kind.actions:
        raise Invalid([_unknown_action(kind.actions)])
    needed = kind.parameter.get(action)
    if needed and not params.get(needed):
        raise Invalid([FieldError(f"/{needed}", needed, "missing")])
    # Resolve before acting: the action may take all about its subject off the list, which would overwrite who
    # decided, and it may put the same thing on the list again.
    resolve(session, item_id, action, at=at, by=by)
    kind.actions[action](session, item, params, at=at, by=by)
    session.commit()
    return item


def _unknown_action(actions: Mapping[str, object]) -> FieldError:
    return FieldError("/action", "action", "unknown-action", values={"choices": ", ".join(actions)})
