"""The command line: `release`. Each verb is a module of `release_cli.commands`."""

import os
import sys

import typer

from release_cli import telemetry
from release_cli.commands import (
    bootstrap,
    changelog,
    deploys,
    plan,
    run,
    scorecard,
    status,
    sync,
    upload,
    verify,
)
from release_cli.errors import designed
from release_cli.output import print_error

app = typer.Typer(
    name="release",
    help="Releases each app to Sentry with exactly the commits and sources that are in it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for verb in (
    plan, run, upload, verify, status, deploys, changelog,
    bootstrap, sync, scorecard,
):  # fmt: skip
    verb.register(app)


def command_line() -> int:
    """Run the command line; a designed error is two sentences and its own exit status.

    Returns:
        The exit status.
    """
    try:
        telemetry.start()
        app(prog_name="release")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception as error:
        telemetry.capture(error)
        if os.environ.get("RELEASE_DEBUG"):
            raise
        ours = designed(error)
        print_error(ours, as_json="--json" in sys.argv)
        return ours.exit_code
    finally:
        telemetry.stop()
    return 0
