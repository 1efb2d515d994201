"""Alert rules of projects: made, changed, listed, with their history."""

import time
from sqlite3 import Connection
from typing import Any, Literal

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from local_sentry.clients.webhooks import ForbiddenAddressError, check_url
from local_sentry.models import Project
from local_sentry.protocol.lenient_json import Document, as_text
from local_sentry.routes import issue_shape
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import base_url, json_response, one_page, read, write
from local_sentry.routes.api.periods import period_of, project_ids_of
from local_sentry.routes.api.places import organization_of, project_of
from local_sentry.routes.api.problems import InvalidBodyError, NotFoundError
from local_sentry.routes.api.resources import resource, taking
from local_sentry.services.alert_rules import (
    ACTIONS,
    CONDITIONS,
    FILTERS,
    WEBHOOK,
    InvalidRuleError,
    check,
)
from local_sentry.services.timestamps import isoformat
from local_sentry.store import alert_rules, catalog, issues
from local_sentry.store.session import WriteSession

_MOST_PARTS = 50
_MOST_FIRINGS = 1000


class RuleBody(BaseModel):
    """A rule as clients write it; what it says of conditions and actions is checked by itself."""

    name: str = Field(min_length=1, max_length=256)
    environment: str | None = Field(default=None, max_length=64)
    frequency: int = Field(default=30, ge=1, le=43_200)
    actionMatch: Literal["all", "any", "none"] = "all"  # noqa: N815 - the wire's name
    filterMatch: Literal["all", "any", "none"] = "all"  # noqa: N815 - the wire's name
    conditions: list[dict[str, Any]] = Field(default_factory=list, max_length=_MOST_PARTS)
    filters: list[dict[str, Any]] = Field(default_factory=list, max_length=_MOST_PARTS)
    actions: list[dict[str, Any]] = Field(default_factory=list, max_length=_MOST_PARTS)
    status: Literal["active", "disabled"] = "active"

    def rule(self, project_id: int, known: alert_rules.AlertRule | None) -> alert_rules.AlertRule:
        """As the store takes it.

        Raises:
            InvalidBodyError: the rule makes no sense.
        """
        try:
            check(self.conditions, self.filters, self.actions)
            for action in self.actions:
                if action["id"] == WEBHOOK:
                    check_url(as_text(action.get("url")))
        except (InvalidRuleError, ForbiddenAddressError) as error:
            raise InvalidBodyError({"nonFieldErrors": [str(error)]}) from error
        return alert_rules.AlertRule(
            known.id if known is not None else 0,
            project_id,
            self.name,
            self.environment or None,
            self.frequency,
            self.actionMatch,
            self.filterMatch,
            tuple(self.conditions),
            tuple(self.filters),
            tuple(self.actions),
            self.status,
            known.date_created if known is not None else time.time_ns() // 1000,
        )


def _shape(rule: alert_rules.AlertRule, project: Project) -> Document:
    last = rule.last_triggered
    return {
        "id": str(rule.id),
        "name": rule.name,
        "environment": rule.environment,
        "frequency": rule.frequency,
        "actionMatch": rule.action_match,
        "filterMatch": rule.filter_match,
        "conditions": list(rule.conditions),
        "filters": list(rule.filters),
        "actions": list(rule.actions),
        "status": rule.status,
        "owner": None,
        "createdBy": None,
        "dateCreated": isoformat(rule.date_created),
        "lastTriggered": isoformat(last) if last is not None else None,
        "projects": [project.slug],
        "snooze": False,
    }


def _workflow(rule: alert_rules.AlertRule, project: Project) -> Document:
    """The same in the shape that Sentry calls a workflow."""
    shape = _shape(rule, project)
    group: Document = {"id": str(rule.id), "organizationId": "1", "logicType": rule.action_match}
    return {
        name: shape[name] for name in ("id", "name", "environment", "dateCreated", "lastTriggered")
    } | {
        "organizationId": "1",
        "createdBy": None,
        "dateUpdated": shape["dateCreated"],
        "owner": None,
        "enabled": rule.status == "active",
        "config": {"frequency": rule.frequency},
        "detectorIds": [str(project.id)],
        "triggers": group | {"conditions": list(rule.conditions), "actions": []},
        "actionFilters": [
            group | {"conditions": list(rule.filters), "actions": list(rule.actions)}
        ],
    }


def _rule_of(connection: Connection, request: Request) -> tuple[alert_rules.AlertRule, Project]:
    _, project = project_of(connection, request)
    for rule in alert_rules.of_projects(connection, [project.id]):
        if str(rule.id) == request.path_params["rule"]:
            return rule, project
    raise NotFoundError


