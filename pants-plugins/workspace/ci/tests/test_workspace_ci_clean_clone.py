"""Steps in a clean clone: what they see, and what a failure does to those after it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workspace.ci import clean_clone


def git(folder: Path, *arguments: str) -> str:
    author = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["/usr/bin/env", "git", *author, *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "kept.txt").write_text("committed\n")
    git(folder, "add", "kept.txt")
    git(folder, "commit", "--quiet", "-m", "First")
    (folder / "kept.txt").write_text("changed since\n")
    (folder / "untracked.txt").write_text("")
    return folder


def step(command: str | None, when: str = "on_success", **environment: str) -> dict[str, Any]:
    return {
        "name": command or "nothing",
        "command": command,
        "environment": environment,
        "when": when,
        "folder": ".",
    }


def run(repository: Path, tmp_path: Path, *steps: dict[str, Any]) -> tuple[int, str, str]:
    plan = tmp_path / "plan.json"
    plan.write_text(
        json.dumps(
            {
                "repository": str(repository),
                "commit": git(repository, "rev-parse", "HEAD"),
                "branch": "main",
                "job": "test-1",
                "secrets": [],
                "steps": steps,
            }
        )
    )
    done = subprocess.run(
        [sys.executable, clean_clone.__file__, str(plan)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_steps_see_the_commit_and_nothing_else(repository: Path, tmp_path: Path) -> None:
    code, out, err = run(
        repository,
        tmp_path,
        step("cat kept.txt; ls; git status --short"),
        step("echo $CI $CIRCLE_JOB $X", X="y"),
    )
    assert (code, out) == (0, "committed\nkept.txt\ntrue test-1 y\n")
    assert "test-1 passed" in err


def test_origin_has_its_name_and_what_is_pushed_stays_here(
    repository: Path, tmp_path: Path
) -> None:
    git(repository, "remote", "add", "origin", "git@example.org:kijko/mono.git")
    code, out, _ = run(
        repository,
        tmp_path,
        step("git remote get-url origin; git tag shop@1.0.0; git push -q origin shop@1.0.0"),
    )
    assert (code, out) == (0, "git@example.org:kijko/mono.git\n")
    assert git(repository, "tag") == "shop@1.0.0"


def test_after_a_failure_only_steps_meant_for_it_run(repository: Path, tmp_path: Path) -> None:
    code, out, err = run(
        repository,
        tmp_path,
        step("false | true; echo never"),
        step("echo skipped"),
        step("echo kept", "always"),
        step("echo told", "on_fail"),
        step(None),
    )
    assert (code, out) == (1, "kept\ntold\n")
    assert "echo skipped: skipped" in err
    assert "test-1 failed" in err


def test_secrets_of_the_caller_stay_outside() -> None:
    given = {"PATH": "/bin", "SENTRY_AUTH_TOKEN": "secret"}
    assert clean_clone.environment(given, "j", "b") == {
        "PATH": "/bin", "CI": "true", "CIRCLE_JOB": "j", "CIRCLE_BRANCH": "b",
    }  # fmt: skip


def test_a_job_with_a_context_gets_what_the_context_has() -> None:
    given = {"SENTRY_AUTH_TOKEN": "secret", "OTHER_TOKEN": "secret"}
    seen = clean_clone.environment(given, "j", "b", ["SENTRY_AUTH_TOKEN", "SENTRY_URL"])
    assert seen["SENTRY_AUTH_TOKEN"] == "secret"
    assert not {"OTHER_TOKEN", "SENTRY_URL"} & set(seen)


def test_the_clone_is_removed(repository: Path, tmp_path: Path) -> None:
    _, out, _ = run(repository, tmp_path, step("pwd"))
    assert not Path(out.strip()).exists()
