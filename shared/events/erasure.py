"""What one service asks of another when a person wants to be erased."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

PATH = "/internal/erasures"
CALLERS = ("intake",)


class Whom(BaseModel):
    """A person, by everything that leads to what is kept of them.

    `names` limits what is found by number or address to what bears one of these names, since a family may
    share a telephone. Without it, everything at that number or address is meant.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    request_ids: tuple[UUID, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    names: tuple[str, ...] | None = None
    dry_run: bool = False

    def bears(self, name: str | None) -> bool:
        """Whether what bears this name is meant."""
        return self.names is None or plain(name) in {plain(one) for one in self.names if plain(one)}


def plain(name: str | None) -> str:
    return " ".join((name or "").casefold().split())
