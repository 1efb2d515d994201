"""What `./pants sentry-projects --json` says: each deployable project and its place in Sentry."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from release_cli.errors import ReleaseCliError


class ProjectsInvalid(ReleaseCliError):
    """The list of projects cannot be read, or does not have the one that was asked for."""

    kind = "projects-invalid"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Artifact(_Model):
    """What a project deploys.

    Attributes:
        address: of the target that packages it.
        path: where `./pants package` puts it, from the workspace's root.
    """

    address: str
    path: str


class AlertRule(_Model):
    """When somebody is told."""

    name: str
    trigger: Literal["new_issue", "regression", "event_count"]
    window_minutes: int | None = None
    threshold: int | None = None
    action: Literal["log", "webhook"] = "log"
    url_env: str | None = None


class CodeMapping(_Model):
    """How a path in a stack trace becomes a path in the repository."""

    stack_root: str
    source_root: str


class SentryProject(_Model):
    """A `sentry_project` target.

    Attributes:
        address: of the target.
        project: the slug in Sentry.
        workspace_project: the project's name in the workspace: what people type.
        artifact: what it deploys; a library has none.
        version: the current one, by the newest tag.
        release: the name that packaging it now stamps.
        sources: every first-party file in the artifact, from the workspace's root.
    """

    address: str
    project: str
    platform: str
    workspace_project: str
    root: str
    artifact: Artifact | None = None
    version: str = "0.0.0"
    release: str | None = None
    owners: tuple[str, ...] = ()
    ownership_rules: tuple[str, ...] = ()
    alert_rules: tuple[AlertRule, ...] = ()
    ignore_rules: tuple[str, ...] = ()
    code_mappings: tuple[CodeMapping, ...] = ()
    sources: tuple[str, ...] = Field(default=(), repr=False)

    @property
    def is_javascript(self) -> bool:
        """Whether source maps are what makes its stack traces readable."""
        return self.platform.startswith(("javascript", "node"))


_Projects = TypeAdapter(tuple[SentryProject, ...])


def read_projects(file: Path) -> tuple[SentryProject, ...]:
    """Read the list that `./pants sentry-projects --json` printed into a file.

    Raises:
        ProjectsInvalid: there is no such file, or it holds something else.
    """
    try:
        return parse_projects(file.read_bytes())
    except OSError as error:
        raise ProjectsInvalid(
            f"The list of projects {file} cannot be read: {error.strerror}.",
            "Make it with: ./pants sentry-projects --json > FILE",
        ) from error


def parse_projects(text: bytes | str) -> tuple[SentryProject, ...]:
    """Take the printed list apart.

    Raises:
        ProjectsInvalid: it is something else.
    """
    try:
        return _Projects.validate_json(text)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ProjectsInvalid(
            f"The list of projects is not what is expected: {where}: {first['msg']}.",
            "Make it with: ./pants sentry-projects --json > FILE",
        ) from None
