"""Answers of Sentry itself, where they are at hand (``SENTRY_FIXTURES``), make answers of ours."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kijko_mcp.settings import McpSettings
from mcp_answering import answering
from mcp_asking import DEADLINE, Said, client_of, said
from sentry_api import SentrySettings

TRACE = "a4d1aae7216b47ff8117cf4e09ce9d0a"
ORGANIZATION = "/api/0/organizations/sentry-mcp-evals"
PROJECT = "/api/0/projects/sentry-mcp-evals/cloudflare-mcp"
RELEASE = "8ce89484-0fec-4913-a2cd-e8e2d41dee36"
REPLAY = "7e07485f12f9416b8b1426260799b51f"
EVENTS = {"issue": "event", "performance-issue": "performance-event", "regressed-issue": "event"}


class Answers:
    """What sentry.io answers to which address; the rest is not there."""

    def __init__(self, folder: Path, issue: str) -> None:
        self._folder = folder
        self.issue = self.of(issue)
        self._event = EVENTS[issue]
        self.url = ""

    def of(self, name: str) -> Any:
        """One answer."""
        return json.loads((self._folder / f"{name}.json").read_bytes())

    def organization(self) -> Any:
        """The organization, in a region that is here."""
        return self.of("organization") | {
            "links": {"organizationUrl": self.url, "regionUrl": self.url}
        }

    def at(self, path: str, query: str) -> Any:
        """The answer at an address, None where there is none."""
        numbers = {self.issue["id"], self.issue["shortId"]}
        known: Mapping[str, Any] = {
            "/api/0/organizations/": lambda: [self.organization()],
            f"{ORGANIZATION}/": self.organization,
            f"{ORGANIZATION}/projects/": lambda: [self.of("project")],
            f"{ORGANIZATION}/issues/": lambda: [self.issue],
            f"{ORGANIZATION}/releases/": lambda: [self.of("release")],
            f"{PROJECT}/releases/": lambda: [self.of("release")],
            f"{ORGANIZATION}/releases/{RELEASE}/": lambda: self.of("release"),
            f"{ORGANIZATION}/releases/{RELEASE}/commits/": lambda: self.of("release-commits"),
            f"{ORGANIZATION}/releases/{RELEASE}/deploys/": lambda: self.of("release-deploys"),
            f"{ORGANIZATION}/replays/": lambda: {"data": [self.of("replay-details")]},
            f"{ORGANIZATION}/trace/{TRACE}/": lambda: self.of("trace-mixed"),
            f"{ORGANIZATION}/trace-meta/{TRACE}/": lambda: self.of("trace-meta"),
            f"{ORGANIZATION}/events/": lambda: self.of(_table(query)),
        } | {
            f"{ORGANIZATION}/issues/{number}/{rest}": lambda answer=answer: self.of(answer)
            if answer
            else self.issue
            for number in numbers
            for rest, answer in {
                "": "", "events/latest/": self._event, "events/recommended/": self._event,
                "tags/": "tags", "activities/": "issue-activity", "comments/": "issue-comments",
            }.items()
        }  # fmt: skip
        if found := known.get(path):
            return found()
        if re.fullmatch(rf"{ORGANIZATION}/replays/[0-9a-f-]+/", path):
            return {"data": self.of("replay-details")}
        if path.endswith("/recording-segments/"):
            return self.of("replay-recording-segments")
        return None


def _table(query: str) -> str:
    if "dataset=spans" in query:
        # One table is at hand, of spans as such: sums and quantiles have other columns.
        return "events-spans-empty" if "%28" in query or "(" in query else "events-spans"
    return "events-errors-empty" if "query=id" in query else "events-errors"


@contextmanager
def _serving(answers: Answers) -> Iterator[str]:
    def answer(address: str) -> tuple[int, bytes]:
        path, _, query = address.partition("?")
        found = answers.at(path, query)
        missing = {"detail": "The requested resource does not exist"}
        return (404 if found is None else 200), json.dumps(
            missing if found is None else found
        ).encode()

    with answering(answer) as url:
        answers.url = url
        yield url


async def _asked(about: str, tool: str, /, **arguments: object) -> Said:
    folder = os.environ.get("SENTRY_FIXTURES", "")
    if not folder:
        pytest.skip("SENTRY_FIXTURES names no folder of Sentry's own answers")
    with _serving(Answers(Path(folder), about)) as url:
        sentry = SentrySettings.model_validate(
            {"url": url, "org": "sentry-mcp-evals", "api_tries": 1, "api_timeout": DEADLINE}
        )
        async with client_of(sentry, McpSettings(call_timeout=DEADLINE)) as client:
            return said(await client.call_tool(tool, arguments))


async def test_the_last_error_is_explained() -> None:
    answer = await _asked("issue", "explain_issue", issue="CLOUDFLARE-MCP-41")
    assert answer.conclusion.startswith("CLOUDFLARE-MCP-41 (unresolved, 25 events, 1 user")
    assert "`index.js:19631:" in answer.conclusion
    for fact in (
        "Tool list_organizations is already registered", "OAuthProviderImpl.fetch", ":8029",
        "3032af8bcdfe4423b937fc5c041d5d82", "7e07485f-12f9-416b-8b14-26260799b51f",
        "GET /api/0/organizations/ [200]", "runtime.name=cloudflare",
        "assigned to: Jane Developer",
    ):  # fmt: skip
        assert fact in answer.text, fact


@pytest.mark.parametrize("issue", EVENTS)
async def test_issues_of_every_kind_are_listed_and_explained(issue: str) -> None:
    listed = await _asked(issue, "find_errors")
    assert not listed.refused, listed.text
    explained = await _asked(issue, "explain_issue", issue="last")
    assert not explained.refused, explained.text
    for fact in re.findall(r"[A-Z]+(?:-[A-Z0-9]+)+", listed.conclusion):
        assert fact in explained.conclusion


async def test_a_trace_of_spans_and_of_errors_beside_them_is_explained() -> None:
    answer = await _asked("issue", "explain_trace", trace=TRACE)
    assert answer.facts["spans"] == 4
    assert answer.facts["errors"] == ["6507376925", "6507376926"]
    assert "Standalone issue not associated with spans" in answer.text
    assert "api.openai.com" in answer.conclusion


async def test_a_replay_is_shown() -> None:
    answer = await _asked("issue", "show_replay", replay=REPLAY)
    assert not answer.refused, answer.text
    assert REPLAY in answer.conclusion.replace("-", "")
    assert "/checkout" in answer.text


async def test_a_release_is_checked() -> None:
    answer = await _asked("issue", "release_status")
    assert not answer.refused, answer.text
    assert RELEASE in answer.text


@pytest.mark.parametrize("dataset", ["errors", "spans"])
async def test_a_query_of_ones_own_is_answered(dataset: str) -> None:
    answer = await _asked("issue", "search", dataset=dataset)
    expected = {"errors": "CLOUDFLARE-MCP-41", "spans": "GET /trpc/bottleList"}[dataset]
    assert expected in answer.text
