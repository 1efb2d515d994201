"""The doctor finds what is wrong, and says for each what to do."""

import json
import subprocess
from pathlib import Path

import mcp_program
from mcp_local_sentry import local_sentry, token
from mcp_story import Story

_ABOUT_SENTRY = ("sentry", "token", "projects", "code mappings")


def _checks(done: mcp_program.Done) -> dict[str, dict[str, object]]:
    return {each["name"]: each for each in json.loads(done.output)}


def test_all_is_well_where_all_is_there(story: Story, tmp_path: Path) -> None:
    done = mcp_program.run(
        story.checkout.folder, tmp_path, "doctor", "--json", more=story.server.environment()
    )
    checks = _checks(done)
    assert done.status == 0, checks
    assert list(checks) == [*_ABOUT_SENTRY, "checkout", "resident"]
    assert "kijko-web" in str(checks["projects"]["found"])
    assert "apps/comfyui-gateway/src/comfyui_gateway/" in str(checks["code mappings"]["found"])
    assert story.checkout.second[:10] in str(checks["checkout"]["found"])


def test_each_problem_comes_with_what_to_do(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with local_sentry(tmp_path / "sentry", "--host", "127.0.0.1") as guarded:
        nobody = mcp_program.run(work, tmp_path, "doctor", "--json", more=guarded.environment())
        wrong = mcp_program.run(
            work, tmp_path, "doctor", "--json", more=guarded.environment("sntryu_" + "0" * 64)
        )
        weak = guarded.environment(token(guarded.data, "org:read", "project:read"))
        lacking = mcp_program.run(work, tmp_path, "doctor", "--json", more=weak)
    assert [done.status for done in (nobody, wrong, lacking)] == [1, 1, 1]
    assert "no token" in str(_checks(nobody)["token"]["found"])
    assert "no such token" in str(_checks(wrong)["token"]["found"])
    assert "event:read" in str(_checks(lacking)["token"]["todo"])
    checks = _checks(lacking)
    assert checks["projects"]["ok"]
    assert "none" in str(checks["code mappings"]["found"])
    assert "MCP_WORKSPACE" in str(checks["checkout"]["todo"])
    assert all(each["todo"] for each in checks.values() if not each["ok"])


def test_a_sentry_that_is_not_there_is_named(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    more = {"SENTRY_URL": "http://127.0.0.1:1", "SENTRY_ORG": "kijko", "SENTRY_API_TRIES": "1"}
    done = mcp_program.run(tmp_path, tmp_path, "doctor", more=more)
    assert done.status == 1
    assert "BAD  sentry" in done.output


def test_settings_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    done = mcp_program.run(tmp_path, tmp_path, "doctor", more={"SENTRY_URL": "ftp://x"})
    assert done.status == 1
    assert "SENTRY_URL" in done.output
