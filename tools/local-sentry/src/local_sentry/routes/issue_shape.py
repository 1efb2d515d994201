"""Sentry's JSON shapes of issues.

Source: Sentry's OpenAPI description (https://github.com/getsentry/sentry-api-schema).
"""

from collections.abc import Mapping

from local_sentry.models import ISSUE_CATEGORIES, LocalUser
from local_sentry.protocol.lenient_json import Document
from local_sentry.routes.catalog_shape import user
from local_sentry.services.timestamps import isoformat
from local_sentry.store.issue_activity import Activity
from local_sentry.store.issues import HOUR, Issue


def issue_url(base_url: str, found: Issue) -> str:
    """The page of an issue."""
    return f"{base_url}/organizations/{found.organization_slug}/issues/{found.id}/"


def _status_details(found: Issue) -> Document:
    """How an issue was resolved, or until when it is archived."""
    if found.status == "resolved" and found.resolution == "in_next_release":
        return {"inNextRelease": True}
    if found.status == "resolved" and found.resolution_release is not None:
        return {"inRelease": found.resolution_release}
    if found.status != "ignored":
        return {}
    details: Document = {}
    if found.archive_until is not None:
        details["ignoreUntil"] = isoformat(found.archive_until)
    if found.archive_times_seen is not None:
        details["ignoreCount"] = max(0, found.archive_times_seen - found.times_seen)
    if found.archive_users_seen is not None:
        details["ignoreUserCount"] = max(0, found.archive_users_seen - found.users_seen)
    return details


def actor(name: str, team: str | None) -> Document:
    """Whom `user:N` or `team:N` stands for; `team` is the slug of the latter."""
    kind, _, number = name.partition(":")
    if kind == "user":
        person = LocalUser()
        return {"type": "user", "id": number, "name": person.name, "email": person.email}
    return {"type": "team", "id": number, "name": team or number}


def owners(found: Issue) -> list[Document]:
    """Who may own an issue, who counts most first."""
    return [
        {"type": each.type, "owner": each.owner, "date_added": isoformat(each.at)}
        for each in found.owners
    ]


def issue(found: Issue, base_url: str) -> Document:
    """The fields that an issue has wherever it appears."""
    return {
        "id": str(found.id),
        "shareId": None,
        "shortId": found.short_id,
        "title": found.title,
        "culprit": found.culprit,
        "permalink": issue_url(base_url, found),
        "logger": found.logger,
        "level": found.level,
        "status": found.status,
        "statusDetails": _status_details(found),
        "substatus": None if found.status == "resolved" else found.substatus,
        "isPublic": False,
        "platform": found.platform,
        "project": {
            "id": str(found.project_id),
            "name": found.project_name,
            "slug": found.project_slug,
            "platform": found.project_platform,
        },
        "type": found.kind,
        "issueType": found.issue_type,
        "issueCategory": ISSUE_CATEGORIES[found.issue_type],
        "metadata": found.metadata,
        "numComments": found.comments,
        "assignedTo": actor(found.assigned_to, found.assigned_team)
        if found.assigned_to is not None
        else None,
        "isBookmarked": False,
        "isSubscribed": False,
        "subscriptionDetails": None,
        "hasSeen": True,
        "annotations": [],
        "isUnhandled": found.unhandled,
        "priority": found.priority or ("high" if found.level in ("error", "fatal") else "medium"),
        "priorityLockedAt": None,
        "count": str(found.times_seen),
        "userCount": found.users_seen,
        "firstSeen": isoformat(found.first_seen),
        "lastSeen": isoformat(found.last_seen),
        "seerFixabilityScore": None,
        "seerAutofixLastTriggered": None,
        "seerExplorerAutofixLastTriggered": None,
    }


def hourly_stats(hours: Mapping[int, int], now: int, count: int) -> list[object]:
    """`[[seconds, events], …]` for the last `count` hours."""
    last = now // HOUR
    return [[hour * 3600, hours.get(hour, 0)] for hour in range(last - count + 1, last + 1)]


def daily_stats(hours: Mapping[int, int], now: int, count: int) -> list[object]:
    """`[[seconds, events], …]` for the last `count` days."""
    days: dict[int, int] = {}
    for hour, events in hours.items():
        days[hour // 24] = days.get(hour // 24, 0) + events
    last = now // HOUR // 24
    return [[day * 86_400, days.get(day, 0)] for day in range(last - count + 1, last + 1)]


def activity_entry(found: Activity) -> Document:
    """A comment, or a change of state."""
    return {
        "id": str(found.id),
        "user": user(LocalUser()) if found.actor else None,
        "sentry_app": None,
        "type": found.type,
        "data": found.data,
        "dateCreated": isoformat(found.timestamp),
    }


def activity(found: Issue, entries: list[Activity]) -> list[Document]:
    """What happened to an issue, newest first; it always begins with the first event."""
    shapes = [activity_entry(entry) for entry in entries]
    if not any(entry.type == "first_seen" for entry in entries):
        first = Activity(0, found.id, found.project_id, "first_seen", found.first_seen, None, {})
        shapes.append(activity_entry(first))
    return shapes
