"""Starts the program, and kills it and all that it started at a chosen moment."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence

from release_cli_checkout import DEADLINE, Checkout, command, environment
from release_cli_sentry import eventually


def killed(
    checkout: Checkout,
    url: str,
    token: str,
    arguments: Sequence[str],
    *,
    when: Callable[[], bool],
) -> bool:
    """Whether the moment came; False when the program ended before."""
    process = subprocess.Popen(
        command(*arguments),
        cwd=checkout.folder,
        env=environment(checkout, url, token),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        eventually(lambda: when() or process.poll() is not None, "the moment to kill it")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(DEADLINE)
    return when()
