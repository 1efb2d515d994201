"""The stretch of time and the projects that a request asks about."""

import time
from dataclasses import dataclass
from sqlite3 import Connection

from starlette.requests import Request

from local_sentry.routes.api.problems import BadParameterError
from local_sentry.services.periods import parse_period
from local_sentry.services.timestamps import parse_timestamp
from local_sentry.store import catalog

DAY = 86_400_000_000  # µs
_LONGEST = 10 * 365 * DAY


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` to `until`; None is open. Times are µs since the epoch."""

    now: int
    since: int | None
    until: int | None

    def closed(self, default: int) -> tuple[int, int]:
        """Start and end, with `default` µs before the end for an open start."""
        until = self.now if self.until is None else self.until
        return (until - default if self.since is None else self.since), until


def period_of(request: Request) -> Period:
    """What `statsPeriod`, or `start` and `end`, say.

    Raises:
        BadParameterError: one of them cannot be understood.
    """
    parameters = request.query_params
    now = time.time_ns() // 1000
    text = parameters.get("statsPeriod") or parameters.get("groupStatsPeriodStart") or ""
    if text:
        length = parse_period(text)
        if length is None or abs(length) > _LONGEST:
            raise BadParameterError("Invalid statsPeriod. It is written like 24h or 14d.")
        return Period(now, now - abs(length), None)
    moments = []
    for name in ("start", "end"):
        given = parameters.get(name, "")
        moment = parse_timestamp(given) if given else None
        if given and moment is None:
            raise BadParameterError(f"Invalid {name}. It is a time, like 2026-11-24T00:00:00Z.")
        moments.append(moment)
    since, until = moments
    if since is not None and until is not None and since > until:
        raise BadParameterError("start must be before end")
    return Period(now, since, until)


def project_ids_of(
    connection: Connection, request: Request, owner: catalog.Organization
) -> tuple[int, ...]:
    """The projects that `project` and `projectSlug` name; empty for all there are.

    Raises:
        BadParameterError: there is no such project in the organization.
    """
    found = []
    parameters = request.query_params
    for name in [*parameters.getlist("project"), *parameters.getlist("projectSlug")]:
        if name in ("-1", "0", ""):
            continue
        project = catalog.project(connection, owner.id, name)
        if project is None:
            raise BadParameterError(f"There is no project {name!r}.")
        found.append(project.id)
    if found or len(catalog.organizations(connection)) == 1:
        return tuple(dict.fromkeys(found))
    # None named, several organizations: all of this one (0 is nobody's, should it have none).
    return tuple(project.id for project in catalog.projects(connection, owner.id)) or (0,)


def environments_of(request: Request) -> tuple[str, ...]:
    """The environments that `environment` names; empty for all there are."""
    return tuple(filter(None, request.query_params.getlist("environment")))
