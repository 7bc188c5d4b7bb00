from __future__ import annotations

from uuid import UUID

from fastapi import Request

from services.referral.referrals.queries import offer_by_token
from shared.errors import NotFound
from shared.security.access import Access


class PartnersLink(Access):
    """Access by the link of an offer: a token of 256 bits that is only in the mail to that partner."""

    def __call__(self, request: Request) -> UUID:
        """Return the id of the offer. Raises NotFound for an unknown token."""
        token = request.path_params["token"]
        with request.app.state.runtime.sessions() as session:
            view = offer_by_token(session, token)
        if view is None:
            raise NotFound("This link does not work. Use the whole link from your mail.")
        return view.offer.id


partners_link = PartnersLink()
