from __future__ import annotations

from uuid import UUID

from fastapi import Request

from services.referral.referrals.queries import offer_by_token
from shared.errors import NotFound
from shared.security.access import Access


class PartnersLink(Access):
    """Whoever holds the link of an offer: 256 bits that stand in a mail to that partner alone."""

    def __call__(self, request: Request) -> UUID:
        """The offer's id. Raises NotFound for a token that leads nowhere."""
        token = request.path_params["token"]
        with request.app.state.runtime.sessions() as session:
            found = offer_by_token(session, token)
        if found is None:
            raise NotFound("This link leads nowhere.")
        return found.offer.id


partners_link = PartnersLink()
