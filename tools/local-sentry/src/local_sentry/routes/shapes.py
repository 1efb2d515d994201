"""Sentry's JSON shapes of organizations, projects, keys and issues.

Source: Sentry's OpenAPI description (https://github.com/getsentry/sentry-api-schema).
"""

from collections.abc import Mapping

from local_sentry.models import Project, ProjectKey
from local_sentry.protocol.lenient_json import Document
from local_sentry.services.timestamps import isoformat
from local_sentry.store.catalog import Organization, Team
from local_sentry.store.issues import HOUR, Issue

ACCESS: list[object] = [
    "org:read", "org:write", "project:read", "project:write", "project:releases",
    "event:read", "event:write", "team:read", "team:write", "alerts:read", "alerts:write",
]  # fmt: skip
FEATURES: list[object] = ["discover-basic", "performance-view", "trace-view-v1"]


def organization(found: Organization, base_url: str) -> Document:
    """An organization as `/organizations/` lists it. `regionUrl` is empty: there are no regions."""
    return {
        "id": str(found.id),
        "slug": found.slug,
        "name": found.name,
        "status": {"id": "active", "name": "active"},
        "dateCreated": isoformat(found.date_created),
        "isEarlyAdopter": False,
        "require2FA": False,
        "requireEmailVerification": False,
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
        "links": {"organizationUrl": base_url, "regionUrl": ""},
        "hasAuthProvider": False,
        "allowMemberInvite": False,
        "allowMemberProjectCreation": True,
        "allowSuperuserAccess": False,
        "features": FEATURES,
        "access": ACCESS,
        "onboardingTasks": [],
    }


def team(found: Team) -> Document:
    """A team as projects name it."""
    return {"id": str(found.id), "slug": found.slug, "name": found.name}


def project(
    found: Project, owner: Team, environments: list[str], latest_release: str | None
) -> Document:
    """A project as `/organizations/{org}/projects/` lists it."""
    has = found.item_types.__contains__
    return {
        "id": str(found.id),
        "slug": found.slug,
        "name": found.name,
        "platform": found.platform,
        "platforms": [found.platform] if found.platform else [],
        "dateCreated": isoformat(found.date_created),
        "team": team(owner),
        "teams": [team(owner)],
        "firstEvent": isoformat(found.first_event) if found.first_event is not None else None,
        "firstTransactionEvent": found.first_transaction is not None,
        "environments": list(environments),
        "latestRelease": {"version": latest_release} if latest_release else None,
        "isBookmarked": False,
        "isMember": True,
        "hasAccess": True,
        "access": ACCESS,
        "features": [],
        "hasSessions": has("session") or has("sessions"),
        "hasReplays": has("replay_event"),
        "hasProfiles": has("profile") or has("profile_chunk"),
        "hasMonitors": has("check_in"),
        "hasFeedbacks": has("feedback"),
        "hasNewFeedbacks": has("feedback"),
        "hasUserReports": has("user_report"),
        "hasLogs": has("log"),
        "hasTraceMetrics": has("trace_metric"),
        "hasFlags": False,
        "hasMinifiedStackTrace": False,
        "hasInsightsHttp": False,
        "hasInsightsDb": False,
        "hasInsightsAssets": False,
        "hasInsightsAppStart": False,
        "hasInsightsScreenLoad": False,
        "hasInsightsVitals": False,
        "hasInsightsCaches": False,
        "hasInsightsQueues": False,
        "hasInsightsAgentMonitoring": False,
        "hasInsightsMCP": False,
    }


def project_key(found: ProjectKey, scheme: str, host: str) -> Document:
    """A key with its DSNs, under the address that the client itself used."""
    base = f"{scheme}://{host}"
    number = found.project_id
    key, query = found.public_key, f"?sentry_key={found.public_key}"
    limit: Document | None = None
    if found.rate_limit_window is not None and found.rate_limit_count is not None:
        limit = {"window": found.rate_limit_window, "count": found.rate_limit_count}
    return {
        "id": key,
        "name": found.label,
        "label": found.label,
        "public": key,
        "secret": found.secret_key,
        "projectId": number,
        "isActive": found.is_active,
        "rateLimit": limit,
        "dsn": {
            "public": f"{scheme}://{key}@{host}/{number}",
            "secret": f"{scheme}://{key}:{found.secret_key}@{host}/{number}",
            "csp": f"{base}/api/{number}/csp-report/{query}",
            "security": f"{base}/api/{number}/security/{query}",
            "minidump": f"{base}/api/{number}/minidump/{query}",
            "nel": f"{base}/api/{number}/nel/{query}",
            "unreal": f"{base}/api/{number}/unreal/{key}/",
            "crons": f"{base}/api/{number}/cron/___MONITOR_SLUG___/{key}/",
            "cdn": "",
            "playstation": f"{base}/api/{number}/playstation/{query}",
            "integration": f"{base}/api/{number}/integration/",
            "otlp_traces": f"{base}/api/{number}/integration/otlp/v1/traces",
            "otlp_logs": f"{base}/api/{number}/integration/otlp/v1/logs",
        },
        "browserSdkVersion": "latest",
        "browserSdk": {"choices": [["latest", "latest"]]},
        "dateCreated": isoformat(found.date_created),
        "dynamicSdkLoaderOptions": {
            "hasReplay": False,
            "hasPerformance": False,
            "hasDebug": False,
            "hasFeedback": False,
            "hasLogsAndMetrics": False,
        },
        "useCase": "user",
    }


def issue_url(base_url: str, found: Issue) -> str:
    """The page of an issue."""
    return f"{base_url}/organizations/kijko/issues/{found.id}/"


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
        "statusDetails": {},
        "substatus": found.substatus if found.status == "unresolved" else None,
        "isPublic": False,
        "platform": found.platform,
        "project": {
            "id": str(found.project_id),
            "name": found.project_name,
            "slug": found.project_slug,
            "platform": found.project_platform,
        },
        "type": found.kind,
        "issueType": "error",
        "issueCategory": "error",
        "metadata": found.metadata,
        "numComments": 0,
        "assignedTo": None,
        "isBookmarked": False,
        "isSubscribed": False,
        "subscriptionDetails": None,
        "hasSeen": True,
        "annotations": [],
        "isUnhandled": found.unhandled,
        "priority": "high" if found.level in ("error", "fatal") else "medium",
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
