"""Answers validate against Sentry's own OpenAPI description, but for a few waivers with reasons.

The description is not part of this repository: the tests look for
`shared/contracts/sentry/openapi.json` beside a folder above, or where `SENTRY_OPENAPI` says.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from local_sentry.routes import api
from local_sentry.routes.api.description import describe
from local_sentry_process import (
    LocalSentry,
    envelope,
    error_envelope,
    event_id,
    eventually,
    local_sentry,
)
from local_sentry_story import Story, tell

# Fields the description demands and no answer here has.
WAIVERS = {
    "derivedData": "Seer's progress on an issue; there is no Seer here",
    "inbox": "only sent by Sentry with expand=inbox",
    "owners": "only sent by Sentry with expand=owners",
    "integrationIssues": "only sent by Sentry with expand=integrationIssues",
    "sentryAppIssues": "only sent by Sentry with expand=sentryAppIssues",
    "latestEventHasAttachments": "only sent by Sentry with expand=latestEventHasAttachments",
    "sessionCount": "only sent by Sentry with expand=sessions",
    "matchingEventId": "only sent by Sentry when the search names an event",
    "matchingEventEnvironment": "only sent by Sentry when the search names an event",
}

# Fields that Sentry sends otherwise than it describes them: of a monitor.
MISDESCRIBED = {
    "environments": "described as one object; it is the list of them",
    "owner": "described as never null; it is, of what nobody owns",
}


def find_description() -> Path | None:
    given = os.environ.get("SENTRY_OPENAPI")
    places = [Path(given)] if given else []
    places += [
        above / "shared/contracts/sentry/openapi.json"
        for above in [Path.cwd(), *Path.cwd().parents, *Path(__file__).resolve().parents]
    ]
    return next((place for place in places if place.is_file()), None)


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    found = find_description()
    if found is None:
        pytest.skip("Sentry's openapi.json is not here (set SENTRY_OPENAPI to check against it)")
    loaded: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return loaded


def as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON Schema: `nullable` becomes a union, waived fields optional.

    `oneOf` becomes `anyOf`: Sentry's alternatives are not exclusive, as those of metadata.
    """
    if isinstance(node, list):
        return [as_json_schema(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    named = {"oneOf": "anyOf"}
    converted = {
        named.get(key, key): as_json_schema(value)
        for key, value in node.items()
        if key != "nullable"
    }
    if "isUpserting" in converted.get("properties", {}):
        converted["properties"] |= {name: {} for name in MISDESCRIBED}
    if isinstance(converted.get("required"), list):
        converted["required"] = [name for name in converted["required"] if name not in WAIVERS]
    if node.get("nullable"):
        return {"anyOf": [converted, {"type": "null"}]}
    return converted


def problems_of(description: dict[str, Any], check: "Check", answer: httpx.Response) -> list[str]:
    """What of an answer is not as the description says."""
    operation = description["paths"][check.template][check.method]
    documented = operation["responses"].get(str(answer.status_code))
    if answer.status_code >= 300 or documented is None:
        return [f"answered {answer.status_code}: {answer.text[:200]}"]
    described = documented.get("content", {}).get("application/json")
    if described is None:  # Nothing is said about it but its status.
        return []
    schema = described["schema"]
    document = {
        **as_json_schema(schema),
        "components": as_json_schema(description.get("components", {})),
    }
    errors = jsonschema.Draft202012Validator(document).iter_errors(answer.json())
    return [f"{'/'.join(map(str, e.path))}: {e.message[:300]}" for e in errors]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalSentry, Story]]:
    with local_sentry(tmp_path_factory.mktemp("openapi")) as server:
        yield server, tell(server)


@dataclass(frozen=True)
class Check:
    """An operation of the description, and the request that is to be answered like it."""

    path: str
    address: str
    method: str = "get"
    body: dict[str, Any] | None = None

    @property
    def template(self) -> str:
        """The path as the description writes it."""
        names = {
            "{org}": "{organization_id_or_slug}", "{project}": "{project_id_or_slug}",
            "{team}": "{team_id_or_slug}", "{monitor}": "{monitor_id_or_slug}",
        }  # fmt: skip
        text = self.path
        for short, long in names.items():
            text = text.replace(short, long)
        return f"/api/0{text}"


