"""A throw-away workspace: the real launcher and Pants, both plugins, and a git history."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import sentry
import workspace

ROOT = Path.cwd()
LAUNCHER = (Path("pants"), Path("3rdparty/python/launcher"))
PATIENCE = 600  # seconds, for a machine that does much else
ATTEMPTS = 4
STAMP = "observability/release.json"
SECRET = "sntrys_a-token-that-nobody-may-see"
PANTS_TOML = """
[GLOBAL]
backend_packages = ["pants.backend.python", "pants.backend.shell", "sentry", "workspace"]
pythonpath = ["%(buildroot)s/pants-plugins"]
local_store_dir = "%(buildroot)s/../store"
dynamic_ui = false
[anonymous-telemetry]
enabled = false
[source]
root_patterns = ["/apps/*/src", "/packages/*/src", "/tools/*/src"]
[python]
interpreter_constraints = ["==3.9.*"]
[python-infer]
use_rust_parser = true
"""
APP = """
project(kind="app", artifact=":{name}", sentry=":sentry")
pex_binary(name="{name}", entry_point="{name}:main")
sentry_project(
    name="sentry", project="kijko-{name}", platform="python", artifact=":{name}",
    code_mappings={{
        "": "apps/{name}/src",
        "observability": "packages/observability/src/observability",
    }},
)
experimental_test_shell_command(
    name="test", command="cat src/{name}.py", tools=["cat"],
    execution_dependencies=["apps/{name}/src"],
)
"""
# What a program here does of itself: it reads its release as packages/observability does.
PROGRAM = """
import observability


def main():
    print(observability.release())
"""
OBSERVABILITY = """
from importlib import resources


def release():
    stamp = resources.files("observability") / "release.json"
    return stamp.read_text() if stamp.is_file() else None
"""
TOOL = """
project(kind="tool", artifact=":release", not_in_sentry="It writes down how it was started.")
pex_binary(name="release", entry_point="release_cli:main")
"""
RELEASE_CLI = """
import hashlib
import json
import os
import sys
import zipfile


def started(pid):
    with open(f"/proc/{pid}/cmdline") as words:
        return words.read()


def main():
    with zipfile.ZipFile(sys.argv[sys.argv.index("--artifact") + 1]) as artifact:
        stamp = json.loads(artifact.read("observability/release.json"))
    with open(sys.argv[sys.argv.index("--projects") + 1]) as projects:
        known = [one["project"] for one in json.load(projects)]
    seen = {
        "arguments": sys.argv[1:],
        "command lines": started("self") + started(os.getppid()),
        "digest of the token": hashlib.sha256(os.environ["SENTRY_AUTH_TOKEN"].encode()).hexdigest(),
        "projects": known,
        "stamp": stamp["releases"],
    }
    with open(os.environ["SENTRY_TEST_RECORD"], "a") as record:
        record.write(json.dumps(seen) + "\\n")
    return 0
"""
FILES = {
    ".gitignore": ".pants.d\n.pids\ndist\n__pycache__\n",
    "pants.toml": PANTS_TOML,
    "README.md": "First.\n",
    "packages/observability/BUILD": "project(kind='package')",
    "packages/observability/src/BUILD": "python_sources(sources=['**/*.py'])",
    "packages/observability/src/observability/__init__.py": OBSERVABILITY,
    "tools/release-cli/BUILD": TOOL,
    "tools/release-cli/src/BUILD": "python_sources()",
    "tools/release-cli/src/release_cli.py": RELEASE_CLI,
    **{
        f"apps/{name}/{path}": text
        for name in ("shop", "post")
        for path, text in {
            "BUILD": APP.format(name=name),
            "src/BUILD": "python_sources()",
            f"src/{name}.py": PROGRAM,
        }.items()
    },
}


class Checkout:
    """A checkout of the workspace, in which Pants runs with its daemon as it does for people."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        for part in LAUNCHER:
            (self.folder / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / LAUNCHER[0], self.folder / LAUNCHER[0])
        shutil.copytree(ROOT / LAUNCHER[1], self.folder / LAUNCHER[1])
        for build in self.folder.rglob("BUILD"):
            build.unlink()  # it speaks of targets that are not here
        for plugin in (sentry, workspace):
            source = Path(plugin.__path__[0])
            ignored = shutil.ignore_patterns("BUILD", "tests", "__pycache__")
            shutil.copytree(source, self.folder / "pants-plugins" / source.name, ignore=ignored)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit(FILES)

    def git(self, *arguments: str) -> str:
        """Run git; what it prints."""
        author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        return subprocess.run(
            ["git", *author, "-c", "commit.gpgsign=false", *arguments],
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def write(self, files: dict[str, str]) -> None:
        """Write files, making their folders."""
        for path, text in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)

    def commit(self, files: dict[str, str]) -> str:
        """Commit these files; the first twelve digits of the commit."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=A change")
        return self.git("rev-parse", "HEAD")[:12]

    def pants(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Pants, which must succeed."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PANTS_", "PEX_", "PYTHON", "SENTRY_", "RELEASE_"))
        }
        for _ in range(ATTEMPTS):
            done = subprocess.run(
                ["./pants", *arguments],
                cwd=self.folder,
                env={**kept, **environment},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            # On a busy machine the daemon may miss the deadline that Pants sets its start.
            if "ProcessManager.Timeout" not in done.stderr:
                break
        assert done.returncode == 0, done.stderr
        return done

    def stop(self) -> None:
        """End the daemon, and wait until it is gone."""
        for file in self.folder.glob(".pids/*/pantsd/pid"):
            pid = int(file.read_text())
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + PATIENCE
            while _runs(pid) and time.monotonic() < deadline:
                time.sleep(0.1)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
