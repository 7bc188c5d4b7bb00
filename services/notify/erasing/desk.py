"""Texts that the provider still has of somebody who was erased."""

from __future__ import annotations

from sqlmodel import Session

from services.notify.erasing.commands_provider import KIND, deleted_by_hand, try_again
from shared.desk.actions import Fact, Kind, View
from shared.desk.items import WorkItem


def describe(session: Session, item: WorkItem, language: str) -> View:
    """Show by what the provider's console finds the text: its id there, which says nothing of a person."""
    return View([Fact("sid", str(item.details["sid"]))] if "sid" in item.details else [])


DESK = {KIND: Kind({"try-again": try_again, "deleted-by-hand": deleted_by_hand}, describe)}
