"""Run steps in a clean clone of a commit: `python clean_clone.py PLAN.json`.

A program of its own, so that Ctrl-C reaches it and Pants need not wait with it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# What a step inherits: where programs, caches and certificates are, and nothing that is secret.
INHERITED = (
    "HOME", "KIJKO_CACHE", "LANG", "PATH", "PYENV_ROOT", "TERM", "TMPDIR", "USER",
    "XDG_CACHE_HOME", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "PIP_CERT",
    "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_INDEX_URL", "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
)  # fmt: skip


def clone(repository: Path, commit: str, folder: Path) -> None:
    """Check a commit out into an empty folder, with all history, as CI does.

    Its origin is called what the repository's is, by which releases name the repository; what is
    pushed there goes to the repository, and no further.

    Raises:
        subprocess.CalledProcessError: git could not; it has said why.
    """
    git = ["git", "-c", "advice.detachedHead=false"]
    subprocess.run(
        [*git, "clone", "--quiet", "--shared", "--no-checkout", str(repository), str(folder)],
        check=True,
    )
    subprocess.run([*git, "checkout", "--quiet", commit], check=True, cwd=folder)
    origin = subprocess.run(
        [*git, "config", "remote.origin.url"], check=False, cwd=repository, capture_output=True
    ).stdout.strip()
    if origin:
        set_url = [*git, "remote", "set-url"]
        subprocess.run([*set_url, "--push", "origin", str(repository)], check=True, cwd=folder)
        subprocess.run([*set_url, "origin", origin], check=True, cwd=folder)


def environment(
    given: Mapping[str, str], job: str, branch: str, secrets: Sequence[str] = ()
) -> dict[str, str]:
    """What every step sees; of secrets, those that the job's context has."""
    kept = {name: given[name] for name in (*INHERITED, *secrets) if name in given}
    return {**kept, "CI": "true", "CIRCLE_JOB": job, "CIRCLE_BRANCH": branch}


def run(steps: Sequence[Mapping[str, Any]], folder: Path, env: Mapping[str, str]) -> int:
    """Run steps one after the other, as CircleCI does: after a failure, only those meant for it.

    Returns:
        The exit code of the first step that failed, or 0.
    """
    failed = 0
    for number, step in enumerate(steps, 1):
        heading = f"[{number}/{len(steps)}] {step['name']}"
        wanted = {"always"} | ({"on_fail"} if failed else {"on_success"})
        if step["command"] is None or step["when"] not in wanted:
            _say(f"{heading}" if step["command"] is None else f"{heading}: skipped")
            continue
        _say(heading)
        started = time.monotonic()
        done = subprocess.run(
            ["/bin/bash", "-eo", "pipefail", "-c", step["command"]],
            cwd=folder / step["folder"],
            env={**env, **step["environment"]},
            stdin=subprocess.DEVNULL,
            check=False,
        )
        seconds = time.monotonic() - started
        if done.returncode:
            failed = failed or done.returncode
            _say(
                f"[{number}/{len(steps)}] failed after {seconds:.1f} s: exit code {done.returncode}"
            )
        else:
            _say(f"[{number}/{len(steps)}] done in {seconds:.1f} s")
    return failed


def main() -> int:
    """Run the plan in the file that is named; returns the exit code."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(tempfile.mkdtemp(prefix="ci-run-"))
    try:
        checkout = folder / "project"
        clone(Path(plan["repository"]), plan["commit"], checkout)
        env = environment(os.environ, plan["job"], plan["branch"], plan["secrets"])
        failed = run(plan["steps"], checkout, env)
    except KeyboardInterrupt:
        return 130
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _say(f"{plan['job']} {'failed' if failed else 'passed'} on {plan['commit'][:12]}")
    return failed


def _say(line: str) -> None:
    sys.stderr.write(f"== {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
