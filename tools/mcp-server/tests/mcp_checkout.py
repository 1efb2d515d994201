"""A real git repository with a small gateway in it: real errors in known lines."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEADLINE = 240.0
GATEWAY = "apps/comfyui-gateway/src/comfyui_gateway"
EXECUTOR = f"{GATEWAY}/services/workflow_executor.py"
FFMPEG = f"{GATEWAY}/services/ffmpeg_processor.py"
TIMELINE = f"{GATEWAY}/services/timeline.py"
POOL = f"{GATEWAY}/store/pool.py"
ADA, BO = ("Ada", "ada@example.org"), ("Bo", "bo@example.org")

_BUILD = 'project(\n    name="{name}",\n    kind="{kind}",\n    owners=["{owner}"],\n)\n'

# What the first release is made of.
_FIRST = {
    "pants.toml": "[GLOBAL]\n",
    ".gitignore": "/dist/\n/.pants.d/\n__pycache__/\n",
    "README.md": "Kijko, small\n",
    "apps/comfyui-gateway/BUILD": _BUILD.format(name="comfyui-gateway", kind="app", owner="video"),
    "apps/web/BUILD": _BUILD.format(name="web", kind="app", owner="editor"),
    "apps/web/src/app/editor/page.tsx": "export default function Editor() { return null }\n",
    "packages/editor/BUILD": _BUILD.format(name="editor", kind="package", owner="editor"),
    "packages/editor/src/timeline.ts": "export const place = (start: number) => start\n",
    f"{GATEWAY}/__init__.py": "",
    f"{GATEWAY}/services/__init__.py": "",
    f"{GATEWAY}/store/__init__.py": "",
    EXECUTOR: '''"""Runs workflows."""


class WorkflowFailedError(Exception):
    """ComfyUI could not run it."""


def execute_workflow(workflow_id: str, memory: int) -> str:
    """Runs a workflow in this many megabytes of memory."""
    return f"{workflow_id} in {memory} MB"
''',
    FFMPEG: '''"""Runs FFmpeg."""


class FFmpegError(Exception):
    """FFmpeg ended with an error."""


def process_video(path: str, encoder: str) -> str:
    """Encodes a video."""
    if encoder == "libx266":
        raise FFmpegError(f"ffmpeg ended with 8: Unknown encoder '{encoder}'")
    return path
''',
    TIMELINE: '''"""Reads timelines."""


def clip_start(clip: dict[str, int]) -> int:
    """Where a clip begins."""
    return clip["start"]
''',
    POOL: '''"""Connections to Postgres."""


def acquire(free: int) -> int:
    """A connection out of the free ones."""
    if free == 0:
        raise TimeoutError("no connection to Postgres in 5 s")
    return free
''',
    f"{GATEWAY}/worker.py": '''"""Runs one job: its id, kind, trace, age in seconds."""

import logging
import sys
from datetime import UTC, datetime, timedelta

import observability
from comfyui_gateway.services.ffmpeg_processor import process_video
from comfyui_gateway.services.workflow_executor import execute_workflow


def run(kind: str) -> None:
    """The job's work."""
    if kind == "transcode":
        with observability.ffmpeg_process("transcode", input_bytes=1000):
            process_video("in.mp4", "libx266")
    else:
        with observability.workflow_prepare(kind):
            pass
        with observability.comfyui_api_call("POST", "/prompt", prompt_id="7"):
            execute_workflow(kind, memory=512)


def main() -> None:
    """One job of the queue."""
    job_id, kind, header, age = sys.argv[1:]
    observability.init("kijko-api")
    enqueued = datetime.now(UTC) - timedelta(seconds=float(age))
    with observability.queue_process(
        "jobs", message_id=job_id, headers={"sentry-trace": header}, enqueued_at=enqueued
    ) as span:
        observability.tag_job(job_id)
        logging.getLogger("gateway").warning("job %s failed its first try", job_id)
        try:
            run(kind)
        except Exception as error:
            span.set_status("internal_error")
            observability.capture_exception(error)
    observability.close(60)

