"""What Sentry itself answers is understood, where its own answers are at hand.

They are looked for in `SENTRY_FIXTURES`, and in `shared` beside the checkout.
"""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from release_cli_checkout import GATEWAY, Checkout, Done, release
from release_cli_server import answering

NOW = datetime.now(UTC).isoformat()


def answers() -> dict[str, Any]:
    """Sentry's own answers by the addresses that they are of; only names and times are ours."""
    named = os.environ.get("SENTRY_FIXTURES", "")
    beside = (each / "shared/contracts/sentry/fixtures" for each in Path(__file__).parents)
    folder = Path(named) if named else next(filter(Path.is_dir, beside), None)
    if folder is None:
        pytest.skip("SENTRY_FIXTURES names no folder of Sentry's own answers")

    def said(name: str) -> Any:
        return json.loads((folder / f"{name}.json").read_bytes())

    made = said("release") | {"dateCreated": NOW, "deployCount": 1, "commitCount": 1}
    bare = said("release") | {"dateCreated": NOW, "version": "kijko-api@0.0.1+0123456789ab"}
    links = said("organization")["links"] | {"regionUrl": ""}
    of_releases = r"/organizations/kijko/releases/[^/]+/"
    return {
        r"/organizations/kijko/": said("organization") | {"links": links},
        r"/organizations/kijko/projects/": [said("project")],
        r"/projects/kijko/[^/]+/releases/": [made, bare],
        r"/projects/kijko/[^/]+/rules/": [],
        of_releases: made,
        f"{of_releases}deploys/": said("release-deploys"),
        f"{of_releases}commits/": said("release-commits"),
        r"/organizations/kijko/issues/": [said("issue") | {"status": "resolved"}],
        r"/organizations/kijko/issues/[^/]+/activities/": said("issue-activity"),
        r"/issues/[^/]+/activities/": said("issue-activity"),
        r"/organizations/kijko/events/": said("events-spans"),
        r"/projects/kijko/[^/]+/files/artifact-bundles/": [],
    }


@pytest.fixture
def sentry() -> Iterator[str]:
    """A server that says what Sentry said."""
    known = answers()

    def answer(path: str) -> Any:
        asked = path.removeprefix("/api/0")
        return next((body for each, body in known.items() if re.fullmatch(each, asked)), None)

    with answering(answer) as url:
        yield url


def ask(checkout: Checkout, url: str, *arguments: str) -> Done:
    """Run a verb there."""
    return release(checkout, *arguments, "--json", url=url, token="t")


def test_deploys_and_coverage_are_read(checkout: Checkout, sentry: str) -> None:
    inputs = checkout.inputs(checkout.project(GATEWAY))
    done = ask(checkout, sentry, "deploys", *inputs[:2])
    assert [(each["environment"], each["name"]) for each in done.json] == [
        ("production", "prod deploy")
    ]
    status = ask(checkout, sentry, "status", *inputs)
    assert status.status == 0, status.errors
    (app,) = status.json["apps"]
    assert (app["releases"], app["with_commits"], app["commits"]) == (2, 1, 0)
    verified = ask(checkout, sentry, "verify", GATEWAY, "--release", "it", *inputs[:2])
    found = {each["name"]: each["ok"] for each in verified.json["checks"]}
    assert (found["commits"], found["deploy"], found["files"]) == (True, True, False)


def test_a_scorecard_is_measured(checkout: Checkout, sentry: str) -> None:
    done = ask(checkout, sentry, "scorecard")
    assert done.status == 0, done.errors
    coverage = done.json["figures"]["release_coverage"]
    assert (coverage["value"], coverage["met"]) == (50.0, False)
    assert done.json["releases"][0]["without_commits"] == ["kijko-api@0.0.1+0123456789ab"]
    assert done.json["slow_operations"][0]["name"]
