"""The page on which the owner of a mailbox ends all mail to it: by a press, or a click in a mail program.

A mail program sends the form by itself (RFC 8058), without a cookie, from wherever it runs: the address of
the page, which only the owner of the mailbox was sent, is all that counts. Looking at it changes nothing, so
that whatever follows the links in a mail does no harm.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.notify.contacts.unsubscribing import PATH, index_of
from services.notify.replies.commands_mail import unsubscribe
from shared.errors import NotFound
from shared.security.access import Access
from shared.web import pages
from shared.web.dependencies import Now, SessionDep
from shared.web.languages import READ_BY_FAMILIES

router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[READ_BY_FAMILIES])


class LinkOfAMail(Access):
    """Lets in whoever has the link of a mail, and returns the fingerprint of the address. Raises NotFound."""

    async def __call__(self, request: Request) -> bytes:
        index = index_of(str(request.path_params.get("token", "")))
        if index is None:
            raise NotFound("This link is not complete. Open it once more from the mail.")
        return index


link_of_a_mail = LinkOfAMail()


@router.get("/{token}")
def ask(request: Request, token: str, index: bytes = Depends(link_of_a_mail)) -> Response:
    """Show a button. Changes nothing, and says nothing of the address."""
    return pages.render(request, "replies/unsubscribe.html", {"done": False})


@router.post("/{token}")
def end(
    request: Request, token: str, session: SessionDep, now: Now, index: bytes = Depends(link_of_a_mail)
) -> Response:
    """End all mail to the address. Once more does nothing more; the answer is no redirect."""
    unsubscribe(session, index, at=now)
    return pages.render(request, "replies/unsubscribe.html", {"done": True})
