"""The API described by itself, as OpenAPI 3.1: addresses, methods, bodies, scopes."""

import re
from collections.abc import Iterable

from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes.api.exchange import json_response
from local_sentry.routes.api.resources import Resource, Taking

ADDRESS = "/api/0/openapi.json"
_NAME = re.compile(r"\{(\w+)(?::\w+)?\}")
_REFERENCE = "#/components/schemas/{model}"
# What questions may say. Not every address looks at all of it; none minds what it does not know.
_PARAMETERS = (
    "attributeType", "cursor", "dataset", "download", "end", "environment", "expand", "field",
    "file", "full", "group", "groupBy", "groupStatsPeriod", "health", "id", "interval", "itemType",
    "key", "limit", "name", "orderby", "per_page", "project", "projectSlug", "query", "returnIds",
    "sort", "start", "statsPeriod", "status", "substringMatch", "topEvents", "traceId", "yAxis",
)  # fmt: skip


def _operation(route: Route, resource: Resource, method: str) -> Document:
    handler = resource.handlers[method]
    function = handler._handle if isinstance(handler, Taking) else handler
    name = getattr(function, "__name__", method)
    parameters: list[object] = [
        {"name": each, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for each in _NAME.findall(route.path)
    ]
    if method == "GET":
        parameters += [
            {"name": each, "in": "query", "schema": {"type": "string"}} for each in _PARAMETERS
        ]
    operation: Document = {
        "operationId": f"{method.lower()} {route.path}",
        "summary": name.replace("_", " "),
        "parameters": parameters,
        "responses": {
            "2XX": {"description": "As Sentry answers."},
            "4XX": {"description": "What is wrong, and what to do."},
        },
    }
    if isinstance(handler, Taking):
        reference = _REFERENCE.format(model=handler.model.__name__)
        operation["requestBody"] = {
            "content": {"application/json": {"schema": {"$ref": reference}}}
        }
    if resource.area is not None:
        operation["security"] = [{"token": list(resource.area.needed(method))}]
    return operation


def describe(routes: Iterable[BaseRoute]) -> Document:
    """The description of all routes that are resources."""
    paths: dict[str, Document] = {}
    models = {}
    for route in routes:
        if not isinstance(route, Route) or not isinstance(route.endpoint, Resource):
            continue
        for method, handler in route.endpoint.handlers.items():
            path = _NAME.sub(r"{\1}", route.path)
            operation = _operation(route, route.endpoint, method)
            # What comes first in the table of routes answers.
            paths.setdefault(path, {}).setdefault(method.lower(), operation)
            if isinstance(handler, Taking):
                models[handler.model.__name__] = handler.model
    _, schemas = models_json_schema(
        [(model, "validation") for model in models.values()], ref_template=_REFERENCE
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "local-sentry",
            "version": "0",
            "description": "Sentry's API on one machine, in Sentry's shapes.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


async def get_description(request: Request) -> Response:
    """`GET /api/0/openapi.json`."""
    return json_response(describe(request.app.routes))