async def list_rules(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/rules/`."""

    def query(connection: Connection) -> list[Document]:
        _, project = project_of(connection, request)
        return [_shape(rule, project) for rule in alert_rules.of_projects(connection, [project.id])]

    return one_page(request, await read(request, query))


def _begin_now(session: WriteSession) -> None:
    """If nobody watched till now, what lies behind is no news."""
    if not alert_rules.active(session.connection):
        alert_rules.move(session, alert_rules.newest(session.connection))


async def create_rule(request: Request, wanted: RuleBody) -> Response:
    """`POST /api/0/projects/{org}/{project}/rules/`."""

    def command(session: WriteSession) -> Document:
        _, project = project_of(session.connection, request)
        _begin_now(session)
        number = alert_rules.save(session, wanted.rule(project.id, None))
        made = alert_rules.of_projects(session.connection, [project.id])
        return next(_shape(rule, project) for rule in made if rule.id == number)

    return json_response(await write(request, command), status=201)


async def get_rule(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/rules/{rule}/`."""
    return json_response(await read(request, lambda c: _shape(*_rule_of(c, request))))


async def update_rule(request: Request, wanted: RuleBody) -> Response:
    """`PUT /api/0/projects/{org}/{project}/rules/{rule}/`: replaces the whole rule."""

    def command(session: WriteSession) -> Document:
        known, project = _rule_of(session.connection, request)
        _begin_now(session)
        alert_rules.save(session, wanted.rule(project.id, known))
        return _shape(*_rule_of(session.connection, request))

    return json_response(await write(request, command))


async def delete_rule(request: Request) -> Response:
    """`DELETE /api/0/projects/{org}/{project}/rules/{rule}/`."""

    def command(session: WriteSession) -> None:
        alert_rules.delete(session, _rule_of(session.connection, request)[0].id)

    await write(request, command)
    return Response(status_code=202)


async def list_firings(request: Request) -> Response:
    """`GET …/rules/{rule}/history/`: when it fired, for what, and what could not be done."""

    def query(connection: Connection) -> list[Document]:
        rule, _ = _rule_of(connection, request)
        return [
            {
                "issueId": str(found.issue_id),
                "eventId": found.event_id.hex() if found.event_id else None,
                "dateFired": isoformat(found.fired),
                "problem": found.problem,
            }
            for found in alert_rules.firings(connection, rule.id, _MOST_FIRINGS)
        ]

    return one_page(request, await read(request, query))


async def list_fired_issues(request: Request) -> Response:
    """`GET …/rules/{rule}/group-history/`: for which issues it fired, how often, when last."""

    def query(connection: Connection) -> list[Document]:
        rule, _ = _rule_of(connection, request)
        period = period_of(request)
        fired: dict[int, list[alert_rules.Firing]] = {}
        for each in alert_rules.firings(connection, rule.id, _MOST_FIRINGS):
            if (period.since or 0) <= each.fired <= (period.until or period.now):
                fired.setdefault(each.issue_id, []).append(each)
        return [
            {
                "group": issue_shape.issue(issue, base_url(request)),
                "count": len(times),
                "lastTriggered": isoformat(times[0].fired),
                "eventId": times[0].event_id.hex() if times[0].event_id else None,
            }
            for issue_id, times in fired.items()
            if (issue := issues.get(connection, str(issue_id))) is not None
        ]

    return one_page(request, await read(request, query))


async def list_parts(request: Request) -> Response:
    """`GET …/rules/configuration/`: what a rule can be made of here."""

    def part(name: str) -> Document:
        return {"id": name, "label": name.rpartition(".")[2], "enabled": True}

    await read(request, lambda connection: project_of(connection, request))
    parts = {"actions": ACTIONS, "conditions": CONDITIONS, "filters": FILTERS}
    return json_response({kind: [part(name) for name in names] for kind, names in parts.items()})


def _chosen(
    connection: Connection, request: Request
) -> list[tuple[alert_rules.AlertRule, Project]]:
    """The rules of the organization that the parameters choose."""
    owner = organization_of(connection, request)
    wanted = project_ids_of(connection, request, owner)
    numbers = request.query_params.getlist("id")
    text = (request.query_params.get("name") or "").lower()
    projects = {
        project.id: project
        for project in catalog.projects(connection, owner.id)
        if not wanted or project.id in wanted
    }
    return [
        (rule, projects[rule.project_id])
        for rule in alert_rules.of_projects(connection, list(projects))
        if (not numbers or str(rule.id) in numbers) and text in rule.name.lower()
    ]


def issue_rules(connection: Connection, request: Request) -> list[Document]:
    """The rules of the organization that the parameters choose, in Sentry's shape."""
    return [_shape(rule, project) for rule, project in _chosen(connection, request)]


async def list_workflows(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/workflows/`: the same rules, of all projects."""
    found = await read(request, lambda c: [_workflow(*each) for each in _chosen(c, request)])
    return one_page(request, found)


async def list_none(request: Request) -> Response:
    """Dashboards and uptime monitors: there are none here."""
    await read(request, lambda connection: organization_of(connection, request))
    return json_response([])


_ORGANIZATION = "/organizations/{organization}"
_RULES = "/projects/{organization}/{project}/rules"

routes = [
    resource(f"{_RULES}/", resources.ALERT, get=list_rules, post=taking(RuleBody, create_rule)),
    resource(f"{_RULES}/configuration/", resources.ALERT, get=list_parts),
    resource(
        f"{_RULES}/{{rule}}/",
        resources.ALERT,
        get=get_rule,
        put=taking(RuleBody, update_rule),
        delete=delete_rule,
    ),
    resource(f"{_RULES}/{{rule}}/history/", resources.ALERT, get=list_firings),
    resource(f"{_RULES}/{{rule}}/group-history/", resources.ALERT, get=list_fired_issues),
    resource(f"{_ORGANIZATION}/workflows/", resources.ALERT, get=list_workflows),
    resource(f"{_ORGANIZATION}/uptime/", resources.ALERT, get=list_none),
    resource(f"{_ORGANIZATION}/dashboards/", resources.ORGANIZATION, get=list_none),
]
