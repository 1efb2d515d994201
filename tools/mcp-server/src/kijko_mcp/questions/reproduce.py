"""How a failed job is run again."""

import re
import shlex

_JOB = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WAIT = 60  # seconds for the job's end to be in the answer


def reproduce(job: str | None, gateway: str) -> str | None:
    """The command that runs a job's workflow again with its parameters; None without a job.

    The id comes from an event: one that is no plain id is not put into a command. The gateway's
    address is the person's own setting for the same reason.
    """
    if not job or not _JOB.fullmatch(job):
        return None
    address = f"{gateway.rstrip('/')}/api/jobs/{job}/again?wait={_WAIT}"
    return f"curl -X POST {shlex.quote(address)}"