''',
}

# What the second changes: the executor gets a limit that fails, the timeline is set right.
_SECOND = {
    EXECUTOR: _FIRST[EXECUTOR].replace(
        '    return f"{workflow_id} in',
        "    if memory < 1024:\n"
        '        raise WorkflowFailedError(f"KSampler ran out of memory at {memory} MB")\n'
        '    return f"{workflow_id} in',
    ),
    TIMELINE: _FIRST[TIMELINE].replace('clip["start"]', 'clip.get("start", 0)'),
}


@dataclass
class Checkout:
    """The repository with its two released commits; the second is checked out.

    Attributes:
        folder: its root.
        home: of the person who works in it.
        first: the first release's commit.
        second: the second's.
    """

    folder: Path
    home: Path
    first: str = ""
    second: str = ""

    @classmethod
    def make(cls, aside: Path, first_at: float, second_at: float) -> "Checkout":
        """The repository; its commits are dated as told, in seconds since the epoch."""
        made = cls(aside / "checkout", aside / "home")
        for each in (made.folder, made.home):
            each.mkdir(parents=True)
        made.git("init", "-q", "-b", "main")
        made.first = made.commit("feat: run workflows", _FIRST, ADA, first_at)
        made.second = made.commit("feat: limit the memory of workflows", _SECOND, BO, second_at)
        return made

    def git(self, *arguments: str, who: tuple[str, str] = ADA, at: float | None = None) -> str:
        """What git prints."""
        person = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in zip(("NAME", "EMAIL"), who, strict=True)
        }
        if at is not None:
            person |= {f"GIT_{role}_DATE": f"@{int(at)} +0000" for role in ("AUTHOR", "COMMITTER")}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=kept | person | {"HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout.strip()

    def commit(
        self,
        message: str,
        files: Mapping[str, str],
        who: tuple[str, str] = ADA,
        at: float | None = None,
    ) -> str:
        """Commit files; returns the commit's hash."""
        for path, content in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message, who=who, at=at)
        return self.git("rev-parse", "HEAD")

    def at(self, commit: str, aside: Path) -> Path:
        """That commit's files in a folder of their own."""
        self.git("worktree", "add", "-q", "--detach", str(aside), commit)
        return aside

    def line(self, path: str, text: str, commit: str) -> int:
        """The number of the line of a commit's file that contains this text."""
        lines = self.git("show", f"{commit}:{path}").splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    def frame(self, path: str, function: str, text: str, commit: str) -> dict[str, object]:
        """The stack frame of a line, as the Python SDK sends it."""
        lines = self.git("show", f"{commit}:{path}").splitlines()
        at = self.line(path, text, commit)
        below = path.removeprefix("apps/comfyui-gateway/src/")
        return {
            "filename": below,
            "abs_path": f"/srv/{below}",
            "module": below.removesuffix(".py").replace("/", "."),
            "function": function,
            "lineno": at,
            "pre_context": lines[max(0, at - 6) : at - 1],
            "context_line": lines[at - 1],
            "post_context": lines[at : at + 5],
            "in_app": True,
        }


def run_job(
    folder: Path, job_id: str, kind: str, trace: str, parent: str, environment: Mapping[str, str]
) -> None:
    """Runs one job in a checkout's gateway: a real program, a real error, a real SDK.

    Args:
        folder: the checkout.
        job_id: what the job is called.
        kind: the workflow, or ``transcode``.
        trace: the id of the trace that it continues.
        parent: the span that put it on the queue.
        environment: where it sends to, and as which release.
    """
    # Where Pants runs the tests, the path is relative to a folder that is not the checkout's.
    root = folder / "apps/comfyui-gateway/src"
    modules = os.pathsep.join([str(root), *map(os.path.abspath, sys.path)])
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SENTRY_")}
    done = subprocess.run(
        [
            sys.executable, "-c", "from comfyui_gateway.worker import main; main()",
            job_id, kind, f"{trace}-{parent}-1", "4",
        ],
        cwd=folder,
        env=kept | {"PYTHONPATH": modules} | dict(environment),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