ORG, PROJECT, TEAM = "/organizations/{org}", "/projects/{org}/{project}", "/teams/{org}"
ISSUE = f"{ORG}/issues/{{issue_id}}/"
RELEASE = f"{ORG}/releases/{{version}}/"
KEY = f"{PROJECT}/keys/{{key_id}}/"
DETECTORS = f"{ORG}/detectors/{{detector_id}}/"
DETECTOR: dict[str, Any] = {
    "name": "Many", "type": "metric_issue",
    "data_sources": [{"aggregate": "count()", "dataset": "events", "query": "", "timeWindow": 3600,
                      "queryType": 0, "eventTypes": ["error"], "environment": None}],
    "condition_group": {"logicType": "any", "conditions": [
        {"type": "gt", "comparison": 100, "conditionResult": 75}], "actions": []},
    "config": {"detectionType": "static"}, "workflow_ids": [],
}  # fmt: skip
MONITOR: dict[str, Any] = {
    "name": "Nightly", "project": "kijko-api",
    "config": {"schedule_type": "crontab", "schedule": "0 3 * * *"},
}  # fmt: skip
COMMIT = {"id": "a" * 40, "message": "fix", "author_name": "me", "author_email": "a@b.c",
          "repository": "mono", "timestamp": "2026-11-24T00:00:00Z"}  # fmt: skip
