"""A small web app, made by a real esbuild from npm, and the errors it has in a real node."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

_VERSION = "0.28.2"
_INSTALL_SECONDS = 600
DEADLINE = 240.0

_EDITOR = """\
export function trackName(track: { name?: string }): string {
  return track.name!.toUpperCase();
}
"""
_APP = """\
import { trackName } from "../editor/editor";

export function render(tracks: Array<{ name?: string }>): string[] {
  return tracks.map((track) => trackName(track));
}

render([{ name: "video" }, {}]);
"""


def esbuild() -> list[str]:
    """The command of an esbuild in Kijko's cache; skips the test where npm cannot be reached."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kijko"
    folder = Path(os.environ.get("KIJKO_CACHE", base)) / "npm" / f"esbuild@{_VERSION}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock", timeout=_INSTALL_SECONDS):
        if not (folder / "complete").is_file():
            _install(npm, folder)
    return [node, str(folder / "node_modules/esbuild/bin/esbuild")]


def _install(npm: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true}')
    try:
        done = subprocess.run(
            [npm, "install", f"esbuild@{_VERSION}", "--ignore-scripts", "--no-audit", "--no-fund",
             "--no-save", "--prefix", str(folder)],
            capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False, cwd=folder,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install esbuild in {_INSTALL_SECONDS} s")
    if done.returncode != 0:
        pytest.skip(f"npm cannot install esbuild: {done.stderr.strip()[-300:]}")
    (folder / "complete").write_text("")


@dataclass(frozen=True)
class WebApp:
    """What was built: `dist` is served, and beside it `shared`, a package's own build."""

    dist: Path
    shared: Path

    @property
    def script(self) -> Path:
        """The app."""
        return self.dist / "assets/app.js"


def build(folder: Path, name: str) -> WebApp:
    """Build the app and the shared package, minified, with maps.

    Args:
        folder: where to.
        name: makes this build another one, with other debug ids.
    """
    for path, content in (("editor/editor.ts", _EDITOR), ("web/app.ts", _APP)):
        file = folder / "src" / path
        file.parent.mkdir(parents=True)
        file.write_text(f"// {name}\n{content}console.log({json.dumps(name)});\n")
    program = esbuild()
    common = ["--minify", "--sourcemap", "--sources-content=true"]
    for source, target, more in (
        ("web/app.ts", "dist/assets/app.js", ["--bundle"]),
        ("editor/editor.ts", "shared/editor.js", ["--format=esm"]),
    ):
        subprocess.run(
            [*program, f"src/{source}", f"--outfile={target}", *common, *more],
            cwd=folder, check=True, capture_output=True, timeout=DEADLINE,
        )  # fmt: skip
    return WebApp(folder / "dist", folder / "shared")


_CATCH = """\
Error.prepareStackTrace = (error, sites) => sites.map((site) => [
  site.getFileName(), site.getLineNumber(), site.getColumnNumber(), site.getFunctionName()]);
try { require(process.argv[1]); } catch (error) {
  process.stdout.write("\\n" + JSON.stringify({message: error.message, stack: error.stack}));
}
"""


def error_of(script: Path, debug_id: str, release: str) -> dict[str, Any]:
    """The event of the error that the served script has in node: nothing in it is readable."""
    ran = subprocess.run(
        ["node", "-e", _CATCH, str(script)],
        check=True, capture_output=True, text=True, timeout=DEADLINE,
    )  # fmt: skip
    error = json.loads(ran.stdout.splitlines()[-1])
    url = f"https://kijko.example/{script.name}"
    frames = [
        {"abs_path": url, "filename": f"/{script.name}", "lineno": line, "colno": column,
         "function": function or "?", "in_app": True}
        for name, line, column, function in reversed(error["stack"]) if name == str(script)
    ]  # fmt: skip
    assert frames, ran.stdout
    exception = {"type": "TypeError", "value": error["message"], "stacktrace": {"frames": frames}}
    return {
        "platform": "javascript",
        "release": release,
        "exception": {"values": [exception]},
        "debug_meta": {"images": [{"type": "sourcemap", "code_file": url, "debug_id": debug_id}]},
    }
