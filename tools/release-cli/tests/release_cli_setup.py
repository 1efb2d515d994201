"""An organization with nothing in it, a workspace beside it, and the command line for both."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from release_cli_sentry import DEADLINE, LocalSentry, local_sentry

ORGANIZATION = "fresh"
TEAM = "makers"
SCOPES = ("org:admin", "project:admin", "team:write", "alerts:write", "event:admin")
# Found from any folder: a sandbox of Pants has its paths relative to itself.
_PATH = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)
_PROGRAM = (sys.executable, "-m", "release_cli")
_OURS = ("SENTRY_", "RELEASE_")
HOOK = "https://hooks.example.org/secret-path"

GATEWAY: dict[str, Any] = {
    "address": "apps/gateway:sentry",
    "project": "kijko-api",
    "platform": "python-fastapi",
    "workspace_project": "gateway",
    "root": "apps/gateway",
    "owners": ["#video"],
    "ownership_rules": ["path:apps/gateway/* #video"],
    "alert_rules": [
        {"name": "New", "trigger": "new_issue", "action": "webhook", "url_env": "HOOK"},
        {"name": "Back", "trigger": "regression"},
        {"name": "Many", "trigger": "event_count", "window_minutes": 5, "threshold": 10},
    ],
    "ignore_rules": ["*ClientDisconnect*"],
    "code_mappings": [{"stack_root": "gateway", "source_root": "apps/gateway/src/gateway"}],
}


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Place:
    """A server, a workspace, and a token that may set things up."""

    sentry: LocalSentry
    workspace: Path
    token: str

    def release(self, *arguments: str, **environment: str) -> Said:
        """Run `release` in the workspace."""
        done = subprocess.run(
            [*_PROGRAM, *arguments],
            cwd=self.workspace,
            env=self._environment(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert self.token not in done.stdout + done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    def begin(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start `release` in the workspace, to be killed."""
        return subprocess.Popen(
            [*_PROGRAM, *arguments],
            cwd=self.workspace,
            env=self._environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith(_OURS)},
            "PYTHONPATH": _PATH,
            "SENTRY_URL": self.sentry.url,
            "SENTRY_ORG": ORGANIZATION,
            "SENTRY_AUTH_TOKEN": self.token,
            "RELEASE_REPOSITORY": "kijko/mono",
            "HOOK": HOOK,
            **more,
        }

    def targets(self, *projects: dict[str, Any]) -> str:
        """A file as `./pants sentry-projects --json` writes it."""
        file = self.workspace / "projects.json"
        file.write_text(json.dumps(projects))
        return str(file)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of the API, as an administrator."""
        answer = httpx.request(
            method,
            f"{self.sentry.url}/api/0/{path}",
            json=body,
            headers={"authorization": f"Bearer {self.token}"},
            timeout=DEADLINE,
        )
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def of(self, project: str, what: str = "") -> Any:
        """Something of a project."""
        return self.ask("GET", f"projects/{ORGANIZATION}/{project}/{what}")


@contextmanager
def empty_organization(folder: Path) -> Iterator[Place]:
    """A server that has an organization without projects, and a workspace that has git."""
    workspace = folder / "workspace"
    for each in ("apps/gateway", "apps/web"):
        (workspace / each).mkdir(parents=True)
    (workspace / ".gitignore").write_text(".env.sentry*\n")
    subprocess.run(["git", "init", "--quiet", str(workspace)], check=True)
    with local_sentry(folder / "sentry") as sentry:
        place = Place(sentry, workspace, _token(folder / "sentry"))
        # A slug is there once on one machine: those that a new data folder has make way.
        for project in place.ask("GET", "organizations/kijko/projects/"):
            path = f"projects/kijko/{project['slug']}/"
            place.ask("PUT", path, {"slug": f"old-{project['slug']}"})
        place.ask("POST", "organizations/", {"slug": ORGANIZATION})
        yield place


def _token(data: Path) -> str:
    scopes = [part for scope in SCOPES for part in ("--scope", scope)]
    command = [sys.executable, "-m", "local_sentry", "token", "--data", str(data), *scopes]
    made = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": _PATH},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=DEADLINE,
    )
    return made.stdout.split()[-1]
