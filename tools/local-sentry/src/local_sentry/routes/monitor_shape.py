"""Sentry's JSON shapes of cron monitors and check-ins.

Source: Sentry's OpenAPI description (https://github.com/getsentry/sentry-api-schema).
"""

from sqlite3 import Connection

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes.api.organizations import project_summary
from local_sentry.routes.issue_shape import actor
from local_sentry.services.crons import schedule_of
from local_sentry.services.timestamps import isoformat
from local_sentry.store import catalog
from local_sentry.store.monitors import CheckIn, Monitor, MonitorEnvironment


def _time(at: int | None) -> str | None:
    return isoformat(at) if at else None


def _environment(state: MonitorEnvironment, *, is_muted: bool) -> Document:
    incident = state.incident_started
    return {
        "name": state.name,
        "status": state.status,
        "isMuted": is_muted,
        "dateCreated": isoformat(state.date_created),
        "lastCheckIn": _time(state.last_check_in),
        "nextCheckIn": _time(state.next_check_in),
        "nextCheckInLatest": _time(state.next_check_in_latest),
        "activeIncident": {
            "startingTimestamp": isoformat(incident),
            "resolvingTimestamp": None,
            "brokenNotice": None,
        }
        if incident is not None
        else None,
    }


def config_of(found: Monitor) -> Document:
    """The config with Sentry's defaults; as it was sent, when it makes no sense."""
    schedule = schedule_of(found)
    return schedule.shape() if schedule is not None else dict(found.config)


def monitor(connection: Connection, found: Monitor) -> Document:
    """A monitor with its environments."""
    team = None
    if found.owner is not None:
        owner_id = catalog.organization_of_project(connection, found.project_id)
        known = catalog.teams(connection, owner_id)
        team = next((t.slug for t in known if f"team:{t.id}" == found.owner), None)
    return {
        "id": str(found.id),
        "slug": found.slug,
        "name": found.name,
        "status": found.status,
        "isMuted": found.is_muted,
        "isUpserting": found.is_upserting,
        "config": config_of(found),
        "dateCreated": isoformat(found.date_created),
        "project": project_summary(connection, found.project_id),
        "environments": [
            _environment(state, is_muted=found.is_muted) for state in found.environments
        ],
        "owner": actor(found.owner, team) if found.owner is not None else None,
        "lastCheckIn": _time(max((e.last_check_in or 0 for e in found.environments), default=0)),
        "nextCheckIn": _time(
            min((e.next_check_in for e in found.environments if e.next_check_in), default=None)
        ),
    }


def check_in(found: CheckIn, config: Document) -> Document:
    """A check-in of a monitor of that config."""
    is_run = found.status != "missed"
    return {
        "id": found.check_in_id.hex(),
        "environment": found.environment,
        "status": found.status,
        "duration": found.duration // 1000 if found.duration is not None else None,
        "dateCreated": isoformat(found.timestamp),
        "dateAdded": isoformat(found.timestamp),
        "dateUpdated": isoformat(found.updated or found.timestamp),
        "dateInProgress": isoformat(found.timestamp) if is_run else None,
        "dateClock": isoformat(found.timestamp),
        "expectedTime": _time(found.expected),
        "monitorConfig": config,
    }
