"""The `project` target: what makes a folder a project."""

from __future__ import annotations

from typing import Any

from pants.base.parse_context import ParseContext
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    AsyncFieldMixin,
    StringField,
    StringSequenceField,
    Target,
)

from workspace.projects import KINDS


class ProjectNameField(StringField):
    """The project's name, which `project(name=…)` fills."""

    alias = "project_name"
    help = "The project's name; by default that of its folder."


class ProjectKindField(StringField):
    """What kind of project it is."""

    alias = "kind"
    required = True
    value: str
    valid_choices = KINDS
    help = "What kind of project it is; boundaries between projects go by it."


class ProjectOwnersField(StringSequenceField):
    """Who answers for the project."""

    alias = "owners"
    help = "Who answers for the project: people or teams."


class TargetAddressField(StringField, AsyncFieldMixin):
    """A field that names another target, without depending on it."""


class ProjectArtifactField(TargetAddressField):
    """What the project deploys."""

    alias = "artifact"
    help = "Address of the target that the project deploys, for example `:gateway`."


class ProjectSentryField(TargetAddressField):
    """How the project is mapped to Sentry."""

    alias = "sentry"
    help = "Address of the target that maps the project to Sentry."


class ProjectTarget(Target):
    """A project: its folder and everything below it that no nested project has."""

    # BUILD files say `project`, which is ProjectSymbol.
    alias = "workspace_project"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        ProjectNameField,
        ProjectKindField,
        ProjectOwnersField,
        ProjectArtifactField,
        ProjectSentryField,
    )
    help = "A folder that is built, tested, released and owned as one."


class ProjectSymbol:
    """`project(name="gateway", …)` in a BUILD file.

    The name is the project's, as a person says it. The target's own is always `project`, because a
    program is often named as its project, and two targets of a folder cannot share a name.
    """

    alias = "project"

    def __init__(self, parse_context: ParseContext) -> None:
        self._parse_context = parse_context

    def __str__(self) -> str:
        return ProjectTarget.alias  # which is how `__defaults__` names it

    def __call__(self, *, name: str | None = None, **fields: Any) -> None:
        """Declare the folder of this BUILD file as a project."""
        if name is not None:
            fields[ProjectNameField.alias] = name
        self._parse_context.create_object(ProjectTarget.alias, name="project", **fields)
