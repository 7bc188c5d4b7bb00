from __future__ import annotations

from uuid import UUID

from fastapi import Request

from services.intake.requests import commands, queries
from services.intake.requests.references import tidy_code, tidy_reference
from services.intake.requests.tables import AdviceRequest
from shared.errors import NotFound
from shared.security import keystore
from shared.security.access import BearerAccess, bearer
from shared.security.keystore import ApiKey, Scope
from shared.web.origin import origin


class ReturnCodeOrKey(BearerAccess):
    """Access by the return code, by a key with one of `scopes`, or by the key that sent the request."""

    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes

    def __call__(self, request: Request) -> UUID:
        """Return the id of the advice request in the path. Raises NotFound if it is unknown or not theirs."""
        token = bearer(request)
        reference = tidy_reference(request.path_params["reference"]) or ""
        runtime = request.app.state.runtime
        with runtime.sessions() as session:
            key = keystore.find(session, token)
            if key is None:
                code = tidy_code(token)
                return commands.find_with_code(
                    session, reference, code, origin=origin(request), at=runtime.clock.now()
                ).id
            advice_request = queries.by_reference(session, reference)
        if advice_request is None or not self._theirs(key, advice_request):
            raise NotFound("There is no advice request with this reference that this key may see.")
        return advice_request.id

    def _theirs(self, key: ApiKey, advice_request: AdviceRequest) -> bool:
        return advice_request.client == key.id or any(key.allows(scope) for scope in self.scopes)


may_read = ReturnCodeOrKey(Scope.REQUESTS_READ, Scope.DESK)
may_withdraw = ReturnCodeOrKey(Scope.DESK)
