"""What is released: a repository of five apps, three in Python and two for browsers, as built."""

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PYTHON = ("kijko-api", "kijko-observability", "kijko-mcp-server")
WEB = ("kijko-web", "kijko-editor")
_NOBODY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Benchmark"), ("EMAIL", "benchmark@example.org"))
}


@dataclass(frozen=True)
class Size:
    """How large the apps are: files, and bytes of a file."""

    modules: int = 100
    module_bytes: int = 6_000
    scripts: int = 100
    script_bytes: int = 40_000
    commits: int = 25


@dataclass
class World:
    """A checkout with built apps, and what its commits affect."""

    folder: Path
    size: Size
    affects: dict[str, list[str]] = field(default_factory=dict)

    @property
    def checkout(self) -> Path:
        """The repository."""
        return self.folder / "checkout"

    def git(self, *arguments: str) -> str:
        """What git prints."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.checkout, env=os.environ | _NOBODY,
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    def create(self) -> None:
        """Write the repository with its first commit."""
        self.checkout.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self._write(".gitignore", "/dist/\n/.pants.d/\n/mappings/\n")
        for app in PYTHON:
            for number in range(self.size.modules):
                self._write(f"{app}/src/{_module(app)}/m{number}.py", _code(app, number, self.size))
        for app in WEB:
            self._write(f"{app}/src/index.ts", f"export const app = {app!r};\n")
            self._build(app)
        self.commit("begin", ())

    def commit(self, message: str, apps: tuple[str, ...]) -> None:
        """Commit everything."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.affects[self.git("rev-parse", "HEAD")] = list(apps)

    def advance(self, turn: str) -> None:
        """What happens between two releases: commits of one app or another, and a build.

        The sources stay as they are: what is measured is a release whose chunks are there.
        """
        apps = (*PYTHON, *WEB)
        for number in range(self.size.commits):
            app = apps[number % len(apps)]
            self._write(f"{app}/NOTES", f"{turn} {number}\n")
            self.commit(f"fix: {turn} {number}", (app,))
        (self.folder / "projects.json").write_text(json.dumps([_project(app) for app in apps]))
        (self.folder / "affects.json").write_text(json.dumps({"commits": self.affects}))

    def build(self, version: str, *, ids: bool) -> None:
        """Lay fresh builds into `dist`, stamped with a version, maps beside the scripts.

        Args:
            version: of every app.
            ids: whether they have debug ids, as Sentry's plugins for bundlers leave them.
        """
        dist = self.checkout / "dist"
        shutil.rmtree(dist, ignore_errors=True)
        dist.mkdir()
        for app in WEB:
            shutil.copytree(self.folder / ("injected" if ids else "built") / app, dist / app)
        for app in PYTHON:
            stamp = json.dumps({"releases": {app: self.release(app, version)}})
            with zipfile.ZipFile(dist / f"{app}.pex", "w", zipfile.ZIP_DEFLATED) as packed:
                packed.writestr("observability/release.json", stamp)
                for file in sorted((self.checkout / app / "src").glob("**/*.py")):
                    packed.write(file, file.relative_to(self.checkout / app / "src"))

    def release(self, app: str, version: str) -> str:
        """What a version of an app is called here and now."""
        return f"{app}@{version}+{self.git('rev-parse', 'HEAD')[:12]}"

    def _write(self, path: str, text: str) -> None:
        file = self.checkout / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def _build(self, app: str) -> None:
        folder = self.folder / "built" / app
        folder.mkdir(parents=True)
        for number in range(self.size.scripts):
            name = f"chunk{number}.js"
            lines = _code(app, number, Size(module_bytes=self.size.script_bytes))
            source_map = {
                "version": 3, "file": name, "sources": [f"src/{number}.ts"],
                "sourcesContent": [lines], "names": [], "mappings": "AAAA;" * 500,
            }  # fmt: skip
            script = "".join(f"var a{index}={line!r};" for index, line in enumerate(lines.split()))
            (folder / name).write_text(f"{script}\n//# sourceMappingURL={name}.map\n")
            (folder / f"{name}.map").write_text(json.dumps(source_map))


def _module(app: str) -> str:
    return app.replace("-", "_")


def _code(app: str, number: int, size: Size) -> str:
    """Lines that compress as sources do: repetitive, with names of their own."""
    lines = []
    written = 0
    while written < size.module_bytes:
        name = hashlib.sha256(f"{app} {number} {written}".encode()).hexdigest()[:10]
        lines.append(f"def compute_{name}(value, limit=10): return value + limit  # {name}")
        written += len(lines[-1])
    return "\n".join(lines) + "\n"


def _project(app: str) -> dict[str, Any]:
    is_python = app in PYTHON
    path = f"dist/{app}.pex" if is_python else f"dist/{app}"
    mapping = {"stack_root": _module(app), "source_root": f"{app}/src/{_module(app)}"}
    return {
        "address": f"{app}:sentry",
        "project": app,
        "platform": "python" if is_python else "javascript-nextjs",
        "workspace_project": app,
        "root": app,
        "artifact": {"address": f"{app}:{app}", "path": path},
        "code_mappings": [mapping] if is_python else [],
    }
