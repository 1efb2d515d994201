"""This workspace in small: the real Pants, plugins, `.ci/release` and release program, two apps.

The release program is one app. The other is a gateway of a few lines, because the real one brings
hundreds of megabytes into every package. Both are built from the real packages/observability.
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from release_cli_sentry import LocalSentry

PATIENCE = 1800  # seconds, for a machine that does much else and has installed no package yet
ATTEMPTS = 4
REPOSITORY = "kijko/mono"
ENVIRONMENT = "staging"
GATEWAY = "apps/comfyui-gateway"
RELEASE_CLI = "tools/release-cli"
_FILES = (".ci/release", ".circleci/config.yml", "pants", "pants.toml", "pyproject.toml")
_FOLDERS = ("3rdparty/python", "packages/observability/src", "packages/sentry-api/src")
_PLUGINS = "pants-plugins"
_BUILDS = ("BUILD", "src/BUILD")
_PROJECTS = ("packages/observability", "packages/sentry-api", RELEASE_CLI)
_WRITTEN = {
    ".gitignore": "/.pants.d/\n/.pids\n/dist/\n__pycache__/\n",
    "3rdparty/python/BUILD": "".join(
        f'python_requirements(name="{name}", source="{name}.txt", resolve="{name}")\n'
        for name in ("product", "pytest", "tools")
    ),
    f"{GATEWAY}/BUILD": """
project(name="gateway", kind="app", artifact=":gateway", sentry=":sentry")
pex_binary(name="gateway", entry_point="comfyui_gateway.cli:main", execution_mode="venv")
sentry_project(
    name="sentry",
    project="kijko-api",
    platform="python",
    artifact=":gateway",
    owners=["#kijko"],
    code_mappings={
        "comfyui_gateway": "apps/comfyui-gateway/src/comfyui_gateway",
        "observability": "packages/observability/src/observability",
    },
)
""",
    f"{GATEWAY}/src/BUILD": "python_sources(sources=['**/*.py'])\n",
    f"{GATEWAY}/src/comfyui_gateway/__init__.py": "",
    f"{GATEWAY}/src/comfyui_gateway/cli.py": """
import observability


def main() -> None:
    observability.init("kijko-api")
""",
    f"{GATEWAY}/tests/BUILD": "python_tests()\n",
    f"{GATEWAY}/tests/test_gateway.py": "def test_it() -> None: ...\n",
}
# Names that are meant for the Pants, git and Sentry of whoever runs the tests.
_FOREIGN = ("PANTS_", "PEX_", "PYTHON", "GIT_", "CIRCLE", "SENTRY_", "RELEASE_")


@dataclass(frozen=True)
class Workspace:
    """A checkout in which `./pants` runs as a person runs it; its origin is a repository beside it.

    Attributes:
        folder: its root.
        server: the Sentry that its releases go to.
    """

    folder: Path
    server: LocalSentry

    def git(self, *arguments: str) -> str:
        """What git prints."""
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        done = subprocess.run(
            ["git", *who, "-c", "commit.gpgsign=false", *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name[:4] != "GIT_"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout.strip()

    def commit(self, message: str, files: Mapping[str, str]) -> str:
        """Commit files on main, and push; the commit's hash."""
        for path, text in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)
        self.git("push", "--quiet", "origin", "main")
        return self.git("rev-parse", "HEAD")

    def change(self, message: str, *paths: str) -> str:
        """Commit a change to files that are there: a comment that says what the commit says."""
        texts = {path: self.folder.joinpath(path).read_text() for path in paths}
        return self.commit(
            message, {path: f"{text}\n# {message}\n" for path, text in texts.items()}
        )

    def all_released(self) -> int:
        """Tag what is checked out as a new major version of both apps, and return its number."""
        tags = self.git("tag", "--list", "gateway@*").split()
        major = 1 + max((int(tag.split("@")[1].split(".")[0]) for tag in tags), default=0)
        for app in ("gateway", "release-cli"):
            self.git("tag", f"{app}@{major}.0.0")
        return major

    def pants(
        self, *words: str, token: str | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `./pants`, which must succeed, with what the pipeline's context holds."""
        given = {
            "SENTRY_URL": self.server.url,
            "SENTRY_ORG": "kijko",
            "SENTRY_AUTH_TOKEN": token or self.server.token,
            "SENTRY_ENVIRONMENT": ENVIRONMENT,
            # A busy machine answers late.
            "SENTRY_API_TIMEOUT": "240",
            "PANTS_CIRCLECI_CONTEXT_VARIABLES": "+['SENTRY_API_TIMEOUT']",
        }
        kept = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
        for _ in range(ATTEMPTS):
            done = subprocess.run(
                ["./pants", "--no-dynamic-ui", *words],
                cwd=self.folder,
                env=kept | given | more,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            # On a busy machine the daemon may miss the deadline that Pants sets its start.
            if "ProcessManager.Timeout" not in done.stderr:
                break
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return done

    def projects(self) -> dict[str, Any]:
        """What `./pants sentry-projects --json` says, by the project's name here."""
        listed = json.loads(self.pants("sentry-projects", "--json").stdout)
        return {each["workspace_project"]: each for each in listed}

    def stop(self) -> None:
        """End the daemon, if one runs."""
        for file in self.folder.glob(".pids/*/pantsd/pid"):
            with suppress(OSError, ValueError):  # it may be about to end by itself
                os.kill(int(file.read_text()), signal.SIGTERM)


@contextmanager
def workspace_in_small(folder: Path, server: LocalSentry) -> Iterator[Workspace]:
    """Make the workspace with a first commit; end its daemon afterwards."""
    root, made = Path.cwd(), folder / "checkout"
    for file in (*_FILES, *(f"{each}/{build}" for each in _PROJECTS for build in _BUILDS)):
        (made / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / file, made / file)
    ignored = shutil.ignore_patterns("BUILD", "__pycache__", "*.md", "lock.py", "test_*.py")
    for each in (*_FOLDERS, f"{RELEASE_CLI}/src", _PLUGINS):
        shutil.copytree(root / each, made / each, ignore=ignored, dirs_exist_ok=True)
    workspace = Workspace(made, server)
    origin = folder / f"{REPOSITORY}.git"
    origin.mkdir(parents=True)
    workspace.git("init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    workspace.git("init", "--quiet", "--initial-branch=main")
    workspace.git("remote", "add", "origin", str(origin))
    workspace.commit("chore: begin", _WRITTEN)
    try:
        yield workspace
    finally:
        workspace.stop()
