"""Answers validate against Sentry's own OpenAPI description, but for a few waivers with reasons.

The description is not part of this repository: the tests look for
`shared/contracts/sentry/openapi.json` beside a folder above, or where `SENTRY_OPENAPI` says.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from local_sentry_process import LocalSentry, local_sentry
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
    """OpenAPI 3.0's dialect as JSON Schema: `nullable` becomes a union, waived fields optional."""
    if isinstance(node, list):
        return [as_json_schema(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    converted = {key: as_json_schema(value) for key, value in node.items() if key != "nullable"}
    if isinstance(converted.get("required"), list):
        converted["required"] = [name for name in converted["required"] if name not in WAIVERS]
    if node.get("nullable"):
        return {"anyOf": [converted, {"type": "null"}]}
    return converted


def problems_of(description: dict[str, Any], check: "Check", answer: httpx.Response) -> list[str]:
    """What of an answer is not as the description says."""
    operation = description["paths"][check.template][check.method]
    documented = operation["responses"].get(str(answer.status_code))
    if answer.status_code >= 300 or documented is None or "content" not in documented:
        return [f"answered {answer.status_code}: {answer.text[:200]}"]
    schema = documented["content"]["application/json"]["schema"]
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
        names = {"{org}": "{organization_id_or_slug}", "{project}": "{project_id_or_slug}"}
        text = self.path
        for short, long in names.items():
            text = text.replace(short, long)
        return f"/api/0{text}"


ORG, PROJECT, TEAM = "/organizations/{org}", "/projects/{org}/{project}", "/teams/{org}"
ISSUE = f"{ORG}/issues/{{issue_id}}/"
RELEASE = f"{ORG}/releases/{{version}}/"
KEY = f"{PROJECT}/keys/{{key_id}}/"
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
]  # fmt: skip


def test_answers_have_sentrys_shape(
    description: dict[str, Any], filled: tuple[LocalSentry, Story]
) -> None:
    server, story = filled
    names = {"issue": story.issue_id, "event": story.event_id, "trace": story.trace_id,
             "replay": story.replay_id}  # fmt: skip
    problems = []
    for check in CHECKS:
        address = "/api/0" + check.address.format(**names)
        answer = server.client.request(check.method, address, json=check.body)
        found = problems_of(description, check, answer)
        problems += [f"{check.method} {check.path}: {each}" for each in found]
    assert not problems, "\n".join(problems)
