"""How much one request may bring: what our forms and schemas can need at their utmost, and no more.

Whatever is done with a request takes time that grows with what it brings, and everybody else waits for it.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import Scope

from shared.errors import Problem

# The longest advice request, each letter of it escaped, takes 95 KB.
MAX_BODY = 128_000
MAX_ADDRESS = 8_000
MAX_PARAMETERS = 100
# The form of the site has ninety boxes, and a provider's report some thirty fields.
MAX_FIELDS = 200
# The longest advice request has some two hundred members and items of lists.
MAX_MEMBERS = 1_000
# With fewer commas than this a document cannot hold too much.
SURELY_FEW = 200

TOO_LARGE = Problem(
    413,
    "too-large",
    "The body is larger than 128 KB",
    f"The body is larger than 128 KB ({MAX_BODY} bytes). Send less text.",
)
TOO_LONG = Problem(
    414,
    "address-too-long",
    "The address is too long",
    f"An address has at most {MAX_ADDRESS} characters and {MAX_PARAMETERS} parameters.",
)
TOO_MANY_FIELDS = Problem(
    413, "too-large", "The form has too many fields", f"A form has at most {MAX_FIELDS} fields."
)
TOO_MANY_MEMBERS = Problem(
    400,
    "too-many-members",
    "The document has too many members",
    f"A document has at most {MAX_MEMBERS} members and items of lists. Send what the description names.",
)
TOO_SLOW = Problem(
    408, "too-slow", "The body did not arrive", "The connection ended before the whole body was here."
)


async def beyond(scope: Scope, headers: Headers, body: bytes) -> Problem | None:
    """Return the refusal of a request that brings too much, or None. Only counts bytes, but for the rare."""
    query: bytes = scope.get("query_string", b"")
    if len(scope.get("raw_path") or b"") + len(query) > MAX_ADDRESS or query.count(b"&") > MAX_PARAMETERS:
        return TOO_LONG
    kind = headers.get("content-type", "") if body else ""
    if "json" in kind:
        # Parsed in a thread: everybody else is answered meanwhile.
        if body.count(b",") > SURELY_FEW and await run_in_threadpool(members, body) > MAX_MEMBERS:
            return TOO_MANY_MEMBERS
        return None
    return TOO_MANY_FIELDS if _fields(kind, body) > MAX_FIELDS else None


def _fields(kind: str, body: bytes) -> int:
    """Return how many fields a form has at most. A browser escapes both signs that may stand between two."""
    if "x-www-form-urlencoded" in kind:
        return body.count(b"&") + body.count(b";")
    return body.count(b"\n--") if "multipart/" in kind else 0


def is_too_long(headers: Headers) -> bool:
    """Return whether the sender says itself that its body is too large."""
    length = headers.get("content-length", "0")
    return length.isdigit() and (len(length) > 12 or int(length) > MAX_BODY)


def members(body: bytes) -> int:
    """Return how many members and items a document has; 0 for one that cannot be read, refused elsewhere."""
    try:
        left: list[Any] = [json.loads(body)]
    except (ValueError, RecursionError):
        return 0
    count = 0
    while left:
        one = left.pop()
        if isinstance(one, dict | list):
            count += len(one)
            left += one.values() if isinstance(one, dict) else one
    return count
