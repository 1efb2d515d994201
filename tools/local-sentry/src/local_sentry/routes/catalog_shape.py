"""Sentry's JSON shapes of organizations, teams, projects and keys.

Source: Sentry's OpenAPI description (https://github.com/getsentry/sentry-api-schema).
"""

from local_sentry.models import LocalUser, Project, ProjectKey
from local_sentry.protocol.lenient_json import Document
from local_sentry.services.timestamps import isoformat
from local_sentry.store.catalog import Organization, Team

ACCESS: list[object] = [
    "org:read", "org:write", "project:read", "project:write", "project:releases",
    "event:read", "event:write", "team:read", "team:write", "alerts:read", "alerts:write",
]  # fmt: skip
FEATURES: list[object] = [
    "discover-basic", "performance-view", "trace-view-v1", "session-replay", "ourlogs-enabled",
]  # fmt: skip
_LETTER_AVATAR: Document = {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None}


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
        "avatar": _LETTER_AVATAR,
        "links": {"organizationUrl": base_url, "regionUrl": ""},
        "hasAuthProvider": False,
        "allowMemberInvite": False,
        "allowMemberProjectCreation": True,
        "allowSuperuserAccess": False,
        "features": FEATURES,
        "access": ACCESS,
        "onboardingTasks": [],
    }


def team_name(found: Team) -> Document:
    """A team as projects name it."""
    return {"id": str(found.id), "slug": found.slug, "name": found.name}


def team(found: Team) -> Document:
    """A team by itself."""
    return team_name(found) | {
        "dateCreated": isoformat(found.date_created),
        "isMember": True,
        "teamRole": "admin",
        "flags": {"idp:provisioned": False},
        "access": ACCESS,
        "hasAccess": True,
        "isPending": False,
        "memberCount": 1,
        "avatar": _LETTER_AVATAR,
        "externalTeams": [],
    }


def user(found: LocalUser) -> Document:
    """The person at the machine."""
    return {
        "id": str(found.id),
        "name": found.name,
        "username": found.username,
        "email": found.email,
        "avatarUrl": "",
        "avatar": _LETTER_AVATAR,
        "isActive": True,
        "isSuspended": False,
        "hasPasswordAuth": False,
        "isManaged": False,
        "dateJoined": "1970-01-01T00:00:00Z",
        "lastLogin": None,
        "has2fa": False,
        "lastActive": None,
        "isSuperuser": False,
        "isStaff": False,
        "experiments": {},
        "emails": [{"id": "1", "email": found.email, "is_verified": True}],
        "identities": [],
        "options": {},
        "flags": {},
    }


def project(
    found: Project, teams: list[Team], environments: list[str], latest_release: str | None
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
        "team": team_name(teams[0]) if teams else None,
        "teams": [team_name(owner) for owner in teams],
        "firstEvent": isoformat(found.first_event) if found.first_event is not None else None,
        "firstTransactionEvent": found.first_transaction is not None,
        "environments": list(environments),
        "latestRelease": {"version": latest_release} if latest_release else None,
        "isBookmarked": False,
        "isInternal": False,
        "isPublic": False,
        "avatar": _LETTER_AVATAR,
        "color": "#3f7bbf",
        "status": "active",
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
        **dict.fromkeys(_INSIGHTS, False),
    }


_INSIGHTS = (
    "hasInsightsHttp", "hasInsightsDb", "hasInsightsAssets", "hasInsightsAppStart",
    "hasInsightsScreenLoad", "hasInsightsVitals", "hasInsightsCaches", "hasInsightsQueues",
    "hasInsightsAgentMonitoring", "hasInsightsMCP",
)  # fmt: skip
# Settings that Sentry has and this server does not: their values say what happens here.
_PROJECT_SETTINGS: Document = {
    "options": {}, "digestsMinDelay": 0, "digestsMaxDelay": 0,
    "subjectPrefix": "", "allowedDomains": ["*"], "resolveAge": 0, "dataScrubber": False,
    "dataScrubberDefaults": False, "safeFields": [], "storeCrashReports": None,
    "sensitiveFields": [], "subjectTemplate": "", "securityToken": "",
    "securityTokenHeader": None, "verifySSL": False, "scrubIPAddresses": False,
    "scrapeJavaScript": False, "enableAutoReleaseCreation": True, "highlightTags": [],
    "highlightContext": {}, "highlightPreset": {"tags": [], "context": {}},
    "groupingConfig": "local-sentry:1", "derivedGroupingEnhancements": "",
    "groupingEnhancements": "", "secondaryGroupingExpiry": 0, "secondaryGroupingConfig": None,
    "fingerprintingRules": "", "processingIssues": 0, "defaultEnvironment": None,
    "relayPiiConfig": None, "builtinSymbolSources": [], "dynamicSamplingBiases": None,
    "symbolSources": "", "isDynamicallySampled": False, "tempestFetchScreenshots": False,
    "autofixAutomationTuning": "off", "seerScannerAutomation": False,
    "seerNightshiftTweaks": None, "scmSourceContextEnabled": False, "debugFilesRole": None,
}  # fmt: skip


def project_details(summary: Document, owner: Organization, base_url: str) -> Document:
    """A project by itself, from its shape in lists."""
    return {**summary, **_PROJECT_SETTINGS, "organization": organization(owner, base_url)}


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
