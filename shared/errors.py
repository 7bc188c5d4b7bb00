"""Expected refusals: they tell the person or program that asked what to do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class RuleBroken(Exception):
    """A rule of a room refuses. The edges respond with 409 and the sentence it carries."""


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with the input: where, why, and what to do.

    If `detail` is empty, the sentence comes from the catalogue, by `code`; `values` are what it names.
    """

    pointer: str
    field: str
    code: str
    detail: str = ""
    location: str = "body"
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)


class Problem(Exception):
    """A refusal, sent as `application/problem+json` (RFC 9457) or as a page that says the same."""

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{slug}: {detail}")
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.more = 0
        self.headers = dict(headers or {})


# A person corrects a handful at a time; a program that gets more wrong has read another description.
MOST_ERRORS, MOST_NAMED = 100, 10


class Invalid(Problem):
    """Names the first hundred mistakes, and `more` says how many there are beside them."""

    def __init__(self, errors: Sequence[FieldError], detail: str = "") -> None:
        told = errors[:MOST_ERRORS]
        super().__init__(400, "invalid-input", "Invalid input", detail or _please_correct(told), told)
        self.more = len(errors) - len(told)


def _please_correct(errors: Sequence[FieldError]) -> str:
    fields = list(dict.fromkeys(error.field for error in errors))
    others = " and others" if len(fields) > MOST_NAMED else ""
    return f"Please correct: {', '.join(fields[:MOST_NAMED])}{others}."


class Unauthorized(Problem):
    def __init__(self, detail: str) -> None:
        super().__init__(401, "unauthorized", "Not signed in", detail, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    def __init__(self, detail: str) -> None:
        super().__init__(403, "forbidden", "Not allowed", detail)


class NotFound(Problem):
    def __init__(self, detail: str) -> None:
        super().__init__(404, "not-found", "Not found", detail)


class Conflict(Problem):
    def __init__(self, detail: str, slug: str = "conflict") -> None:
        super().__init__(409, slug, "Conflict with what is stored", detail)


class TooMany(Problem):
    """`retry_after` is in seconds."""

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(
            429, "too-many-requests", "Too many requests", detail, headers={"Retry-After": str(retry_after)}
        )
        self.retry_after = retry_after
