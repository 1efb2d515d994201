"""The `task` target: something a project can do that is run by name."""

from __future__ import annotations

from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    BoolField,
    Dependencies,
    MultipleSourcesField,
    StringSequenceField,
    Target,
)


class TaskRunField(StringSequenceField):
    """The command."""

    alias = "run"
    required = True
    value: tuple[str, ...]
    help = (
        "The command, word by word; no shell reads it. It runs in a sandbox that has `inputs`, "
        "the sources of `dependencies` and the outputs of what it needs, in the folder of the "
        "BUILD file."
    )


class TaskNeedsField(StringSequenceField):
    """What must have succeeded before."""

    alias = "needs"
    default = ()
    help = (
        "Names of tasks that must have succeeded before it starts. `^name` means the task `name` "
        "of each project that this one depends on. `test` and `package` are there undeclared."
    )


class TaskInputsField(MultipleSourcesField):
    """The files it may read."""

    alias = "inputs"
    default = ("**",)
    uses_source_roots = False
    help = "The files it may read, as globs from the folder of the BUILD file; by default all."


class TaskOutputsField(StringSequenceField):
    """What it makes."""

    alias = "outputs"
    default = ()
    help = (
        "The files it makes, and with a `/` at the end the folders, from the folder of the BUILD "
        "file. They are put into the workspace, from the cache too, and given to what needs it."
    )


class TaskCacheField(BoolField):
    """Whether a result may be reused."""

    alias = "cache"
    default = True
    help = (
        "Whether a success on the same inputs may be reused. Say `False` for what has side effects."
    )


class TaskEnvField(StringSequenceField):
    """The environment it sees."""

    alias = "env"
    default = ()
    help = (
        "The environment it sees beside PATH: `NAME=value`, or `NAME` to take the caller's. A "
        "value is part of what decides whether a result may be reused."
    )


class TaskTarget(Target):
    """A named task."""

    alias = "task"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        TaskRunField,
        TaskNeedsField,
        TaskInputsField,
        TaskOutputsField,
        TaskCacheField,
        TaskEnvField,
    )
    help = "Something the project can do, run by name: `./pants tasks NAME`."
