"""Refusals in words: problem details for programs, a page for people."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from shared.errors import FieldError, Invalid, Problem, RuleBroken
from shared.web import pages, sentences
from shared.web.sentences import sentence

log = logging.getLogger(__name__)

TYPE = "https://weerzien.example/problems/"
PROGRAMS = ("/v1", "/internal", "/healthz", "/readyz", "/metrics")

# What the framework says of a body that its parser cannot read.
UNREADABLE = "There was an error parsing the body"
# An answer repeats each name several times.
LONGEST_NAME = 60
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
STATUS = {
    400: ("bad-request", "Bad request"),
    401: ("unauthorized", "Not signed in"),
    403: ("forbidden", "Not allowed"),
    404: ("not-found", "Not found"),
    409: ("conflict", "Conflict with what is stored"),
    405: ("method-not-allowed", "Method not allowed"),
    413: ("too-large", "Too large"),
    415: ("unsupported-media-type", "Unsupported media type"),
}
PROBLEM = {"type": "object", "required": ["type", "title", "status", "detail"]}
PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def register(app: FastAPI) -> None:
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RuleBroken, _rule)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _away)
    app.add_exception_handler(PoolTimeout, _away)
    app.add_exception_handler(Exception, unforeseen)


def answer(request: Request, problem: Problem) -> Response:
    if "Location" in problem.headers:
        return RedirectResponse(problem.headers["Location"], problem.status)
    if is_page(request.scope):
        return pages.problem_page(request, problem)
    return JSONResponse(
        body(problem), problem.status, headers=problem.headers, media_type="application/problem+json"
    )


def is_page(scope: Scope) -> bool:
    """Say whether people read this address. Reads the scope: a `Request` puts a URL together first."""
    return not scope["path"].startswith(scope["app"].state.programs)


def body(problem: Problem) -> dict[str, Any]:
    members: dict[str, Any] = {
        "type": f"{TYPE}{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        members["errors"] = [_told(error) for error in problem.errors]
    if problem.more:
        members["more"] = problem.more
    return members


def _told(error: FieldError) -> dict[str, str]:
    return {
        "in": error.location,
        "pointer": error.pointer,
        "field": error.field,
        "code": error.code,
        "detail": error.detail or sentence(error.code, field=error.field, values=error.values),
    }


def field_errors(errors: Sequence[Any]) -> list[FieldError]:
    """Return pydantic's findings as ours. The input is never repeated: it may be personal data."""
    return [_field_error(error) for error in errors]


def _field_error(error: Any) -> FieldError:
    location, *path = [_shortened(str(part)) for part in error["loc"]] or ["body"]
    if error["type"] == "json_invalid":
        path = []
    pointer = "/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in path) if path else ""
    name = ".".join(path) or location
    code = error["type"].replace("_", "-")
    if sentences.has(code):
        return FieldError(
            pointer, name, code, sentence(code, field=name, values=error.get("ctx", {})), location
        )
    detail = f"{name}: {error['msg'].removeprefix('Value error, ')}."
    return FieldError(pointer, name, code, detail.replace("..", "."), location)


def _shortened(name: str) -> str:
    """Return a name that the sender made up, or its beginning: our own are shorter."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"


def _problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return answer(request, problem)


def _rule(request: Request, broken: Exception) -> Response:
    detail = str(broken) or "That cannot be done any more."
    return answer(request, Problem(409, "rule-broken", "That cannot be done now", detail))


def _invalid(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, RequestValidationError)
    return answer(request, Invalid(field_errors(problem.errors())))


def _http(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    slug, title = STATUS.get(problem.status_code, ("error", "Error"))
    headers, detail = dict(problem.headers or {}), str(problem.detail)
    if detail == UNREADABLE:
        detail = "The body cannot be read as JSON: use UTF-8, no deep nesting and no endless numbers."
    if problem.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request))
        detail = f"{request.method} does nothing at this address. Use {headers['Allow']}."
    return answer(request, Problem(problem.status_code, slug, title, detail, headers=headers))


def _allowed(request: Request) -> list[str]:
    """Return every method that a route at this address takes; the framework names only those of the first."""
    found = [method for method in METHODS if _matches(request, method)]
    return ["GET", "HEAD", *found[1:]] if "GET" in found else found


def _matches(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


def _away(request: Request, problem: Exception) -> Response:
    log.error("the database cannot be reached: %s", type(problem).__name__)
    return answer(
        request,
        Problem(
            503,
            "try-again",
            "Out of order for a moment",
            "We cannot tell whether anything was stored. Please try again in a minute.",
            headers={"Retry-After": "30"},
        ),
    )


def unforeseen(request: Request, problem: Exception) -> Response:
    log.error("a request failed", exc_info=problem)
    return answer(
        request,
        Problem(500, "error", "Something went wrong on our side", "It is in our log. Please try again."),
    )


def described(document: dict[str, Any]) -> dict[str, Any]:
    """Return the description with our refusals in place of the framework's own 422."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = PROBLEM
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            statuses = ["400"] if answers.pop("422", None) else []
            statuses += ["401", "403"] if operation.get("security") else []
            statuses += ["404"] if "{" in path else []
            statuses += ["409"] if method in ("post", "patch", "delete") else []
            for status in statuses:
                answers[status] = {"description": STATUS[int(status)][1], "content": PROBLEM_CONTENT}
    return document
