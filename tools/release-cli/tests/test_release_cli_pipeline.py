"""The pipeline as CI takes it: the generated release jobs, in clean clones, against a Sentry."""

import json
import re
from collections.abc import Iterator

import pytest

from release_cli_sentry import LocalSentry
from release_cli_workspace import (
    ENVIRONMENT,
    GATEWAY,
    RELEASE_CLI,
    REPOSITORY,
    Workspace,
    workspace_in_small,
)

pytestmark = pytest.mark.timeout(7200)
CLI = f"{GATEWAY}/src/comfyui_gateway/cli.py"
RELEASE_SOURCE = f"{RELEASE_CLI}/src/release_cli/__main__.py"
SHARED = "packages/observability/src/observability/__init__.py"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, server: LocalSentry) -> Iterator[Workspace]:
    with workspace_in_small(tmp_path_factory.mktemp("pipeline"), server) as made:
        yield made


def jobs(workspace: Workspace, since: str) -> list[str]:
    """The release jobs that CI has for the change since a commit."""
    listed = workspace.pants("ci-run", f"--since={since}").stdout.split()
    return [each for each in listed if each.startswith("release-")]


def releases_of(workspace: Workspace) -> set[str]:
    """The releases in Sentry of what is checked out."""
    head = workspace.git("rev-parse", "HEAD")[:12]
    listed = workspace.server.get("organizations/kijko/releases/", query=head)
    return {each["version"] for each in listed if each["version"].endswith(f"+{head}")}


def modified(commit: str, *paths: str) -> set[tuple[str, str, str]]:
    return {(commit, path, "M") for path in paths}


def test_two_commits_give_exactly_the_releases_of_the_apps_that_they_change(
    workspace: Workspace,
) -> None:
    server = workspace.server
    major = workspace.all_released()
    before = workspace.git("rev-parse", "HEAD")
    test = f"{GATEWAY}/tests/test_gateway.py"
    first = workspace.change("feat: serve more", CLI, test)
    second = workspace.change("fix: release better", RELEASE_SOURCE)
    assert jobs(workspace, before) == ["release-gateway", "release-release-cli"]
    for job in ("release-gateway", "release-release-cli"):
        workspace.pants("ci-run", job, f"--since={before}")

    gateway = f"kijko-api@{major}.1.0+{second[:12]}"
    release_cli = f"kijko-release-cli@{major}.0.1+{second[:12]}"
    assert releases_of(workspace) == {gateway, release_cli}
    assert server.commits(gateway) == [first]
    assert server.commit_files(gateway) == modified(first, CLI, test)
    assert server.commits(release_cli) == [second]
    assert server.commit_files(release_cli) == modified(second, RELEASE_SOURCE)
    projects = workspace.projects()
    for name, release in (("gateway", gateway), ("release-cli", release_cli)):
        project = projects[name]
        assert server.release(release)["dateReleased"]
        assert server.deploys(release) == [(ENVIRONMENT, "release")]
        (bundle,) = server.bundles(project["project"], release)
        assert bundle["fileCount"] == len([it for it in project["sources"] if it.endswith(".py")])
        assert mappings(server, project["project"]) == {
            (REPOSITORY, f"{each['stack_root']}/", f"{each['source_root']}/")
            for each in project["code_mappings"]
        }
    tags = workspace.git("tag", "--points-at", "HEAD").split()
    assert tags == [f"gateway@{major}.1.0", f"release-cli@{major}.0.1"]


def mappings(server: LocalSentry, project: str) -> set[tuple[str, str, str]]:
    """(repository, stack root, source root) of each code mapping of a project."""
    listed = server.get("organizations/kijko/code-mappings/")
    return {
        (each["repoName"], each["stackRoot"], each["sourceRoot"])
        for each in listed
        if each["projectSlug"] == project
    }


def test_shared_code_is_in_the_release_of_each_app_and_tests_are_in_none(
    workspace: Workspace,
) -> None:
    """Planned below `./pants run`, which waits for the program, while the program asks Pants."""
    major = workspace.all_released()
    before = workspace.git("rev-parse", "HEAD")
    shared = workspace.change("feat: observe more", SHARED)
    assert jobs(workspace, before) == ["release-gateway", "release-release-cli"]
    test = workspace.change("test: more", f"{GATEWAY}/tests/test_gateway.py")
    assert jobs(workspace, shared) == []
    program = ("run", f"{RELEASE_CLI}:release", "--")
    said = workspace.pants(*program, "plan", "gateway", "release-cli", "--json")
    assert "Waiting for invocation" not in said.stderr
    assert [
        (each["release"], [commit["sha"] for commit in each["commits"]])
        for each in json.loads(said.stdout)
    ] == [
        (f"{project}@{major}.0.1+{test[:12]}", [shared])
        for project in ("kijko-api", "kijko-release-cli")
    ]


def test_the_setup_workflow_goes_on_with_what_the_last_push_affects(workspace: Workspace) -> None:
    workspace.change("fix: the gateway alone", CLI)
    generated = workspace.pants("ci-run", "plan").stdout
    assert re.findall(r"^  (release-[\w-]+):$", generated, re.MULTILINE) == ["release-gateway"]
