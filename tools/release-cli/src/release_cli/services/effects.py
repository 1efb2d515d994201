"""Which commit affects which app, by the build graph.

A commit affects an app when the app's artifact is built otherwise than at each of the commit's
parents: not the whole range that a release spans, and not whatever lies in the app's folder. A
change of a shared package affects every app built from it; a change of a test or of a page of
documentation affects none. A merge counts only where it is like none of its parents.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Protocol

from release_cli.clients.git import Commit, Repository, short
from release_cli.clients.pants import AffectedAnswer, Pants, read_answers
from release_cli.errors import ReleaseCliError
from release_cli.projects import SentryProject

_EVERY_TARGET = "::"


class EffectsUnknown(ReleaseCliError):
    """What commits affect was given in a file that does not say it."""

    kind = "effects-unknown"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a commit affects.

    Attributes:
        projects: names in the workspace.
        targets: addresses, or None where only projects are known.
        trouble: why it cannot be known; then everything counts as affected.
    """

    projects: frozenset[str] = frozenset()
    targets: frozenset[str] | None = None
    trouble: str | None = None

    def touches(self, app: SentryProject) -> bool:
        """Whether the app is built otherwise."""
        if self.trouble is not None:
            return True
        if self.targets is None:
            return app.workspace_project in self.projects
        if not self.targets.isdisjoint((_EVERY_TARGET, app.workspace_project)):
            return True
        if app.artifact is not None:
            return app.artifact.address in self.targets
        # A library has no artifact: it is what it is built from, its tests apart.
        own, tests = f"{app.root}/", f"{app.root}/tests"
        return any(one.startswith(own) and not one.startswith(tests) for one in self.targets)

    def __and__(self, other: "Effect") -> "Effect":
        if self.trouble is not None or other.trouble is not None:
            return Effect(trouble=self.trouble or other.trouble)
        if self == _ALL or other == _ALL:
            return other if self == _ALL else self
        both = None
        if self.targets is not None and other.targets is not None:
            both = self.targets & other.targets
        return Effect(self.projects & other.projects, both)

    @classmethod
    def of(cls, answer: AffectedAnswer) -> "Effect":
        """What Pants answered."""
        return cls(
            frozenset(one.name for one in answer.projects),
            None if answer.targets is None else frozenset(answer.targets),
            answer.trouble,
        )


_ALL = Effect(targets=frozenset((_EVERY_TARGET,)))


class Effects(Protocol):
    """Knows what commits affect."""

    def of(self, commit: Commit) -> Effect:
        """What a commit affects."""


class GivenEffects:
    """What commits affect, as somebody found out before.

    Args:
        file: JSON: by commit what `./pants affected --json --targets` answered, or a list of names
            of projects and addresses of targets.

    Raises:
        EffectsUnknown: the file cannot be read.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._answers = read_answers(file.read_bytes())
        except (OSError, ValueError, AttributeError) as error:
            raise EffectsUnknown(
                f"{file} does not say what commits affect: {error}.",
                'Write {"commits": {"<sha>": ["gateway", …]}}.',
            ) from None

    def of(self, commit: Commit) -> Effect:
        """What a commit affects.

        Raises:
            EffectsUnknown: the file does not name the commit.
        """
        answer = self._answers.get(commit.sha)
        if answer is None:
            raise EffectsUnknown(
                f"{self._file} says nothing of {short(commit.sha)} ({commit.subject}).",
                "Add the commit, with [] when it affects nothing.",
            )
        return Effect.of(answer)


@dataclass(slots=True)
class GraphEffects:
    """Asks Pants, once for each commit: the answers are kept, because commits do not change.

    Pants maps each commit's tree once, in about the time it takes to start without its daemon;
    after that a commit is a file to read here.

    Attributes:
        repository: where the commits are.
        pants: of the same folder.
        folder: where answers are kept.
        remark: is told what Pants is asked, because that takes a while.
    """

    repository: Repository
    pants: Pants
    folder: Path
    remark: Callable[[str], None]
    _rules: str = field(default="", init=False)

    def of(self, commit: Commit) -> Effect:
        """What a commit affects."""
        if not commit.parents:
            return _ALL  # the first commit brought everything
        return reduce(Effect.__and__, (self._since(parent, commit) for parent in commit.parents))

    def _since(self, parent: str, commit: Commit) -> Effect:
        file = self.folder / f"{commit.sha}-{short(parent)}-{self._version()}.json"
        try:
            return Effect.of(AffectedAnswer.model_validate_json(file.read_bytes()))
        except (OSError, ValueError):
            self.remark(f"asking Pants what {short(commit.sha)} affects ({commit.subject})")
            answer = self.pants.affected(parent, commit.sha)
        if answer.trouble is None:
            _write(file, answer.model_dump_json())
        return Effect.of(answer)

    def _version(self) -> str:
        """A digest of what decides the answers: Pants' settings and the plugin that answers."""
        if not self._rules:
            digest = hashlib.sha256()
            for part in ("pants.toml", *_modules(self.repository.root)):
                try:
                    digest.update((self.repository.root / part).read_bytes())
                except OSError:
                    continue
            self._rules = digest.hexdigest()[:12]
        return self._rules


def _modules(root: Path) -> Iterable[str]:
    plugin = root / "pants-plugins" / "workspace"
    return sorted(str(file.relative_to(root)) for file in plugin.glob("**/*.py"))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as partial:
        partial.write(text)
    Path(partial.name).replace(file)


def write_effects(file: Path, effects: dict[str, Effect]) -> None:
    """Write what commits affect in the form that `GivenEffects` reads; the unknown is left out."""
    known = {
        sha: {
            "projects": [{"name": name} for name in sorted(effect.projects)],
            "targets": None if effect.targets is None else sorted(effect.targets),
        }
        for sha, effect in effects.items()
        if effect.trouble is None
    }
    file.write_text(json.dumps({"commits": known}, indent=1) + "\n")