CHECKS = [
    Check("/organizations/", "/organizations/"),
    Check(f"{ORG}/", "/organizations/kijko/"),
    Check(f"{ORG}/projects/", "/organizations/kijko/projects/"),
    Check(f"{ORG}/teams/", "/organizations/kijko/teams/"),
    Check(f"{ORG}/environments/", "/organizations/kijko/environments/"),
    Check(f"{ORG}/project-keys/", "/organizations/kijko/project-keys/"),
    Check(f"{PROJECT}/", "/projects/kijko/kijko-api/"),
    Check(f"{PROJECT}/keys/", "/projects/kijko/kijko-api/keys/"),
    Check(f"{PROJECT}/teams/", "/projects/kijko/kijko-api/teams/"),
    Check(f"{PROJECT}/environments/", "/projects/kijko/kijko-api/environments/"),
    Check(f"{PROJECT}/events/", "/projects/kijko/kijko-api/events/"),
    Check(f"{PROJECT}/events/{{event_id}}/", "/projects/kijko/kijko-api/events/{event}/"),
    Check(f"{PROJECT}/tags/{{key}}/values/", "/projects/kijko/kijko-api/tags/level/values/"),
    Check(f"{PROJECT}/ownership/", "/projects/kijko/kijko-api/ownership/"),
    Check(f"{ORG}/tags/", "/organizations/kijko/tags/"),
    Check(f"{ORG}/issues/", "/organizations/kijko/issues/"),
    Check(ISSUE, "/organizations/kijko/issues/{issue}/"),
    Check(f"{ISSUE}events/", "/organizations/kijko/issues/{issue}/events/"),
    Check(f"{ISSUE}events/{{event_id}}/", "/organizations/kijko/issues/{issue}/events/latest/"),
    Check(f"{ISSUE}tags/{{key}}/", "/organizations/kijko/issues/{issue}/tags/level/"),
    Check(f"{ISSUE}tags/{{key}}/values/", "/organizations/kijko/issues/{issue}/tags/level/values/"),
    Check(f"{ISSUE}hashes/", "/organizations/kijko/issues/{issue}/hashes/"),
    Check(f"{ORG}/shortids/{{issue_id}}/", "/organizations/kijko/shortids/KIJKO-API-1/"),
    Check(f"{ORG}/eventids/{{event_id}}/", "/organizations/kijko/eventids/{event}/"),
    Check(f"{ORG}/trace/{{trace_id}}/", "/organizations/kijko/trace/{trace}/"),
    Check(f"{ORG}/trace-meta/{{trace_id}}/", "/organizations/kijko/trace-meta/{trace}/"),
    Check(
        f"{ORG}/events/",
        "/organizations/kijko/events/?dataset=spans&field=span.op&field=p95(span.duration)",
    ),
    Check(
        f"{ORG}/events-timeseries/",
        "/organizations/kijko/events-timeseries/?yAxis=count()&statsPeriod=1h&dataset=errors",
    ),
    Check(
        f"{ORG}/trace-items/attributes/",
        "/organizations/kijko/trace-items/attributes/?itemType=spans",
    ),
    Check(f"{ORG}/replays/", "/organizations/kijko/replays/"),
    Check(f"{ORG}/replays/{{replay_id}}/", "/organizations/kijko/replays/{replay}/"),
    Check(
        f"{PROJECT}/replays/{{replay_id}}/recording-segments/",
        "/projects/kijko/kijko-web/replays/{replay}/recording-segments/?download=true",
    ),
    Check(f"{ORG}/replay-count/", "/organizations/kijko/replay-count/?query=issue.id:[{issue}]"),
    Check(f"{ORG}/releases/", "/organizations/kijko/releases/?health=1"),
    Check(
        f"{ORG}/releases/", "/organizations/kijko/releases/", "post",
        {"version": "kijko-api@2.0.0", "projects": ["kijko-api"], "commits": [COMMIT]},
    ),
    Check(RELEASE, "/organizations/kijko/releases/kijko-api@2.0.0/"),
    Check(f"{RELEASE}commits/", "/organizations/kijko/releases/kijko-api@2.0.0/commits/"),
    Check(
        f"{RELEASE}deploys/", "/organizations/kijko/releases/kijko-api@2.0.0/deploys/", "post",
        {"environment": "production"},
    ),
    Check(f"{RELEASE}deploys/", "/organizations/kijko/releases/kijko-api@2.0.0/deploys/"),
    Check(f"{ORG}/repos/", "/organizations/kijko/repos/"),
    Check(f"{ORG}/repos/{{repo_id}}/commits/", "/organizations/kijko/repos/1/commits/"),
    Check(f"{ORG}/workflows/", "/organizations/kijko/workflows/"),
    Check(ISSUE, "/organizations/kijko/issues/{issue}/", "put",
          {"status": "resolved", "statusDetails": {"inNextRelease": True}, "assignedTo": "me"}),
    Check(f"{ORG}/issues/", "/organizations/kijko/issues/?id={issue}", "put",
          {"status": "unresolved", "priority": "low"}),
    Check(f"{ORG}/teams/", "/organizations/kijko/teams/", "post", {"name": "Video"}),
    Check(f"{TEAM}/{{team_id_or_slug}}/projects/", "/teams/kijko/video/projects/", "post",
          {"name": "Cutting", "platform": "python"}),
    Check(f"{TEAM}/{{team_id_or_slug}}/projects/", "/teams/kijko/video/projects/"),
    Check(f"{PROJECT}/", "/projects/kijko/cutting/", "put", {"name": "Cutting room"}),
    Check(f"{PROJECT}/keys/", "/projects/kijko/cutting/keys/", "post", {"name": "second"}),
    Check(f"{PROJECT}/ownership/", "/projects/kijko/cutting/ownership/", "put",
          {"raw": "path:src/* #video"}),
    Check(f"{ORG}/user-teams/", "/organizations/kijko/user-teams/"),
    Check(f"{ORG}/members/", "/organizations/kijko/members/"),
    Check(f"{PROJECT}/members/", "/projects/kijko/kijko-api/members/"),
    Check(f"{TEAM}/{{team}}/", "/teams/kijko/video/"),
    Check(f"{ORG}/projects/", "/organizations/kijko/projects/", "post", {"name": "Till"}),
    Check(f"{PROJECT}/teams/{{team}}/", "/projects/kijko/till/teams/video/", "post"),
    Check(f"{PROJECT}/teams/{{team}}/", "/projects/kijko/till/teams/video/", "delete"),
    Check(KEY, "/projects/kijko/kijko-api/keys/{key}/"),
    Check(KEY, "/projects/kijko/kijko-api/keys/{key}/", "put", {"name": "renamed"}),
    Check(f"{PROJECT}/issues/", "/projects/kijko/kijko-api/issues/"),
    Check(f"{PROJECT}/issues/", "/projects/kijko/kijko-api/issues/?id={issue}", "put",
          {"priority": "high"}),
    Check(f"{PROJECT}/events/{{event_id}}/attachments/",
          "/projects/kijko/kijko-api/events/{event}/attachments/"),
    Check(f"{ISSUE}external-issues/", "/organizations/kijko/issues/{issue}/external-issues/"),
    Check(f"{PROJECT}/replays/{{replay_id}}/recording-segments/{{segment_id}}/",
          "/projects/kijko/kijko-web/replays/{replay}/recording-segments/0/"),
    Check(RELEASE, "/organizations/kijko/releases/kijko-api@2.0.0/", "put", {"ref": "main"}),
    Check(f"{PROJECT}/releases/", "/projects/kijko/kijko-api/releases/"),
    Check(f"{PROJECT}/releases/{{version}}/commits/",
          "/projects/kijko/kijko-api/releases/kijko-api@2.0.0/commits/"),
    Check(f"{RELEASE}commitfiles/", "/organizations/kijko/releases/kijko-api@2.0.0/commitfiles/"),
    Check(f"{ORG}/dashboards/", "/organizations/kijko/dashboards/"),
    Check(f"{ORG}/sessions/",
          "/organizations/kijko/sessions/?field=sum(session)&groupBy=release"),
    Check(f"{ORG}/projects/{{project}}/detectors/",
          "/organizations/kijko/projects/kijko-api/detectors/", "post", DETECTOR),
    Check(f"{ORG}/detectors/", "/organizations/kijko/detectors/"),
    Check(DETECTORS, "/organizations/kijko/detectors/1/"),
    Check(DETECTORS, "/organizations/kijko/detectors/1/", "put", {"enabled": False}),
    Check(DETECTORS, "/organizations/kijko/detectors/1/", "delete"),
    Check(f"{ORG}/monitors/", "/organizations/kijko/monitors/", "post", MONITOR),
    *(
        check
        for where, owner in ((ORG, "/organizations/kijko"), (PROJECT, "/projects/kijko/kijko-api"))
        for one, address in [(f"{where}/monitors/{{monitor}}/", f"{owner}/monitors/nightly/")]
        for check in (
            Check(one, address),
            Check(one, address, "put", {"owner": "team:1"}),
            Check(f"{one}checkins/", f"{address}checkins/"),
        )
    ),
    Check(f"{ORG}/monitors/", "/organizations/kijko/monitors/"),
    Check(f"{ORG}/monitors/{{monitor}}/", "/organizations/kijko/monitors/nightly/", "delete"),
    # What is there only to be deleted.
    Check(KEY, "/projects/kijko/cutting/keys/{spare_key}/", "delete"),
    Check(RELEASE, "/organizations/kijko/releases/spare@1/", "delete"),
    Check(ISSUE, "/organizations/kijko/issues/{spare}/", "delete"),
    Check(f"{PROJECT}/monitors/{{monitor}}/", "/projects/kijko/kijko-api/monitors/spare/",
          "delete"),
]  # fmt: skip
# What needs more than a request: an attachment's bytes, say, are no JSON.
UNCHECKED = {
    ("/api/0/projects/{}/{}/events/{}/attachments/{}/", "get"): "the file itself, with ?download",
}


