"""Pants: what a commit affects, which Sentry projects there are, packaging.

A second Pants in a checkout waits for the first. Where this program runs below Pants itself
(`./pants run`, a task, a CI job), that first one waits for us, and both would wait for ever; there
each call asks for `--concurrent`, by which Pants starts beside the other, without its daemon.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from release_cli.errors import ReleaseCliError

# What says that everything is chosen because of what changed, not because nothing can be known.
_BY_INPUT = "(global_inputs in pants.toml"


class PantsFailed(ReleaseCliError):
    """Pants cannot say or do what is needed."""

    kind = "pants-failed"


class _Named(BaseModel):
    name: str


class AffectedAnswer(BaseModel):
    """What `./pants affected --json --targets` says of one change.

    Attributes:
        everything: why all is chosen, or None.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    projects: tuple[_Named, ...] = ()
    targets: tuple[str, ...] | None = None
    everything: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why it cannot be known what is affected, where it cannot."""
        if self.everything is None or _BY_INPUT in self.everything:
            return None
        return self.everything


@dataclass(frozen=True, slots=True)
class Pants:
    """The launcher of a workspace."""

    root: Path

    @property
    def is_here(self) -> bool:
        """Whether the folder has a launcher at all."""
        return (self.root / "pants").is_file()

    def affected(self, since: str, until: str) -> AffectedAnswer:
        """What a change from one commit to another affects.

        Raises:
            PantsFailed: it cannot be asked.
        """
        said = self._run("affected", f"--since={since}", f"--until={until}", "--json", "--targets")
        try:
            return AffectedAnswer.model_validate_json(said)
        except ValidationError:
            raise PantsFailed(
                "`./pants affected --json` printed something else.", "Run it by hand and look."
            ) from None

    def sentry_projects(self) -> bytes:
        """What `./pants sentry-projects --json` prints.

        Raises:
            PantsFailed: it cannot be asked.
        """
        return self._run("sentry-projects", "--json")

    def package(self, addresses: Sequence[str], versions: Mapping[str, str]) -> None:
        """Package artifacts.

        Args:
            addresses: of their targets.
            versions: by the project's name in the workspace; stamped into its artifact.

        Raises:
            PantsFailed: one of them failed.
        """
        given = {version_variable(project): version for project, version in versions.items()}
        self._run("package", *addresses, environment=given)

    def _run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> bytes:
        if not self.is_here:
            raise PantsFailed(
                f"{self.root} has no ./pants.", "Run this in the workspace, or give what it asks."
            )
        beside = {"PANTS_CONCURRENT": "true"} if runs_below_pants() else {}
        # No token goes further than it must.
        inherited = {k: v for k, v in os.environ.items() if k != "SENTRY_AUTH_TOKEN"}
        done = subprocess.run(
            [str(self.root / "pants"), "--no-dynamic-ui", *arguments],
            cwd=self.root,
            env={**inherited, **beside, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise PantsFailed(
                f"./pants {arguments[0]} failed: {_complaint(done.stderr)}",
                f"Run by hand: ./pants {' '.join(arguments)}",
            )
        return done.stdout


def version_variable(project: str) -> str:
    """The environment variable that tells packaging the version of a project."""
    return f"RELEASE_VERSION_{project.upper().replace('-', '_')}"


def runs_below_pants() -> bool:
    """Whether Pants started this program, directly or not, and so waits for it."""
    import psutil  # here, because most runs ask nothing of Pants

    try:
        return any(_is_pants(process.cmdline()) for process in psutil.Process().parents())
    except psutil.Error:
        return False


def _is_pants(words: Sequence[str]) -> bool:
    # The daemon renames itself `pantsd […]`; the program is `python -m pants` or `…/bin/pants`.
    first = words[0] if words else ""
    return first.startswith("pantsd") or any(
        Path(word).name == "pants" for word in words[:4] if not word.startswith("--")
    )


def _complaint(stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode(errors="replace").splitlines() if line.strip()]
    named = [line for line in lines if "Error" in line or "Exception" in line or "[ERROR]" in line]
    return next(iter([*named[-1:], *lines[-1:]]), "it said nothing.")


def read_answers(text: bytes) -> dict[str, AffectedAnswer]:
    """What was asked of Pants before: an answer, or a list of names and addresses, by commit.

    Raises:
        ValueError: it is something else.
    """
    whole = json.loads(text)
    if not isinstance(whole, dict):
        raise ValueError("it is no JSON object")
    given = whole.get("commits", whole)
    found: dict[str, AffectedAnswer] = {}
    for sha, answer in given.items():
        if isinstance(answer, list):
            found[sha] = AffectedAnswer(
                projects=tuple(_Named(name=one) for one in answer), targets=tuple(answer)
            )
        else:
            found[sha] = AffectedAnswer.model_validate(answer)
    return found
