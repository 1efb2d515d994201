"""How a failed job is run again."""

import re
import shlex

_JOB = re.compile(r"[A-Za-z0-9_-]{1,64}")


def reproduce(job: str | None) -> str | None:
    """The command that shows a job's own record, from which it can be run again; None without one.

    The id comes from an event: one that is no plain id is not put into a command.
    """
    if not job or not _JOB.fullmatch(job):
        return None
    return f"./pants run apps/comfyui-gateway:gateway -- jobs show {shlex.quote(job)}"