def spare_things(server: LocalSentry) -> dict[str, str]:
    """What checks name or delete, made before them."""
    organization = "/api/0/organizations/kijko"
    made = server.client.post(
        f"{organization}/releases/", json={"version": "spare@1", "projects": ["kijko-api"]}
    )
    assert made.status_code == 201
    spare = MONITOR | {"name": "Spare"}
    assert server.client.post(f"{organization}/monitors/", json=spare).status_code == 201
    check_in = {"check_in_id": event_id(), "monitor_slug": "spare", "status": "ok"}
    server.send(error_envelope("to be deleted", fingerprint=["spare"]))
    (issue,) = eventually(lambda: server.issues(query='"to be deleted"'), "the spare issue")
    server.send(envelope(({"type": "check_in"}, json.dumps(check_in).encode())))
    (key,) = server.get("/api/0/projects/kijko/kijko-api/keys/")
    return {"spare": issue["id"], "key": key["id"]}


def test_answers_have_sentrys_shape(
    description: dict[str, Any], filled: tuple[LocalSentry, Story]
) -> None:
    server, story = filled
    names = {"issue": story.issue_id, "event": story.event_id, "trace": story.trace_id,
             "replay": story.replay_id, "spare_key": ""} | spare_things(server)  # fmt: skip
    problems = []
    for check in CHECKS:
        if "{spare_key}" in check.address:
            keys = server.get("/api/0/projects/kijko/cutting/keys/")
            names["spare_key"] = keys[-1]["id"]
        address = "/api/0" + check.address.format(**names)
        answer = server.client.request(check.method, address, json=check.body)
        found = problems_of(description, check, answer)
        problems += [f"{check.method} {check.path}: {each}" for each in found]
    assert not problems, "\n".join(problems)


def test_every_address_that_sentry_describes_is_checked(description: dict[str, Any]) -> None:
    def nameless(path: str) -> str:
        return re.sub(r"\{[^}]*\}", "{}", path)

    described = {
        (nameless(path), method) for path, methods in description["paths"].items()
        for method in methods
    }  # fmt: skip
    checked = {(nameless(check.template), check.method) for check in CHECKS}
    own: Any = describe(api.routes)
    here = {
        (nameless(path), method) for path, methods in own["paths"].items() for method in methods
    }
    assert (here & described) - checked == set(UNCHECKED)
