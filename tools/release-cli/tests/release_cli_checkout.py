"""A real git repository of two apps and a shared package, and the release program run in it.

What its commits affect is written down by the test that makes them; who finds it out in a real
workspace is Pants, which has its own tests.
"""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEADLINE = 240.0
GATEWAY, API = "gateway", "kijko-api"
MCP, MCP_PROJECT = "mcp-server", "kijko-mcp-server"
APPS = {GATEWAY: API, MCP: MCP_PROJECT}
_MODULES = {GATEWAY: "gateway", MCP: "mcp_server"}
_ROOTS = {GATEWAY: "apps/gateway", MCP: "tools/mcp-server"}


@dataclass
class Checkout:
    """A repository; `affects` is what each commit affects, by its hash.

    Attributes:
        folder: its root.
        home: of the person who works in it.
        aside: a folder for what is not part of it.
    """

    folder: Path
    home: Path
    aside: Path
    affects: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def make(cls, aside: Path) -> "Checkout":
        """A repository with a first commit that affects nothing."""
        folder, home = aside / "checkout", aside / "home"
        for each in (folder, home):
            each.mkdir(parents=True)
        checkout = cls(folder, home, aside)
        checkout.git("init", "-q", "-b", "main")
        checkout.write(".gitignore", "/dist/\n/.pants.d/\n")
        checkout.commit("chore: begin", {"README.md": "begin\n"}, affects=())
        return checkout

    def git(self, *arguments: str) -> str:
        """What git prints."""
        who = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=kept | who | {"HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout.strip()

    def write(self, path: str, content: str) -> None:
        """Write a file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def commit(self, message: str, files: Mapping[str, str], affects: Iterable[str]) -> str:
        """Commit files, and note which apps that affects; returns the commit's hash."""
        for path, content in files.items():
            self.write(path, content)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        sha = self.git("rev-parse", "HEAD")
        self.affects[sha] = list(affects)
        return sha

    @property
    def head(self) -> str:
        """The commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def release_name(self, app: str, version: str) -> str:
        """What a version of an app is called at this commit."""
        return f"{APPS[app]}@{version}+{self.head[:12]}"

    def tags(self) -> list[str]:
        """All tags."""
        return self.git("tag").split()

    def project(self, app: str, **changes: Any) -> dict[str, Any]:
        """An app as `./pants sentry-projects --json` says it."""
        root, module = _ROOTS[app], _MODULES[app]
        return {
            "address": f"{root}:sentry",
            "project": APPS[app],
            "platform": "python",
            "workspace_project": app,
            "root": root,
            "artifact": {"address": f"{root}:{app}", "path": f"dist/{app}.pex"},
            "version": "0.0.0",
            "owners": ["#kijko"],
            "code_mappings": [{"stack_root": module, "source_root": f"{root}/src/{module}"}],
            "sources": [f"{root}/src/{module}/app.py"],
        } | changes

    def package(self, app: str, release: str, files: Mapping[str, str] | None = None) -> Path:
        """An artifact as Pants packages it: a zip whose sources lie at its root."""
        module = _MODULES[app]
        path = self.folder / f"dist/{app}.pex"
        path.parent.mkdir(exist_ok=True)
        content = {
            "__main__.py": "import pex\n",
            "PEX-INFO": "{}",
            ".bootstrap/pex/pex.py": "class PEX: ...\n",
            ".deps/httpx-1.0-py3-none-any.whl/httpx/__init__.py": "theirs = 1\n",
            "observability/release.json": json.dumps({"releases": {APPS[app]: release}}),
            "observability/__init__.py": "shared = 1\n",
            f"{module}/__init__.py": "",
            f"{module}/app.py": "def serve(port):\n    limit = 10\n    return port / limit\n",
        } | dict(files or {})
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in content.items():
                packed.writestr(name, text)
        return path

    def inputs(self, *projects: dict[str, Any]) -> list[str]:
        """Options that give the program what it would ask Pants for."""
        known = projects or tuple(self.project(app) for app in APPS)
        mapping, affects = self.aside / "projects.json", self.aside / "affects.json"
        mapping.write_text(json.dumps(known))
        affects.write_text(json.dumps({"commits": self.affects}))
        return ["--projects", str(mapping), "--affected-from", str(affects)]


@dataclass(frozen=True)
class Done:
    """A run of the program that came to its end."""

    status: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        """The JSON it printed."""
        assert self.output, self.errors
        return json.loads(self.output)


def environment(checkout: Checkout, url: str = "", token: str = "") -> dict[str, str]:
    """What the program finds in its environment."""
    kept = ("PATH", "LANG", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "HOME": str(checkout.home),
        # Absolute, because the program runs elsewhere than the tests.
        "PYTHONPATH": os.pathsep.join(str(Path(each).absolute()) for each in sys.path if each),
        "SENTRY_URL": url,
        "SENTRY_ORG": "kijko",
        "SENTRY_AUTH_TOKEN": token,
        "SENTRY_API_TIMEOUT": "120",
        "RELEASE_REPOSITORY": "kijko/mono",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "COLUMNS": "200",
    }


def command(*arguments: str) -> list[str]:
    """The program's command line."""
    return [sys.executable, "-m", "release_cli", *arguments]


def release(
    checkout: Checkout,
    *arguments: str,
    url: str = "",
    token: str = "",
    at: str = "",
    **more: str,
) -> Done:
    """Run the program to its end, in the checkout or at another place."""
    done = subprocess.run(
        command(*arguments),
        cwd=at or checkout.folder,
        env=environment(checkout, url, token) | more,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)
