"""Who may look after an event: owners by rule, and the authors of suspect commits."""

from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.models import LocalUser
from local_sentry.protocol.lenient_json import Document, JsonObject
from local_sentry.routes import catalog_shape, release_shape
from local_sentry.routes.api import resources
from local_sentry.routes.api.events import event_of_project
from local_sentry.routes.api.exchange import blobs_of, json_response, read
from local_sentry.routes.api.places import organization_of
from local_sentry.routes.api.resources import resource
from local_sentry.routes.issue_shape import actor
from local_sentry.services.owners import matching_rules
from local_sentry.services.suspects import Suspect, of_event
from local_sentry.store import catalog, code_mappings, commits, events, issues, releases


def suspects_of(
    connection: Connection,
    event: events.StoredEvent,
    payload: JsonObject,
    issue: issues.Issue | None,
) -> list[Suspect]:
    """Commits of the release the issue came with that touched the event's files."""
    version = (issue.first_release if issue is not None else None) or event.release
    release_id = releases.find_id(connection, version) if version else None
    return of_event(connection, event.project_id, payload, release_id)


async def list_committers(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/events/{event}/committers/`, by author."""
    blobs = blobs_of(request)

    def query(connection: Connection) -> Document:
        owner = organization_of(connection, request)
        found, payload = event_of_project(connection, blobs, request)
        issue = issues.get(connection, str(found.issue_id)) if found.issue_id else None
        known = commits.repositories(connection, owner.id)
        by_author: dict[tuple[str | None, str | None], list[Document]] = {}
        for suspect in suspects_of(connection, found, payload, issue):
            commit = suspect.commit
            shape = release_shape.commit(commit, known)
            shape["suspectCommitType"] = "via commit in release"
            by_author.setdefault((commit.author_name, commit.author_email), []).append(shape)
        return {
            "committers": [
                {
                    "author": catalog_shape.user(LocalUser())
                    if email == LocalUser().email
                    else release_shape.author(name, email),
                    "commits": shapes,
                    "group_owner_id": None,
                }
                for (name, email), shapes in by_author.items()
            ]
        }

    return json_response(await read(request, query))


async def list_owners(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/events/{event}/owners/`: whom the rules name."""
    blobs = blobs_of(request)

    def query(connection: Connection) -> Document:
        owner = organization_of(connection, request)
        found, payload = event_of_project(connection, blobs, request)
        kept = code_mappings.ownership(connection, found.project_id)
        if kept is None:
            return {"owners": [], "rule": None, "rules": []}
        tags = dict(events.tags(connection, found.row))
        rules = matching_rules(connection, found.project_id, kept, payload, tags)
        names = dict.fromkeys(name for rule in reversed(rules) for name in rule.owners)
        teams = {f"team:{t.id}": t.slug for t in catalog.teams(connection, owner.id)}
        written: list[object] = [[rule.matcher, rule.pattern] for rule in rules]
        return {
            "owners": [actor(name, teams.get(name)) for name in names],
            "rule": written[-1] if written else None,
            "rules": written,
        }

    return json_response(await read(request, query))


_EVENT = "/projects/{organization}/{project}/events/{event}"

routes = [
    resource(f"{_EVENT}/committers/", resources.EVENT, get=list_committers),
    resource(f"{_EVENT}/owners/", resources.EVENT, get=list_owners),
]
