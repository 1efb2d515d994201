"""Sentry's JSON shapes of metric monitors: detectors, and the alert rules they once were.

Source: Sentry's OpenAPI description (https://github.com/getsentry/sentry-api-schema).
"""

from sqlite3 import Connection

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes.issue_shape import actor
from local_sentry.services.metric_detection import CRITICAL, WARNING
from local_sentry.services.timestamps import isoformat
from local_sentry.store import catalog
from local_sentry.store.detectors import Detector


def _owner(connection: Connection, found: Detector) -> Document | None:
    if found.owner is None:
        return None
    known = catalog.teams(connection, catalog.organization_of_project(connection, found.project_id))
    return actor(found.owner, next((t.slug for t in known if f"team:{t.id}" == found.owner), None))


def detector(connection: Connection, found: Detector) -> Document:
    """A monitor by itself and in lists."""
    number = str(found.id)
    return {
        "id": number,
        "projectId": str(found.project_id),
        "name": found.name,
        "description": found.description,
        "type": "metric_issue",
        "workflowIds": list(found.workflow_ids),
        "owner": _owner(connection, found),
        "createdBy": None,
        "latestGroup": None,
        "dateCreated": isoformat(found.date_created),
        "dateUpdated": isoformat(found.date_updated),
        "dataSources": [
            {
                "id": number,
                "organizationId": "1",
                "type": "snuba_query_subscription",
                "sourceId": number,
                "queryObj": {
                    "id": number,
                    "status": 0,
                    "subscription": None,
                    "snubaQuery": {"id": number, "environment": None, "query": "", **found.query},
                },
            }
        ],
        "conditionGroup": {
            "id": number,
            "organizationId": "1",
            "logicType": "any",
            "conditions": [
                {"id": f"{number}{place}"} | condition
                for place, condition in enumerate(found.conditions)
            ],
            "actions": [],
        },
        "config": {"comparisonDelta": None} | found.config,
        "enabled": found.enabled,
    }


def alert_rule(connection: Connection, found: Detector) -> Document:
    """The same in the shape that Sentry called a metric alert rule."""
    slug = catalog.project_by_id(connection, found.project_id).slug
    by_result = {each.get("conditionResult"): each for each in found.conditions}
    critical = by_result.get(CRITICAL) or by_result[WARNING]
    delta = found.config.get("comparisonDelta")
    seconds = found.query.get("timeWindow")
    return {
        "id": str(found.id),
        "name": found.name,
        "organizationId": "1",
        "status": 0 if found.enabled else 4,
        "dataset": found.query.get("dataset"),
        "queryType": found.query.get("queryType"),
        "eventTypes": found.query.get("eventTypes") or [],
        "query": found.query.get("query") or "",
        "aggregate": found.query.get("aggregate"),
        "environment": found.query.get("environment"),
        "timeWindow": seconds / 60 if isinstance(seconds, int | float) else None,
        "resolution": 1,
        "thresholdType": 1 if critical.get("type") in ("lt", "lte") else 0,
        "thresholdPeriod": 1,
        "resolveThreshold": by_result.get(0, {}).get("comparison"),
        "comparisonDelta": delta / 60 if isinstance(delta, int | float) else None,
        "detectionType": found.config.get("detectionType"),
        "sensitivity": None,
        "seasonality": None,
        "triggers": [
            {
                "id": f"{found.id}{result}",
                "alertRuleId": str(found.id),
                "label": label,
                "alertThreshold": by_result[result].get("comparison"),
                "thresholdType": 1 if by_result[result].get("type") in ("lt", "lte") else 0,
                "resolveThreshold": by_result.get(0, {}).get("comparison"),
                "actions": [],
            }
            for result, label in ((CRITICAL, "critical"), (WARNING, "warning"))
            if result in by_result
        ],
        "projects": [slug],
        "owner": found.owner,
        "createdBy": None,
        "description": found.description,
        "snooze": False,
        "dateCreated": isoformat(found.date_created),
        "dateModified": isoformat(found.date_updated),
    }
