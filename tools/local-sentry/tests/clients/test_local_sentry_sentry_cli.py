"""Sentry's own `sentry-cli`: each command that a build uses ends with 0, and its data is there."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_sentry_npm import quiet_environment
from local_sentry_process import LocalSentry, error_envelope, eventually, local_sentry

VERSION = "kijko-api@1.2.3"
ORGANIZATION = "/api/0/organizations/kijko"
RELEASE = f"{ORGANIZATION}/releases/{VERSION}/"


@dataclass(frozen=True)
class Checkout:
    """A repository, and `sentry-cli` run in it."""

    folder: Path
    environment: dict[str, str]

    def cli(self, *arguments: str) -> str:
        """What the command prints, errors included."""
        done = subprocess.run(
            [_program(), *arguments], cwd=self.folder, env=self.environment,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def git(self, *arguments: str) -> str:
        """What git prints."""
        return subprocess.run(
            [shutil.which("git") or "git", *arguments], cwd=self.folder, env=self.environment,
            check=True, capture_output=True, text=True, timeout=60,
        ).stdout.strip()  # fmt: skip


def _program() -> str:
    """The binary of the wheel, wherever the wheel was unpacked to."""
    for folder in (Path(sys.executable).parent, *(Path(p).parent / "bin" for p in sys.path),
                   *map(Path, os.environ.get("PATH", "").split(os.pathsep))):  # fmt: skip
        if (folder / "sentry-cli").is_file():
            return str(folder / "sentry-cli")
    pytest.skip("sentry-cli is not installed")


Told = tuple[LocalSentry, Checkout]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("checkout")
    with local_sentry(tmp_path_factory.mktemp("sentry-cli")) as server:
        environment = quiet_environment(home, server.url) | {
            "SENTRY_PROJECT": "kijko-api",
            "SENTRY_DSN": server.dsn("kijko-api"),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
               for what, value in (("NAME", "me"), ("EMAIL", "me@example.org"))},
        }  # fmt: skip
        checkout = Checkout(folder, environment)
        checkout.git("init", "-q", "-b", "main")
        for number, message in ((1, "feat: one"), (2, "fix: two")):
            (folder / "a.py").write_text(f"x = {number}\n")
            checkout.git("add", "a.py")
            checkout.git("commit", "-q", "-m", message)
        (folder / "dist").mkdir()
        (folder / "dist/a.js").write_text("console.log(1);\n//# sourceMappingURL=a.js.map\n")
        (folder / "dist/a.js.map").write_text(
            json.dumps({"version": 3, "sources": ["a.ts"], "sourcesContent": ["console.log(1)"],
                        "names": [], "mappings": "AAAA"})
        )  # fmt: skip
        server.send(error_envelope("for the command line", release="kijko-api@1.0.0"))
        eventually(lambda: server.issues(query="command"), "the issue")
        yield server, checkout


def test_a_release_is_made_with_commits_finalized_and_deployed(told: Told) -> None:
    server, checkout = told
    checkout.cli("releases", "new", VERSION)
    assert server.get(RELEASE)["dateReleased"] is None
    checkout.cli("releases", "set-commits", VERSION, "--local")
    release = server.get(RELEASE)
    assert release["commitCount"] == 2
    assert release["lastCommit"]["id"] == checkout.git("rev-parse", "HEAD")
    assert release["authors"] == [{"name": "me", "email": "me@example.org"}]
    commits = server.get(f"{RELEASE}commits/")
    assert [commit["message"].strip() for commit in commits] == ["fix: two", "feat: one"]
    assert {f["filename"] for f in server.get(f"{RELEASE}commitfiles/")} == {"a.py"}
    checkout.cli("releases", "finalize", VERSION)
    assert server.get(RELEASE)["dateReleased"]
    checkout.cli("deploys", "new", "--release", VERSION, "-e", "local", "-n", "d1", "-t", "10")
    assert "local" in checkout.cli("deploys", "list", "--release", VERSION)
    (deploy,) = server.get(f"{RELEASE}deploys/")
    assert (deploy["environment"], deploy["name"]) == ("local", "d1")
    assert VERSION in checkout.cli("releases", "info", VERSION)
    assert VERSION in checkout.cli("releases", "list")
    assert checkout.cli("releases", "propose-version").strip()


def test_commits_are_named_by_a_known_repository(told: Told) -> None:
    server, checkout = told
    mappings = checkout.folder / "mappings.json"
    mappings.write_text(json.dumps([{"stackRoot": "app/", "sourceRoot": "src/app/"}]))
    checkout.cli(
        "code-mappings", "upload", str(mappings), "--repo", "kijko/mono",
        "--default-branch", "main",
    )  # fmt: skip
    (mapping,) = server.get(f"{ORGANIZATION}/code-mappings/")
    assert (mapping["repoName"], mapping["sourceRoot"]) == ("kijko/mono", "src/app/")
    link = server.get("/api/0/projects/kijko/kijko-api/stacktrace-link/", file="app/main.py")
    assert link["sourcePath"] == "src/app/main.py"
    assert "kijko/mono" in checkout.cli("repos", "list")
    version = "kijko-api@1.3.0"
    checkout.cli("releases", "new", version)
    checkout.cli("releases", "set-commits", version, "--commit", "kijko/mono@HEAD~1..HEAD")
    assert server.get(f"{ORGANIZATION}/releases/{version}/")["commitCount"] == 1
    checkout.cli("releases", "set-commits", version, "--auto", "--ignore-missing")
    checkout.cli("releases", "archive", version)
    assert server.get(f"{ORGANIZATION}/releases/{version}/")["status"] == "archived"
    checkout.cli("releases", "restore", version)
    checkout.cli("releases", "delete", version)
    assert server.client.get(f"{ORGANIZATION}/releases/{version}/").status_code == 404


def test_source_maps_are_injected_and_uploaded(told: Told) -> None:
    _, checkout = told
    assert "debug ids" in checkout.cli("sourcemaps", "inject", "dist")
    uploaded = checkout.cli("sourcemaps", "upload", "--release", VERSION, "dist")
    assert "Uploaded files to Sentry" in uploaded
    again = checkout.cli("sourcemaps", "upload", "--release", VERSION, "dist")
    assert "already uploaded" in again.lower() or "Nothing to upload" in again
    checkout.cli("sourcemaps", "upload", "--validate", "dist")
    sources = checkout.cli("sourcemaps", "upload", "--ext", "py", "--release", VERSION, ".")
    assert "a.py" in sources
    checkout.cli("debug-files", "upload", "--type", "sourcebundle", "dist")


def test_what_is_there_is_listed(told: Told) -> None:
    _, checkout = told
    assert "project:read" in checkout.cli("info")
    assert "for the command line" in checkout.cli("issues", "list")
    assert "for the command line" in checkout.cli("events", "list")
    assert "kijko-api" in checkout.cli("projects", "list")
    assert "kijko" in checkout.cli("organizations", "list")
    checkout.cli("logs", "list")


def test_issues_are_changed(told: Told) -> None:
    server, checkout = told
    (issue,) = server.issues(query="command")
    address = f"{ORGANIZATION}/issues/{issue['id']}/"
    for verb, status in (("resolve", "resolved"), ("mute", "ignored"), ("unresolve", "unresolved")):
        checkout.cli("issues", verb, "-i", issue["id"])
        assert server.get(address)["status"] == status


def test_events_are_sent(told: Told) -> None:
    server, checkout = told
    checkout.cli("send-event", "-m", "sent by hand", "-r", VERSION)
    found: list[dict[str, Any]] = eventually(lambda: server.issues(query="sent by hand"))
    assert found[0]["project"]["slug"] == "kijko-api"
