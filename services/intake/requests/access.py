from __future__ import annotations

from uuid import UUID

from fastapi import Request

from services.intake.requests import commands, queries
from services.intake.requests.references import tidy_code, tidy_reference
from services.intake.requests.tables import AdviceRequest
from shared.errors import NotFound
from shared.security import keystore
from shared.security.access import BearerAccess, bearer, in_time
from shared.security.keystore import ApiKey, Scope
from shared.web.origin import origin


class ReturnCodeOrKey(BearerAccess):
    """Access by the return code, by one of the centre's keys with one of `scopes`, or by the sender's keys.

    Those are the key that sent the request, and every key of the same organisation.
    """

    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes

    def __call__(self, request: Request) -> UUID:
        """Return the id of the advice request in the path. Raises NotFound if it is unknown or not theirs.

        `request.state.who` is then the key for the audit, and missing where its asker came by the code.
        """
        return self.admitted(request)[0]

    def admitted(self, request: Request) -> tuple[UUID, ApiKey | None]:
        """Return the id, and the key by which it was opened: None where its asker came by the code.

        Who comes is decided here, once: a key that is asked for a second time may be unknown by then.
        """
        token = bearer(request)
        reference = tidy_reference(request.path_params["reference"]) or ""
        runtime = request.app.state.runtime
        key = keystore.remembered(runtime.sessions, token) or keystore.look_up(runtime.sessions, token)
        with runtime.sessions() as session:
            if key is None:
                code = tidy_code(token)
                found = commands.find_with_code(
                    session, reference, code, origin=origin(request), at=runtime.clock.now()
                )
                return found.id, None
            in_time(key, runtime.clock.now())
            advice_request = queries.by_reference(session, reference)
        if advice_request is None or not self._theirs(key, advice_request):
            raise NotFound("There is no advice request with this reference that this key may see.")
        request.state.who = f"key:{key.id}"
        return advice_request.id, key

    def _theirs(self, key: ApiKey, advice_request: AdviceRequest) -> bool:
        if advice_request.client == key.id:
            return True
        if not key.is_the_centres:
            whose = key.owner.organisation
            return whose is not None and advice_request.organisation == whose
        return any(key.allows(scope) for scope in self.scopes)


may_read = ReturnCodeOrKey(Scope.REQUESTS_READ, Scope.DESK)
may_withdraw = ReturnCodeOrKey(Scope.DESK)
