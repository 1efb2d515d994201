"""The command line: `release`. Each verb is a module of `release_cli.commands`."""

import os
import sys

import typer

import observability
from observability import ObservabilityError
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

PROJECT = "kijko-release-cli"

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


def main() -> None:
    """Run the command line; a designed error is two sentences and its own exit status.

    This program is a Sentry project itself: what goes wrong in it is seen where it is sent to.
    """
    try:
        observability.init(PROJECT)
        app(prog_name="release")
    except ObservabilityError as error:
        sys.stderr.write(f"release: {error}\n")
        raise SystemExit(2) from None
    except Exception as error:
        observability.capture_exception(error)
        if os.environ.get("RELEASE_DEBUG"):
            raise
        ours = designed(error)
        print_error(ours, as_json="--json" in sys.argv)
        raise SystemExit(ours.exit_code) from None
    finally:
        observability.close()
