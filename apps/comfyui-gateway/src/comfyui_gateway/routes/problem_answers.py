"""Every error as `application/problem+json`: ours, the framework's, and the unforeseen."""

from collections.abc import Mapping

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

import observability
from comfyui_gateway.problems import (
    PROBLEM_MEDIA_TYPE,
    FieldProblem,
    GatewayError,
    Problem,
    http_problem,
    problem_type,
)

log = structlog.get_logger(__name__)

_NOT_PARSED = "There was an error parsing the body"
"""FastAPI's words for a body that is not text, or nested deeper than Python can follow."""


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as a response."""
    trace_id = observability.current_trace_id()
    content = problem.as_json() if trace_id is None else {**problem.as_json(), "trace_id": trace_id}
    return Response(
        orjson.dumps(content),
        status_code=problem.status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers={"cache-control": "no-store", **(headers or {})},
    )


def install_problem_answers(app: FastAPI) -> None:
    """Make the application answer every error in the one shape."""
    app.add_exception_handler(GatewayError, _designed)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unforeseen)


async def _designed(request: Request, error: Exception) -> Response:
    if not isinstance(error, GatewayError):
        raise error
    if error.status >= 500:
        log.error("request_failed", path=request.url.path, reason=error.detail)
    return problem_response(error.problem(), error.headers)


async def _framework(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 400 and error.detail == _NOT_PARSED:
        return _not_json()
    return problem_response(http_problem(error.status_code, error.detail), error.headers)


async def _invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return _not_json()
    return problem_response(
        Problem(
            type=problem_type("request-invalid"),
            title="The request cannot be understood",
            status=422,
            detail="`errors` names each value that is not as it should be.",
            errors=[
                FieldProblem(
                    where=".".join(str(part) for part in fault["loc"]), detail=f"{fault['msg']}."
                )
                for fault in faults
            ],
        )
    )


def _not_json() -> Response:
    return problem_response(
        Problem(
            type=problem_type("body-not-json"),
            title="The request body is not JSON",
            status=400,
            detail='Send a JSON object such as {"parameters": {}}.',
        )
    )


async def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("request_crashed", path=request.url.path, exc_info=error)
    return problem_response(
        http_problem(500, "The gateway did not foresee this; its log and Sentry know more.")
    )
