"""What hangs on an issue: its tags, comments, history, hashes, and what users said."""

import time
from sqlite3 import Connection

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local_sentry.models import LocalUser
from local_sentry.protocol.lenient_json import Document
from local_sentry.routes import catalog_shape, issue_shape
from local_sentry.routes.api import resources
from local_sentry.routes.api.events import find_event, in_list
from local_sentry.routes.api.exchange import (
    base_url,
    blobs_of,
    json_response,
    one_page,
    read,
    write,
)
from local_sentry.routes.api.places import find_issue
from local_sentry.routes.api.problems import NotFoundError
from local_sentry.routes.api.resources import resource, taking
from local_sentry.services.timestamps import isoformat
from local_sentry.store import feedback, issue_activity, issue_tags
from local_sentry.store.session import WriteSession

_MOST_VALUES = 1000
_MOST_KEYS = 1000
_MOST_ENTRIES = 1000


def _tag_value(found: issue_tags.SeenValue) -> Document:
    return {
        "key": found.key,
        "name": found.value,
        "value": found.value,
        "count": found.events,
        "lastSeen": isoformat(found.last_seen),
        "firstSeen": isoformat(found.first_seen),
        "query": None,
    }


def _tag(key: str, values: list[issue_tags.SeenValue]) -> Document:
    return {
        "key": key,
        "name": key.replace("_", " ").title(),
        "totalValues": sum(value.events for value in values),
        "uniqueValues": len(values),
        "topValues": [_tag_value(value) for value in values[:10]],
    }


async def list_tags(request: Request) -> Response:
    """`GET …/issues/{issue}/tags/`."""

    def query(connection: Connection) -> list[Document]:
        issue = find_issue(connection, request)
        found: dict[str, list[issue_tags.SeenValue]] = {}
        for value in issue_tags.of_issue(connection, issue.id, limit=10_000):
            if value.key in found or len(found) < _MOST_KEYS:
                found.setdefault(value.key, []).append(value)
        return [_tag(key, values) for key, values in sorted(found.items())]

    return json_response(await read(request, query))


async def get_tag(request: Request) -> Response:
    """`GET …/issues/{issue}/tags/{key}/`."""
    key = request.path_params["key"]

    def query(connection: Connection) -> Document:
        issue = find_issue(connection, request)
        values = issue_tags.of_issue(connection, issue.id, key=key, limit=_MOST_VALUES)
        if not values:
            raise NotFoundError
        return _tag(key, values)

    return json_response(await read(request, query))


async def list_tag_values(request: Request) -> Response:
    """`GET …/issues/{issue}/tags/{key}/values/`."""
    key = request.path_params["key"]

    def query(connection: Connection) -> list[Document]:
        issue = find_issue(connection, request)
        values = issue_tags.of_issue(connection, issue.id, key=key, limit=_MOST_VALUES)
        return [_tag_value(value) for value in values]

    return one_page(request, await read(request, query))


class Note(BaseModel):
    """The body of a comment."""

    text: str = Field(min_length=1, max_length=10_000)


async def list_notes(request: Request) -> Response:
    """`GET …/issues/{issue}/notes/` and `…/comments/`."""

    def query(connection: Connection) -> list[Document]:
        issue = find_issue(connection, request)
        found = issue_activity.of_issue(connection, issue.id, limit=_MOST_ENTRIES, type="note")
        return [issue_shape.activity_entry(entry) for entry in found]

    return one_page(request, await read(request, query))


async def create_note(request: Request, note: Note) -> Response:
    """`POST …/issues/{issue}/notes/` and `…/comments/`."""

    def command(session: WriteSession) -> Document:
        issue = find_issue(session.connection, request)
        number = issue_activity.add(
            session,
            issue.id,
            "note",
            time.time_ns() // 1000,
            actor=LocalUser().username,
            data={"text": note.text},
        )
        made = issue_activity.get(session.connection, issue.id, number)
        assert made is not None  # noqa: S101 - just made
        return issue_shape.activity_entry(made)

    return json_response(await write(request, command), status=201)


def _note_of(connection: Connection, request: Request) -> issue_activity.Activity:
    issue, number = find_issue(connection, request), request.path_params["note"]
    found = None
    if number.isascii() and number.isdigit() and len(number) < 19:
        found = issue_activity.get(connection, issue.id, int(number))
    if found is None or found.type != "note":
        raise NotFoundError
    return found


