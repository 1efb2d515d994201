"""Metric monitors (Sentry's detectors): made, changed, listed; also as older clients ask."""

import time
from dataclasses import replace
from sqlite3 import Connection
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document, as_object
from local_sentry.routes.api import resources
from local_sentry.routes.api.alerts import issue_rules
from local_sentry.routes.api.exchange import json_response, one_page, read, write
from local_sentry.routes.api.periods import project_ids_of
from local_sentry.routes.api.places import organization_of, project_of
from local_sentry.routes.api.problems import InvalidBodyError, NotFoundError
from local_sentry.routes.api.resources import resource, taking
from local_sentry.routes.detector_shape import alert_rule as alert_rule_of
from local_sentry.routes.detector_shape import detector as shape_of
from local_sentry.services.assignees import UnknownAssigneeError, parse_assignee
from local_sentry.services.metric_detection import (
    InvalidDetectorError,
    check,
)
from local_sentry.store import catalog, detectors
from local_sentry.store.detectors import Detector
from local_sentry.store.session import WriteSession

_MOST_CONDITIONS = 20


def _either(snake: str, camel: str) -> AliasChoices:
    return AliasChoices(snake, camel)


class ConditionGroup(BaseModel):
    """Thresholds: any one of them is enough."""

    conditions: list[dict[str, Any]] = Field(min_length=1, max_length=_MOST_CONDITIONS)


Sources = Annotated[list[dict[str, Any]], Field(min_length=1, max_length=1)]


class DetectorChanges(BaseModel):
    """The body of a change; what is not there stays as it is."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    type: Literal["metric_issue"] = "metric_issue"
    description: str | None = Field(default=None, max_length=10_000)
    owner: str | None = Field(default=None, max_length=100)
    enabled: bool | None = None
    config: dict[str, Any] | None = None
    data_sources: Sources | None = Field(
        default=None, validation_alias=_either("data_sources", "dataSources")
    )
    condition_group: ConditionGroup | None = Field(
        default=None, validation_alias=_either("condition_group", "conditionGroup")
    )
    workflow_ids: list[int | str] | None = Field(
        default=None, max_length=100, validation_alias=_either("workflow_ids", "workflowIds")
    )


class NewDetector(DetectorChanges):
    """The body of a new monitor."""

    name: str = Field(min_length=1, max_length=200)
    type: Literal["metric_issue"]
    data_sources: Sources = Field(validation_alias=_either("data_sources", "dataSources"))
    condition_group: ConditionGroup = Field(
        validation_alias=_either("condition_group", "conditionGroup")
    )


def _changed(
    connection: Connection, request: Request, found: Detector, wanted: DetectorChanges
) -> Detector:
    """A monitor with what a body says.

    Raises:
        InvalidBodyError: it makes no sense.
    """
    given, now = wanted.model_fields_set, time.time_ns() // 1000
    owner = found.owner
    if "owner" in given:
        teams = catalog.teams(connection, organization_of(connection, request).id)
        try:
            owner = parse_assignee(wanted.owner or "", teams)
        except UnknownAssigneeError as error:
            raise InvalidBodyError({"owner": [str(error)]}) from error
    query = found.query
    if wanted.data_sources is not None:
        (source,) = wanted.data_sources
        # As it is made, or as it was read before.
        stored = as_object(as_object(source.get("queryObj")).get("snubaQuery"))
        query = query | (stored or source)
    group, numbers = wanted.condition_group, wanted.workflow_ids
    changed = replace(
        found,
        name=wanted.name or found.name,
        description=wanted.description if "description" in given else found.description,
        owner=owner,
        enabled=found.enabled if wanted.enabled is None else wanted.enabled,
        query=query,
        conditions=tuple(group.conditions) if group is not None else found.conditions,
        config=found.config | (wanted.config or {}),
        workflow_ids=tuple(map(str, numbers)) if numbers is not None else found.workflow_ids,
        date_updated=now,
    )
    try:
        check(connection, changed, now)
    except InvalidDetectorError as error:
        raise InvalidBodyError({"nonFieldErrors": [str(error)]}) from error
    return changed


def _chosen(connection: Connection, request: Request) -> list[Detector]:
    owner = organization_of(connection, request)
    chosen = project_ids_of(connection, request, owner)
    numbers = request.query_params.getlist("id")
    text = (request.query_params.get("name") or "").lower()
    every = [project.id for project in catalog.projects(connection, owner.id)]
    return [
        found
        for found in detectors.of_projects(connection, list(chosen) or every)
        if (not numbers or str(found.id) in numbers) and text in found.name.lower()
    ]


def _detector_of(connection: Connection, request: Request) -> Detector:
    owner = organization_of(connection, request)
    numbers = [project.id for project in catalog.projects(connection, owner.id)]
    for found in detectors.of_projects(connection, numbers):
        if str(found.id) == request.path_params["detector"]:
            return found
    raise NotFoundError


async def list_detectors(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/detectors/`."""
    found = await read(request, lambda c: [shape_of(c, each) for each in _chosen(c, request)])
    return one_page(request, found)


