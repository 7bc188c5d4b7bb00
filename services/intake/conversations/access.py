from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from services.intake.requests.access import ReturnCodeOrKey
from services.intake.requests.tables import AdviceRequest
from shared.security.keystore import ApiKey, Scope


@dataclass(frozen=True)
class Speaker:
    """Who takes part in a conversation: the asker, or a program of the centre with this key."""

    request_id: UUID
    key: ApiKey | None = None

    @property
    def who(self) -> str:
        return f"key:{self.key.id}" if self.key else "asker"


class _CodeOrDesk(ReturnCodeOrKey):
    """The return code, or a key of the centre for the desk: who sent a question in reads no answer to it."""

    def _theirs(self, key: ApiKey, advice_request: AdviceRequest) -> bool:
        return key.is_the_centres and key.allows(Scope.DESK)


class Speaking(_CodeOrDesk):
    """Like the access to an advice request; says besides which of the two it is."""

    def __call__(self, request: Request) -> Speaker:  # type: ignore[override]
        """Raises NotFound where it is unknown or not theirs."""
        return Speaker(*self.admitted(request))


speaking = Speaking(Scope.DESK)