async def update_note(request: Request, note: Note) -> Response:
    """`PUT …/issues/{issue}/notes/{note}/`."""

    def command(session: WriteSession) -> Document:
        found = _note_of(session.connection, request)
        issue_activity.change_note(session, found.id, note.text)
        return issue_shape.activity_entry(_note_of(session.connection, request))

    return json_response(await write(request, command))


async def delete_note(request: Request) -> Response:
    """`DELETE …/issues/{issue}/notes/{note}/`."""

    def command(session: WriteSession) -> None:
        issue_activity.delete_note(session, _note_of(session.connection, request).id)

    await write(request, command)
    return Response(status_code=204)


async def list_activities(request: Request) -> Response:
    """`GET …/issues/{issue}/activities/`."""

    def query(connection: Connection) -> Document:
        issue = find_issue(connection, request)
        entries = issue_activity.of_issue(connection, issue.id, limit=_MOST_ENTRIES)
        return {"activity": issue_shape.activity(issue, entries)}

    return json_response(await read(request, query))


async def list_hashes(request: Request) -> Response:
    """`GET …/issues/{issue}/hashes/`: what events are told apart by."""
    blobs = blobs_of(request)

    def query(connection: Connection) -> list[Document]:
        issue = find_issue(connection, request)
        latest, _, _ = find_event(connection, blobs, issue.id, "latest")
        event = in_list(connection, blobs, latest, full=False)
        return [
            {"id": found, "latestEvent": event, "mergedBySeer": False, "seerMatchDistance": None}
            for found in issue_tags.hashes(connection, issue.id)
        ]

    return one_page(request, await read(request, query))


async def list_user_reports(request: Request) -> Response:
    """`GET …/issues/{issue}/user-reports/`."""

    def query(connection: Connection) -> list[Document]:
        issue = find_issue(connection, request)
        return [
            {
                "id": event_id,
                "eventID": event_id,
                "name": found.name or None,
                "email": found.email or None,
                "comments": found.message,
                "dateCreated": isoformat(found.timestamp),
                "user": None,
                "event": {"id": event_id, "eventID": event_id},
                "issue": issue_shape.issue(issue, base_url(request)),
            }
            for found in feedback.of_issue(connection, issue.id, _MOST_ENTRIES)
            for event_id in [(found.event_id or found.feedback_id).hex()]
        ]

    return one_page(request, await read(request, query))


async def list_nothing(request: Request) -> Response:
    """External issues, attachments of other systems: there are none on one machine."""
    await read(request, lambda connection: find_issue(connection, request))
    return json_response([])


async def list_participants(request: Request) -> Response:
    """`GET …/issues/{issue}/participants/`."""
    await read(request, lambda connection: find_issue(connection, request))
    return json_response([catalog_shape.user(LocalUser())])


def _routes(where: str) -> list[Route]:
    issue = f"{where}/issues/{{issue}}"
    area = resources.EVENT
    return [
        resource(f"{issue}/tags/", area, get=list_tags),
        resource(f"{issue}/tags/{{key}}/", area, get=get_tag),
        resource(f"{issue}/tags/{{key}}/values/", area, get=list_tag_values),
        resource(f"{issue}/notes/", area, get=list_notes, post=taking(Note, create_note)),
        resource(
            f"{issue}/notes/{{note}}/", area, put=taking(Note, update_note), delete=delete_note
        ),
        resource(f"{issue}/comments/", area, get=list_notes, post=taking(Note, create_note)),
        resource(
            f"{issue}/comments/{{note}}/", area, put=taking(Note, update_note), delete=delete_note
        ),
        resource(f"{issue}/activities/", area, get=list_activities),
        resource(f"{issue}/hashes/", area, get=list_hashes),
        resource(f"{issue}/user-reports/", area, get=list_user_reports),
        resource(f"{issue}/external-issues/", area, get=list_nothing),
        resource(f"{issue}/integrations/", area, get=list_nothing),
        resource(f"{issue}/participants/", area, get=list_participants),
    ]


routes = [*_routes("/organizations/{organization}"), *_routes("")]