async def create_detector(request: Request, wanted: NewDetector) -> Response:
    """`POST /api/0/organizations/{org}/projects/{project}/detectors/`."""

    def described(connection: Connection) -> Detector:
        _, project = project_of(connection, request)
        now = time.time_ns() // 1000
        blank = Detector(
            0, project.id, wanted.name, None, None, enabled=True, query={}, conditions=(),
            config={"detectionType": "static"}, workflow_ids=(), date_created=now,
            date_updated=now,
        )  # fmt: skip
        return _changed(connection, request, blank, wanted)

    # Tried out where queries run, not where everybody's writes wait.
    new = await read(request, described)
    return json_response(await _saved(request, new), status=201)


async def _saved(request: Request, wanted: Detector) -> Document:
    def command(session: WriteSession) -> Document:
        number = detectors.save(session, wanted)
        known = detectors.of_projects(session.connection, [wanted.project_id])
        found = next((each for each in known if each.id == number), None)
        if found is None:
            raise NotFoundError  # Deleted meanwhile.
        return shape_of(session.connection, found)

    return await write(request, command)


async def get_detector(request: Request) -> Response:
    """`GET …/detectors/{detector}/`."""
    return json_response(await read(request, lambda c: shape_of(c, _detector_of(c, request))))


async def change_detector(request: Request, wanted: DetectorChanges) -> Response:
    """`PUT …/detectors/{detector}/`."""
    changed = await read(request, lambda c: _changed(c, request, _detector_of(c, request), wanted))
    return json_response(await _saved(request, changed))


async def delete_detector(request: Request) -> Response:
    """`DELETE …/detectors/{detector}/`."""

    def command(session: WriteSession) -> None:
        detectors.delete(session, _detector_of(session.connection, request).id)

    await write(request, command)
    return Response(status_code=204)


async def list_alert_rules(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/alert-rules/`."""
    found = await read(request, lambda c: [alert_rule_of(c, each) for each in _chosen(c, request)])
    return one_page(request, found)


async def get_alert_rule(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/alert-rules/{detector}/`."""
    return json_response(await read(request, lambda c: alert_rule_of(c, _detector_of(c, request))))


async def list_combined_rules(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/combined-rules/`: rules of issues and of metrics."""
    kinds = request.query_params.getlist("alertType")

    def query(connection: Connection) -> list[Document]:
        rules: list[Document] = []
        if not kinds or "rule" in kinds:
            rules += [{"type": "rule"} | rule for rule in issue_rules(connection, request)]
        if not kinds or "alert_rule" in kinds:
            rules += [
                {"type": "alert_rule"} | alert_rule_of(connection, each)
                for each in _chosen(connection, request)
            ]
        return rules

    return one_page(request, await read(request, query))


_ORGANIZATION = "/organizations/{organization}"

routes = [
    resource(f"{_ORGANIZATION}/detectors/", resources.ALERT, get=list_detectors),
    resource(
        f"{_ORGANIZATION}/projects/{{project}}/detectors/",
        resources.ALERT,
        post=taking(NewDetector, create_detector),
    ),
    resource(
        f"{_ORGANIZATION}/detectors/{{detector}}/",
        resources.ALERT,
        get=get_detector,
        put=taking(DetectorChanges, change_detector),
        delete=delete_detector,
    ),
    resource(f"{_ORGANIZATION}/alert-rules/", resources.ALERT, get=list_alert_rules),
    resource(f"{_ORGANIZATION}/alert-rules/{{detector}}/", resources.ALERT, get=get_alert_rule),
    resource(f"{_ORGANIZATION}/combined-rules/", resources.ALERT, get=list_combined_rules),
]
