"""What this server finds out by itself, as an event of an issue, in the shape of Sentry's."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from local_sentry.models import ErrorEvent, Origin, User
from local_sentry.protocol.lenient_json import JsonObject, JsonValue, dump
from local_sentry.services.grouping import hash_of
from local_sentry.services.occurrences import record_error
from local_sentry.store import issue_changes, issues
from local_sentry.store.session import WriteSession

# Sentry's numbers of the types of issues.
_NUMBERS = {"monitor_check_in_failure": 4001, "metric_issue": 8001}


@dataclass(frozen=True, slots=True)
class Discovery:
    """Something to tell.

    Attributes:
        project_id: whose it is.
        issue_type: Sentry's word for the kind of issue.
        group: what all events of the issue have in common.
        title: of the issue.
        subtitle: one sentence about this event.
        culprit: what failed, in a word.
        level: of the event.
        environment: where; empty for nowhere in particular.
        tags: beside level and environment.
        context: what is known, by name.
        evidence: what is shown first: name and value.
        trace_id: the trace it happened in.
        owner: `user:N` or `team:N`, whose it is by configuration.
    """

    project_id: int
    issue_type: str
    group: tuple[str, ...]
    title: str
    subtitle: str
    culprit: str
    level: str
    environment: str
    tags: dict[str, str]
    context: tuple[str, JsonObject]
    evidence: Sequence[tuple[str, str]]
    trace_id: bytes | None = None
    owner: str | None = None
    evidence_data: JsonObject = field(default_factory=dict)


def tell(session: WriteSession, found: Discovery, at: int) -> None:
    """Counts it on its issue, which opens again if it was resolved; `at` is µs."""
    event_id = secrets.token_bytes(16)
    contexts: JsonObject = {found.context[0]: found.context[1]}
    if found.trace_id is not None:
        contexts["trace"] = {"trace_id": found.trace_id.hex()}
    evidence: list[JsonValue] = [
        {"name": name, "value": value, "important": place == 0}
        for place, (name, value) in enumerate(found.evidence)
    ]
    payload: JsonObject = {
        "message": found.subtitle,
        "level": found.level,
        "platform": "other",
        "environment": found.environment,
        "timestamp": at / 1e6,
        "contexts": contexts,
        "occurrence": {
            "id": event_id.hex(),
            "eventId": event_id.hex(),
            "projectId": found.project_id,
            "fingerprint": [":".join(found.group)],
            "issueTitle": found.title,
            "subtitle": found.subtitle,
            "culprit": found.culprit,
            "level": found.level,
            "type": _NUMBERS[found.issue_type],
            "detectionTime": at / 1e6,
            "resourceId": None,
            "assignee": found.owner,
            "priority": None,
            "evidenceData": found.evidence_data,
            "evidenceDisplay": evidence,
        },
    }
    place = {"environment": found.environment} if found.environment else {}
    event = ErrorEvent(
        event_id=event_id,
        origin=Origin(found.project_id, "", found.environment, found.trace_id, None, ""),
        timestamp=at,
        received=at,
        kind="generic",
        level=found.level,
        platform="other",
        logger="",
        title=found.title,
        culprit=found.culprit,
        metadata={"title": found.title, "value": found.subtitle},
        tags={"level": found.level} | place | found.tags,
        user=User(),
        unhandled=False,
        group_hash=hash_of(found.group),
    )
    issue_id = record_error(session, event, payload, dump(payload), issue_type=found.issue_type)
    if found.owner is not None:
        issue_changes.assign_if_free(
            session, issue_id, at, assignee=found.owner, reason="monitorOwner"
        )


def is_over(session: WriteSession, project_id: int, group: tuple[str, ...], at: int) -> None:
    """Resolves the issue of a group, if there is one that is open."""
    issue_id = issues.of_hash(session.connection, project_id, hash_of(group))
    found = issues.get(session.connection, str(issue_id)) if issue_id is not None else None
    if found is not None and found.status != "resolved":
        issue_changes.resolve(session, found.id, at, actor=None)
