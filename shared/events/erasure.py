"""What one service asks of another when a person wants to be erased."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

PATH = "/internal/erasures"
CALLERS = ("intake",)


class Whom(BaseModel):
    """A person, by everything that leads to what is kept of them.

    Everything at `phones` and `emails` is meant. Of what is at `named_phones` and `named_emails`, only what
    bears one of `names`: a family may share a telephone, and a school asks for many pupils from one mailbox.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    request_ids: tuple[UUID, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    named_phones: tuple[str, ...] = ()
    named_emails: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def has_contact(self) -> bool:
        return bool(self.phones or self.emails or self.named_phones or self.named_emails)

    def is_theirs(self, name: str | None, phone: str | None, email: str | None) -> bool:
        """Whether what has this name, number and address is meant."""
        if phone in self.phones or email in self.emails:
            return True
        named = plain(name) in {plain(one) for one in self.names} - {""}
        return named and (phone in self.named_phones or email in self.named_emails)


def plain(name: str | None) -> str:
    return " ".join((name or "").casefold().split())
